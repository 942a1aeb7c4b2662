"""The discriminator of StyleGAN2 (Karras et al. 2020, figure 7c), of whole samples.

Residual blocks that blur before they halve, and the standard deviation over the batch near the end.
"""

import math
from itertools import pairwise
from typing import ClassVar, Literal

from pydantic import PositiveFloat
from torch import Tensor, nn
from torch.nn.functional import leaky_relu

from pipeline.backbones.convolutional import halvings
from pipeline.block import Block, Count, Width
from pipeline.nn.equalised import EqualisedConv2d, EqualisedLinear
from pipeline.nn.fir import halve
from pipeline.nn.mapping import Mapping
from pipeline.nn.minibatch import with_batch_std
from pipeline.nn.scaled_activation import scaled_leaky_relu
from pipeline.samples import Spec

Architecture = Literal["resnet", "skip", "orig"]
MAPPING_LAYERS = 8  # of classes


class StyleGAN2DiscriminatorParams(Block):
    """Blocks that halve samples to 4 rows or columns, then one logit each."""

    kind: Literal["stylegan2"] = "stylegan2"
    width: Width = 64
    """Channels at full size; they double at each halving."""
    most: Width = 512
    """Channels at most."""
    architecture: Architecture = "resnet"
    """``resnet``: a 1x1 convolution beside each block; ``skip``: each block is shown the sample at
    its size; ``orig``: neither."""
    equalised: bool = False
    """True: as published, with the equalised learning rate, activations times sqrt(2), and the
    blur before the 3x3 convolution that halves. False: weights begin as He et al. 2015 draw them,
    and maps are halved before that convolution, a quarter of the blur's work."""
    group: Count | None = None
    """Samples whose deviation is computed together (4 or 8 published); None: the whole batch."""
    conv_clamp: PositiveFloat | None = None
    """Clamps what layers give to +- this: 256 keeps fp16 from overflowing."""

    told_classes: ClassVar[bool] = False
    """It needs none: where there are classes a mapping network is told them."""

    def build(self, spec: Spec, outputs: int = 1, classes: int = 0) -> "StyleGAN2Discriminator":
        """Build a network of samples [N, C, H, W], and classes [N], -> logits [N, outputs].

        Raises ValueError where samples do not halve.
        """
        return StyleGAN2Discriminator(
            spec,
            width=self.width,
            most=self.most,
            architecture=self.architecture,
            equalised=self.equalised,
            group=self.group,
            clamp=self.conv_clamp,
            outputs=outputs,
            classes=classes,
        )


class PublishedDiscriminatorParams(StyleGAN2DiscriminatorParams):
    """The same with the published values by default."""

    equalised: bool = True
    group: Count | None = 4


class StyleGAN2Discriminator(nn.Module):
    """See `StyleGAN2DiscriminatorParams`."""

    def __init__(
        self,
        spec: Spec,
        *,
        width: int,
        most: int,
        architecture: Architecture = "resnet",
        equalised: bool = False,
        group: int | None = None,
        clamp: float | None = None,
        outputs: int = 1,
        classes: int = 0,
    ) -> None:
        super().__init__()
        self.size = (spec.height, spec.width)
        self.skips, self.group = architecture == "skip", group
        levels, (rows, columns) = halvings(spec)
        widths = [min(width * 2**level, most) for level in range(levels + 1)]
        make = Layers(equalised, clamp)
        self.activate = make.activation()
        self.stem = make.conv(spec.channels, widths[0], 1)
        beside = architecture == "resnet"
        self.blocks = nn.ModuleList(HalvingBlock(a, b, make, beside) for a, b in pairwise(widths))
        last = widths[-1]
        self.conv = make.conv(last + 1, last, 3)
        self.hidden = make.linear(last * rows * columns, last)
        self.head = make.linear(last, last if classes else outputs)
        self.mapping = Mapping(0, classes, last, MAPPING_LAYERS) if classes else None
        self.stems = nn.ModuleList(
            make.conv(spec.channels, channels, 1) for channels in widths[1:] if self.skips
        )
        for layer in self.modules():
            if isinstance(layer, nn.Conv2d | nn.Linear):
                nn.init.kaiming_normal_(layer.weight, 0.2)
                if layer.bias is not None:
                    nn.init.zeros_(layer.bias)

    def forward(self, x: Tensor, labels: Tensor | None = None) -> Tensor:
        """Map [N, C, H, W], of classes [N] where it is told any, to logits [N, outputs]."""
        y = self.activate(self.stem(x))
        for level, block in enumerate(self.blocks):
            y = block(y)
            if self.skips:
                x = halve(x)
                y = y + self.activate(self.stems[level](x))
        y = self.activate(self.conv(with_batch_std(y, self.group)))
        logits: Tensor = self.head(self.activate(self.hidden(y.flatten(1))))
        if self.mapping is None:
            return logits
        # Projection onto the class's vector (Miyato & Koyama 2018), as in StyleGAN2-ADA.
        towards: Tensor = self.mapping(None, labels)
        return (logits * towards).sum(dim=1, keepdim=True) / math.sqrt(towards.shape[1])


class Layers:
    """Makes layers of the equalised learning rate, or torch's."""

    def __init__(self, equalised: bool, clamp: float | None) -> None:
        self.equalised, self.clamp = equalised, clamp

    def conv(
        self, inputs: int, outputs: int, kernel: int, *, halves: bool = False, bias: bool = True
    ) -> nn.Module:
        """Make a convolution [N, inputs, H, W] -> [N, outputs, H, W], or H/2, W/2."""
        if self.equalised:
            resample: Literal["halve", "none"] = "halve" if halves else "none"
            return EqualisedConv2d(inputs, outputs, kernel, bias=bias, resample=resample)
        layer = HalvedConv2d if halves else nn.Conv2d
        return layer(inputs, outputs, kernel, padding=kernel // 2, bias=bias)

    def linear(self, inputs: int, outputs: int) -> nn.Module:
        """Make a linear layer [N, inputs] -> [N, outputs]."""
        return (EqualisedLinear if self.equalised else nn.Linear)(inputs, outputs)

    def activation(self) -> "Activation":
        """Make a leaky ReLU."""
        return Activation(self.equalised, self.clamp)


class Activation(nn.Module):
    """A leaky ReLU, scaled or not, clamped or not."""

    def __init__(self, scaled: bool, clamp: float | None) -> None:
        super().__init__()
        self.scaled, self.clamp = scaled, clamp

    def forward(self, x: Tensor) -> Tensor:
        """Map [N, ...] to the same shape."""
        if self.scaled:
            return scaled_leaky_relu(x, self.clamp)
        y = leaky_relu(x, 0.2)
        return y if self.clamp is None else y.clamp(-self.clamp, self.clamp)


class HalvedConv2d(nn.Conv2d):
    """Convolves what was halved."""

    def forward(self, x: Tensor) -> Tensor:
        """Map [N, inputs, H, W] to [N, outputs, H / 2, W / 2]."""
        return super().forward(halve(x))


class HalvingBlock(nn.Module):
    """Two 3x3 convolutions, beside a 1x1 one or alone, halved."""

    def __init__(self, inputs: int, outputs: int, make: Layers, beside: bool) -> None:
        super().__init__()
        self.conv_1 = make.conv(inputs, inputs, 3)
        self.conv_2 = make.conv(inputs, outputs, 3, halves=True)
        self.beside = make.conv(inputs, outputs, 1, bias=False) if beside else None
        self.activate = make.activation()

    def forward(self, x: Tensor) -> Tensor:
        """Map [N, inputs, H, W] to [N, outputs, H / 2, W / 2]."""
        y: Tensor = self.activate(self.conv_2(self.activate(self.conv_1(x))))
        if self.beside is None:
            return y
        both: Tensor = y + self.beside(halve(x))
        return both / math.sqrt(2)
