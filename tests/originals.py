"""The generators of pytorch-CycleGAN-and-pix2pix and of CUT, written anew.

Their order of layers is the published one, for it is what names the keys of checkpoints.
"""

import torch
from torch import Tensor, nn
from torch.nn.functional import conv2d, conv_transpose2d, pad

NORMS = {
    "instance": nn.InstanceNorm2d,
    "instance of old": lambda channels: nn.InstanceNorm2d(channels, track_running_stats=True),
    "batch": nn.BatchNorm2d,
    "none": lambda channels: nn.Identity(),
}


def has_bias(norm: str) -> bool:
    """With no norm, layers have none either: it is asked for with instance norm alone."""
    return norm.startswith("instance")


def binomial(*row: float) -> Tensor:
    """A filter [n, n] whose values sum to 1."""
    one = torch.tensor(row)
    return torch.outer(one, one) / one.sum() ** 2


class BlurredHalving(nn.Module):
    """CUT's, with its filter in the checkpoint once a channel."""

    def __init__(self, channels: int) -> None:
        super().__init__()
        self.register_buffer("filt", binomial(1, 2, 1).expand(channels, 1, 3, 3).clone())

    def forward(self, x: Tensor) -> Tensor:
        padded = pad(x, (1, 1, 1, 1), mode="reflect")
        return conv2d(padded, self.filt, stride=2, groups=x.shape[1])


class BlurredDoubling(nn.Module):
    def __init__(self, channels: int) -> None:
        super().__init__()
        self.register_buffer("filt", 4 * binomial(1, 3, 3, 1).expand(channels, 1, 4, 4).clone())

    def forward(self, x: Tensor) -> Tensor:
        padded = pad(x, (1, 1, 1, 1), mode="replicate")
        # Of the whole product, 2 H + 6 rows, the 2 H in the middle.
        y = conv_transpose2d(padded, self.filt, stride=2, groups=x.shape[1])
        return y[:, :, 3:-3, 3:-3]


class ResidualBlock(nn.Module):
    def __init__(self, channels: int, norm: str, dropout: bool) -> None:
        super().__init__()
        bias = has_bias(norm)
        self.conv_block = nn.Sequential(
            nn.ReflectionPad2d(1),
            nn.Conv2d(channels, channels, 3, bias=bias),
            NORMS[norm](channels),
            nn.ReLU(True),
            *([nn.Dropout(0.5)] if dropout else []),
            nn.ReflectionPad2d(1),
            nn.Conv2d(channels, channels, 3, bias=bias),
            NORMS[norm](channels),
        )

    def forward(self, x: Tensor) -> Tensor:
        return x + self.conv_block(x)


class OriginalResnet(nn.Module):
    def __init__(
        self,
        inputs=3,
        outputs=3,
        width=4,
        norm="instance",
        dropout=False,
        blocks=6,
        blurs_down=False,
        blurs_up=False,
    ) -> None:
        super().__init__()
        bias = has_bias(norm)

        def then(layer: nn.Module, channels: int) -> list[nn.Module]:
            return [layer, NORMS[norm](channels), nn.ReLU(True)]

        layers = [nn.ReflectionPad2d(3), *then(nn.Conv2d(inputs, width, 7, bias=bias), width)]
        for c in (width, 2 * width):
            stride = 1 if blurs_down else 2
            layers += then(nn.Conv2d(c, 2 * c, 3, stride=stride, padding=1, bias=bias), 2 * c)
            layers += [BlurredHalving(2 * c)] * blurs_down
        layers += [ResidualBlock(4 * width, norm, dropout) for _ in range(blocks)]
        for c in (4 * width, 2 * width):
            if blurs_up:
                layers += [BlurredDoubling(c)]
                layers += then(nn.Conv2d(c, c // 2, 3, padding=1, bias=bias), c // 2)
            else:
                up = nn.ConvTranspose2d(c, c // 2, 3, 2, padding=1, output_padding=1, bias=bias)
                layers += then(up, c // 2)
        layers += [nn.ReflectionPad2d(3), nn.Conv2d(width, outputs, 7), nn.Tanh()]
        self.model = nn.Sequential(*layers)

    def forward(self, x: Tensor) -> Tensor:
        return self.model(x)


class Level(nn.Module):
    """A level of the U-Net around the ones below it; the skip goes through its activation."""

    def __init__(self, outer, inner, inputs, below, norm, outermost=False, dropout=False) -> None:
        super().__init__()
        self.outermost = outermost
        bias = has_bias(norm)
        down = nn.Conv2d(inputs or outer, inner, 4, 2, 1, bias=bias)
        middle = [below] if below else []
        up = nn.ConvTranspose2d(inner * (2 if below else 1), outer, 4, 2, 1, bias=bias or outermost)
        if outermost:
            layers = [down, *middle, nn.ReLU(True), up, nn.Tanh()]
        else:
            downs = [nn.LeakyReLU(0.2, True), down] + ([NORMS[norm](inner)] if below else [])
            layers = [*downs, *middle, nn.ReLU(True), up, NORMS[norm](outer)]
        if dropout:
            layers.append(nn.Dropout(0.5))
        self.model = nn.Sequential(*layers)

    def forward(self, x: Tensor) -> Tensor:
        return self.model(x) if self.outermost else torch.cat([x, self.model(x)], 1)


class OriginalUnet(nn.Module):
    def __init__(self, inputs=3, outputs=3, width=2, norm="batch", dropout=True, depth=7) -> None:
        super().__init__()
        level = Level(8 * width, 8 * width, None, None, norm)
        for _ in range(depth - 5):
            level = Level(8 * width, 8 * width, None, level, norm, dropout=dropout)
        for c in (4 * width, 2 * width, width):
            level = Level(c, 2 * c, None, level, norm)
        self.model = Level(outputs, width, inputs, level, norm, outermost=True)

    def forward(self, x: Tensor) -> Tensor:
        return self.model(x)


def trained(network: nn.Module) -> nn.Module:
    """Weights, scales and statistics such that every layer has a say in the output."""
    for layer in network.modules():
        if isinstance(layer, nn.BatchNorm2d):
            nn.init.uniform_(layer.weight, 0.5, 1.5)
            nn.init.normal_(layer.bias, 0, 0.2)
        if getattr(layer, "running_mean", None) is not None:
            nn.init.normal_(layer.running_mean, 0, 0.2)
            nn.init.uniform_(layer.running_var, 0.5, 1.5)
    return network
