"""Self-attention between the places of a feature map (Zhang et al. 2019, SAGAN)."""

from collections.abc import Sequence

import torch
from torch import Tensor, nn
from torch.nn.functional import max_pool2d


class NonLocal(nn.Module):
    """Every place looks at all places of the halved map, beside an identity: SAGAN's layer.

    y = x + gamma o(g(x) softmax(theta(x)' phi(x))'), with 1x1 convolutions without bias. As in the
    published code, of which the paper's text has neither: phi and g are halved by max pooling, and
    g has C / 2 channels where theta and phi have C / 8. gamma begins at 0, so the layer begins as
    the identity, and the network with what is local. VQGAN's attention is another: normalised
    first, of full channels and without gamma.
    """

    def __init__(self, channels: int) -> None:
        """Take the map's channels C; raise ValueError where there are fewer than 2."""
        super().__init__()
        if channels < 2:
            raise ValueError(f"attention needs 2 channels or more, found {channels}")
        few, half = max(channels // 8, 1), channels // 2
        self.theta = nn.Conv2d(channels, few, 1, bias=False)
        self.phi = nn.Conv2d(channels, few, 1, bias=False)
        self.g = nn.Conv2d(channels, half, 1, bias=False)
        self.o = nn.Conv2d(half, channels, 1, bias=False)
        for layer in (self.theta, self.phi, self.g, self.o):
            nn.init.xavier_uniform_(layer.weight)
        self.gamma = nn.Parameter(torch.zeros(1))

    def forward(self, x: Tensor) -> Tensor:
        """Map [N, C, H, W], of 2 rows and columns or more, to the same shape."""
        theta = self.theta(x).flatten(2)  # [N, C / 8, H * W]
        phi = max_pool2d(self.phi(x), 2).flatten(2)  # [N, C / 8, H * W / 4]
        g = max_pool2d(self.g(x), 2).flatten(2)  # [N, C / 2, H * W / 4]
        weights = (theta.transpose(1, 2) @ phi).softmax(dim=2)  # [N, H * W, H * W / 4]
        seen = (g @ weights.transpose(1, 2)).view(len(x), -1, *x.shape[2:])
        y: Tensor = x + self.gamma * self.o(seen)
        return y


def attention_at(height: int, wanted: Sequence[int], channels: int) -> list[nn.Module]:
    """List the attention that follows maps of a height: one layer where it is wanted there."""
    return [NonLocal(channels)] if height in wanted else []


def check_attention(wanted: Sequence[int], heights: Sequence[int]) -> None:
    """Raise ValueError where attention is wanted at a height that no map has."""
    if strange := sorted(set(wanted) - set(heights)):
        allowed = ", ".join(map(str, sorted(heights))) or "none"
        found = ", ".join(map(str, strange))
        raise ValueError(f"attention: found {found}, allowed of these samples: {allowed}")
