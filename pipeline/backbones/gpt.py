"""A transformer that says what comes next in a sequence of whole numbers (GPT-2, as in minGPT)."""

import torch
from pydantic import Field
from torch import Tensor, nn

from pipeline.block import Block as Parameters
from pipeline.block import Layers, Width
from pipeline.nn.transformer import Block, Cache, init_gpt


class GPTParams(Parameters):
    """By default the transformer of Esser et al. 2021 over ImageNet's codes."""

    layers: Layers = 24
    heads: Width = 16
    width: Width = 1024
    """Numbers of a place; ``heads`` share them evenly."""
    dropout: float = Field(0.0, ge=0, lt=1)

    def build(self, length: int, starts: int, codes: int) -> "GPT":
        """Build a network of sequences of ``length`` codes, begun by one of so many starts."""
        return GPT(length, starts, codes, self)


class GPT(nn.Module):
    """See `GPTParams`."""

    def __init__(self, length: int, starts: int, codes: int, params: GPTParams) -> None:
        """Raise ValueError where the heads do not share the width evenly."""
        super().__init__()
        self.length = length
        self.starts = nn.Embedding(starts, params.width)
        self.codes = nn.Embedding(codes, params.width)
        self.places = nn.Parameter(torch.empty(length, params.width))
        self.drop = nn.Dropout(params.dropout)
        self.blocks = nn.ModuleList(
            Block(params.width, params.heads, causal=True, dropout=params.dropout)
            for _ in range(params.layers)
        )
        self.norm = nn.LayerNorm(params.width)
        self.head = nn.Linear(params.width, codes, bias=False)
        init_gpt(self, params.layers)
        nn.init.normal_(self.places, 0.0, 0.02)

    def forward(self, start: Tensor, codes: Tensor) -> Tensor:
        """Map starts [N] and the first T < length codes [N, T] to logits [N, T + 1, codes].

        Those at place t, float32, predict its code from the start and the codes before place t.
        """
        x = torch.cat([self.starts(start)[:, None], self.codes(codes)], dim=1)
        x = self.drop(x + self.places[: x.shape[1]])
        for block in self.blocks:
            x = block(x)
        return self.logits(x)

    def step(self, start: Tensor, last: Tensor | None, at: int, caches: list[Cache]) -> Tensor:
        """Compute logits [N, codes] of the code at ``at``, from the code ``last`` [N] before it.

        What was before that stands in the caches. ``last`` is not looked at for place 0.
        """
        x = self.starts(start) if at == 0 or last is None else self.codes(last)
        x = (x + self.places[at])[:, None]
        for block, cache in zip(self.blocks, caches, strict=True):
            x = block(x, cache, at)
        return self.logits(x)[:, 0]

    def empty_caches(self, count: int) -> list[Cache]:
        """Return one a block, for ``count`` sequences."""
        blocks = (block for block in self.blocks if isinstance(block, Block))
        return [block.empty_cache(count, self.length) for block in blocks]

    def logits(self, x: Tensor) -> Tensor:
        """Map [N, T, width] to logits [N, T, codes], float32."""
        logits: Tensor = self.head(self.norm(x))
        return logits.float()
