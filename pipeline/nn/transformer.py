"""Transformer blocks with normalisation first (Vaswani et al. 2017; Radford et al. 2019)."""

from typing import NamedTuple

import torch
from torch import Tensor, nn
from torch.nn.functional import gelu, scaled_dot_product_attention


class Cache(NamedTuple):
    """Keys and values of what a block has seen, with room for what it will see."""

    keys: Tensor  # [N, heads, T, D]
    values: Tensor  # [N, heads, T, D]


class SelfAttention(nn.Module):
    """Every place looks at all, or at itself and those before it."""

    def __init__(self, width: int, heads: int, *, causal: bool, dropout: float) -> None:
        """Raise ValueError where the heads do not share the width evenly."""
        super().__init__()
        if width % heads:
            raise ValueError(f"{heads} heads can't share a width of {width} evenly")
        self.heads, self.causal = heads, causal
        self.qkv = nn.Linear(width, 3 * width)
        self.out = nn.Linear(width, width)
        self.dropout = dropout

    def forward(self, x: Tensor, cache: Cache | None = None, at: int = 0) -> Tensor:
        """Map [N, T, C] to the same shape.

        With a ``cache`` the T places are those from ``at`` on; they are noted in it and look at
        what it holds before them.
        """
        q, k, v = (
            part.unflatten(2, (self.heads, -1)).transpose(1, 2)
            for part in self.qkv(x).chunk(3, dim=2)
        )  # [N, heads, T, D]
        mask = None
        if cache is not None:
            end = at + x.shape[1]
            cache.keys[:, :, at:end], cache.values[:, :, at:end] = k, v
            k, v = cache.keys[:, :, :end], cache.values[:, :, :end]
            mask = torch.ones(x.shape[1], end, dtype=torch.bool, device=x.device).tril(at)
        seen = scaled_dot_product_attention(
            q,
            k,
            v,
            attn_mask=mask,
            is_causal=self.causal and mask is None,
            dropout_p=self.dropout if self.training else 0.0,
        )
        y: Tensor = self.out(seen.transpose(1, 2).flatten(2))
        return y


class Block(nn.Module):
    """Attention, then two linear layers at each place, each beside an identity."""

    def __init__(
        self, width: int, heads: int, *, causal: bool, dropout: float = 0.0, wider: int = 4
    ) -> None:
        """Take ``wider`` as the hidden layer's width, in widths."""
        super().__init__()
        self.norm_1, self.norm_2 = nn.LayerNorm(width), nn.LayerNorm(width)
        self.attention = SelfAttention(width, heads, causal=causal, dropout=dropout)
        self.hidden = nn.Linear(width, wider * width)
        self.out = nn.Linear(wider * width, width)
        self.drop = nn.Dropout(dropout)

    def forward(self, x: Tensor, cache: Cache | None = None, at: int = 0) -> Tensor:
        """Map [N, T, C] to the same shape; see `SelfAttention.forward`."""
        x = x + self.drop(self.attention(self.norm_1(x), cache, at))
        y: Tensor = x + self.drop(self.out(gelu(self.hidden(self.norm_2(x)))))
        return y

    def empty_cache(self, count: int, length: int) -> Cache:
        """Make room for ``count`` sequences of ``length`` places."""
        weight = self.attention.qkv.weight
        heads = self.attention.heads
        shape = (count, heads, length, weight.shape[1] // heads)
        return Cache(weight.new_zeros(shape), weight.new_zeros(shape))


def init_gpt(network: nn.Module, blocks: int) -> nn.Module:
    """Draw weights from N(0, 0.02), with std / sqrt(2 ``blocks``) where a residual branch ends.

    Biases begin at 0. Radford et al. 2019, section 2.3, in the words of karpathy/minGPT.
    """
    for name, module in network.named_modules():
        if isinstance(module, nn.Linear | nn.Embedding):
            last = name.endswith(".out")
            std = 0.02 / (2 * blocks) ** 0.5 if last else 0.02
            nn.init.normal_(module.weight, 0.0, std)
        if isinstance(module, nn.Linear) and module.bias is not None:
            nn.init.zeros_(module.bias)
    return network
