"""A codebook whose codes are chosen by logits, as the Gumbel softmax trains it.

Jang et al. 2017 (arXiv:1611.01144); Esser et al. 2021 publish VQGANs of it (GumbelVQ).
"""

from typing import Literal

import torch
from torch import Tensor, nn

from pipeline.block import Block, Count, Width
from pipeline.nn.quantiser import Quantised


class GumbelParams(Block):
    """A codebook and what gives a logit to each of its codes, by default the published ones."""

    kind: Literal["gumbel"] = "gumbel"
    codes: Count = 8192
    dim: Width = 256
    """Numbers of a code, and of the vectors that logits are of."""

    def build(self) -> "GumbelQuantiser":
        """Build a layer of [N, D, h, w] -> the same in codes."""
        return GumbelQuantiser(self)


class GumbelQuantiser(nn.Module):
    """See `GumbelParams`. Of finished models: nothing here learns.

    It takes the likeliest code of each vector. The published code draws one from the logits, also
    in evaluation, so that it encodes a picture otherwise each time; what is likeliest is what it
    draws most often. Vectors are no codes' values: only what was quantised can be decoded.
    """

    def __init__(self, params: GumbelParams) -> None:
        super().__init__()
        self.proj = nn.Conv2d(params.dim, params.codes, 1)
        self.codebook = nn.Parameter(torch.randn(params.codes, params.dim))

    def forward(self, z: Tensor) -> Quantised:
        """Return the likeliest code of each vector; ``loss`` is 0."""
        with torch.autocast(z.device.type, enabled=False):
            z = z.float()
            codes = self.proj(z).argmax(dim=1)
        values = self.lookup(codes).permute(0, 3, 1, 2)
        vectors = z.detach().permute(0, 2, 3, 1).flatten(0, 2)
        return Quantised(values, codes, vectors, z.new_zeros(()))

    def lookup(self, codes: Tensor) -> Tensor:
        """Look up the values [..., D] of codes [...]."""
        return self.codebook[codes]
