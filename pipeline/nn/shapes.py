"""Checks of the sizes that networks take."""

from torch import nn

from pipeline.samples import Spec


def shape_of(spec: Spec) -> tuple[int, int, int]:
    """Return the shape [C, H, W] of samples; raise ValueError where their width is free."""
    if spec.width is None:
        raise ValueError("samples must have a fixed width, but theirs is time: set crop")
    return spec.channels, spec.height, spec.width


def multiples_of(network: object) -> tuple[int, int]:
    """Return what height and width of a network's samples must be multiples of: its ``multiple``,
    one for both or one for each."""
    multiple = getattr(network, "multiple", 1)
    return multiple if isinstance(multiple, tuple) else (multiple, multiple)


def check_size(networks: nn.Module, height: int, width: int) -> None:
    """Raise ValueError where a network can't take training samples of this size.

    Networks say what they take by ``multiple``, ``smallest`` and ``size``.
    """
    for network in networks.modules():
        kind = type(network).__name__
        rows, columns = multiples_of(network)
        smallest = getattr(network, "smallest", 1)
        size = getattr(network, "size", None)
        if isinstance(size, tuple) and (height, width) != size:
            raise ValueError(f"{kind} takes {size[0]}x{size[1]}, but samples are {height}x{width}")
        if height % rows or width % columns:
            multiple = str(rows) if rows == columns else f"{rows}x{columns}"
            raise ValueError(
                f"{kind} takes multiples of {multiple}, but samples are {height}x{width}"
            )
        if min(height, width) < smallest:
            raise ValueError(f"{kind} takes {smallest} or more, but samples are {height}x{width}")


def check_residual(residual: bool, inputs: int, outputs: int) -> None:
    """Raise ValueError where an input is to be added to an output of other channels.

    One channel can be added to any number.
    """
    if residual and inputs not in (1, outputs):
        raise ValueError(
            f"residual adds the input to the output, but they have {inputs} and {outputs} channels"
        )
