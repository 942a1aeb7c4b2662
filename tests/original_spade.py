"""The generator of NVlabs/SPADE and what it is shown of label maps, written anew.

Its layers' names are the published ones, for they name the keys of checkpoints.
"""

import warnings

import torch
from torch import Tensor, nn
from torch.nn.functional import interpolate, leaky_relu, one_hot
from torch.nn.utils import parametrizations, spectral_norm

NORMS = {
    "batch": lambda channels: nn.BatchNorm2d(channels, affine=False),
    "instance": nn.InstanceNorm2d,
}


class Spade(nn.Module):
    def __init__(self, channels: int, planes: int, norm: str, hidden: int) -> None:
        super().__init__()
        self.param_free_norm = NORMS[norm](channels)
        self.mlp_shared = nn.Sequential(nn.Conv2d(planes, hidden, 3, padding=1), nn.ReLU())
        self.mlp_gamma = nn.Conv2d(hidden, channels, 3, padding=1)
        self.mlp_beta = nn.Conv2d(hidden, channels, 3, padding=1)

    def forward(self, x: Tensor, planes: Tensor) -> Tensor:
        seen = self.mlp_shared(interpolate(planes, size=x.shape[2:], mode="nearest"))
        return self.param_free_norm(x) * (1 + self.mlp_gamma(seen)) + self.mlp_beta(seen)


class Block(nn.Module):
    def __init__(self, inputs: int, outputs: int, planes: int, **of: object) -> None:
        super().__init__()
        norm, hidden, spectral = of["norm"], of["hidden"], of["spectral"]
        middle = min(inputs, outputs)

        def convolution(*sizes: int, bias: bool = True) -> nn.Module:
            layer = nn.Conv2d(*sizes, padding=sizes[2] // 2, bias=bias)
            with warnings.catch_warnings():
                warnings.simplefilter("ignore")  # of what torch has newer
                return {"old": spectral_norm, "new": parametrizations.spectral_norm}.get(
                    spectral, lambda layer: layer
                )(layer)

        self.conv_0 = convolution(inputs, middle, 3)
        self.conv_1 = convolution(middle, outputs, 3)
        self.norm_0 = Spade(inputs, planes, norm, hidden)
        self.norm_1 = Spade(middle, planes, norm, hidden)
        if inputs != outputs:
            self.conv_s = convolution(inputs, outputs, 1, bias=False)
            self.norm_s = Spade(inputs, planes, norm, hidden)

    def forward(self, x: Tensor, planes: Tensor) -> Tensor:
        beside = self.conv_s(self.norm_s(x, planes)) if hasattr(self, "conv_s") else x
        y = self.conv_0(leaky_relu(self.norm_0(x, planes), 0.2))
        return beside + self.conv_1(leaky_relu(self.norm_1(y, planes), 0.2))


class OriginalSpade(nn.Module):
    def __init__(
        self,
        planes: int,
        width: int = 4,
        upsampling: str = "normal",
        norm: str = "batch",
        hidden: int = 8,
        spectral: str = "old",
        style: int | None = None,
    ) -> None:
        super().__init__()
        self.upsampling, wide = upsampling, 16 * width
        of = {"norm": norm, "hidden": hidden, "spectral": spectral}
        if style is None:
            self.fc = nn.Conv2d(planes, wide, 3, padding=1)
        else:
            self.fc = nn.Linear(style, wide * 8 * 8)
        self.head_0 = Block(wide, wide, planes, **of)
        self.G_middle_0 = Block(wide, wide, planes, **of)
        self.G_middle_1 = Block(wide, wide, planes, **of)
        for number in range(4):
            up = Block(wide // 2**number, wide // 2 ** (number + 1), planes, **of)
            self.add_module(f"up_{number}", up)
        last = width
        if upsampling == "most":
            last = width // 2
            self.up_4 = Block(width, last, planes, **of)
        self.conv_img = nn.Conv2d(last, 3, 3, padding=1)

    def forward(self, planes: Tensor) -> Tensor:
        """Planes [N, L, H, W] to pictures [N, 3, H, W]."""
        doublings = {"normal": 5, "more": 6, "most": 7}[self.upsampling]
        small = [side // 2**doublings for side in planes.shape[2:]]
        x = self.head_0(self.fc(interpolate(planes, size=small)), planes)
        x = self.G_middle_0(doubled(x), planes)
        x = self.G_middle_1(x if self.upsampling == "normal" else doubled(x), planes)
        for number in range(5 if self.upsampling == "most" else 4):
            x = getattr(self, f"up_{number}")(doubled(x), planes)
        return self.conv_img(leaky_relu(x, 0.2)).tanh()


def doubled(x: Tensor) -> Tensor:
    return x.repeat_interleave(2, dim=2).repeat_interleave(2, dim=3)


def shown(labels: Tensor, instances: Tensor | None, planes: int) -> Tensor:
    """What its generator is shown of numbers of labels and of instances [N, H, W]."""
    found = one_hot(labels, planes).permute(0, 3, 1, 2).float()
    if instances is None:
        return found
    border = torch.zeros_like(instances, dtype=torch.bool)
    for first, second in (
        ((..., slice(1, None)), (..., slice(None, -1))),
        ((..., slice(1, None), slice(None)), (..., slice(None, -1), slice(None))),
    ):
        differ = instances[first] != instances[second]
        border[first] |= differ
        border[second] |= differ
    return torch.cat([found, border[:, None].float()], dim=1)


@torch.no_grad()
def trained(network: OriginalSpade, planes: Tensor) -> OriginalSpade:
    """Statistics and singular vectors as some steps of training leave them."""
    network.train()
    for _ in range(4):
        network(planes)
    return network.eval()
