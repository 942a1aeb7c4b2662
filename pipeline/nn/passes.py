"""Several batches through one network."""

from torch import Tensor, cat, nn


def one_pass(network: nn.Module, *batches: Tensor) -> tuple[Tensor, ...]:
    """Return each batch's output, computed at once.

    The same mathematics as a pass for each where the network treats every sample alone, as with
    instance norm; batch norm would mix the batches' statistics.
    """
    joined: Tensor = network(cat([batch.float() for batch in batches]))
    return joined.chunk(len(batches))


def own_passes(network: nn.Module, *batches: Tensor) -> tuple[Tensor, ...]:
    """Return each batch's output, computed alone."""
    return tuple(network(batch) for batch in batches)
