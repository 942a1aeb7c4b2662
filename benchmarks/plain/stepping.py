"""Parts that the plain steps share: the optimiser and the switch that public code uses."""

from collections.abc import Callable, Iterable
from contextlib import AbstractContextManager

from torch import Tensor, nn
from torch.optim import Adam

from pipeline.samples import Batch

Step = Callable[[Batch], Tensor]
"""Takes one training step on a batch and returns the generator's (or model's) loss."""

Cast = Callable[[], AbstractContextManager[object]]
"""The context that a loss is computed under."""


def adam(*modules: nn.Module) -> Adam:
    """Build the optimiser as public code does."""
    return Adam([p for m in modules for p in m.parameters()], lr=2e-4, betas=(0.5, 0.999))


def freeze(modules: Iterable[nn.Module], frozen: bool) -> None:
    """Switch gradients of networks off or on."""
    for module in modules:
        for parameter in module.parameters():
            parameter.requires_grad_(not frozen)
