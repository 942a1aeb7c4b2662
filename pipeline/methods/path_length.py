"""StyleGAN2's regulariser of the generator: a step in w should move each sample as far."""

from typing import Literal

import torch
from pydantic import Field, PositiveFloat
from torch import Tensor, nn

from pipeline.block import Block, Count, Steps
from pipeline.losses.path_length import path_lengths
from pipeline.models.stylegan import StyleGANModel
from pipeline.system.distributed import all_reduce_mean, synced


class PathLengthParams(Block):
    """Holds path lengths near their running mean, whatever that is (Karras et al. 2020)."""

    kind: Literal["path_length"] = "path_length"
    weight: PositiveFloat = 2.0
    decay: float = Field(0.01, gt=0, le=1)
    """Share of a batch's lengths in the running mean."""
    every: Steps = 4
    """Steps between two of them, each counted so many times (lazy regularisation). It joins the
    generator's loss of that step, where the public code takes a step of its own and, having k + 1
    of them in k, scales the rate and betas to the power k / (k + 1): here rates are what they
    are."""
    shrink: Count = 2
    """It is computed on so small a part of the batch."""


class PathLength(nn.Module):
    """The regulariser and the running mean of lengths."""

    mean: Tensor

    def __init__(self, params: PathLengthParams) -> None:
        super().__init__()
        self.params = params
        self.register_buffer("mean", torch.zeros(()))

    @property
    def weight(self) -> float:
        """Of the penalty where it is due, for the steps that it is not, too."""
        return self.params.weight * self.params.every

    def is_due(self, step: int) -> bool:
        """Tell whether a step has it."""
        return step % self.params.every == 0

    def forward(self, model: StyleGANModel, count: int, labels: Tensor | None) -> Tensor:
        """Compute E (length - mean)^2 on fresh draws, a part of a batch of ``count``: a scalar.

        ``labels``: classes [count], where the model has any. Autocast is off meanwhile.
        """
        part = max(count // self.params.shrink, 1)
        device = self.mean.device
        with torch.autocast(device.type, enabled=False):
            z = model.draw(part, device=device)
            ws = model.generator.styles(z, None if labels is None else labels[:part])
            lengths = path_lengths(model.generator.synthesis(ws), ws)
            of_batch = lengths.mean()
            if synced():
                of_batch = all_reduce_mean(of_batch)
            mean = torch.lerp(self.mean, of_batch, self.params.decay)
            self.mean.copy_(mean.detach())
            return (lengths - mean).square().mean()
