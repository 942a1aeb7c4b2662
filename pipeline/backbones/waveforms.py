"""The discriminators of HiFi-GAN: a waveform at several periods and at several scales.

Kong, Kim and Bae 2020, section 2.3; the scales are MelGAN's (Kumar et al. 2019). Each gives the
outputs of its layers in order, the last of them logits, for features are matched in all. At the
published widths, and with what weight norm adds, the periods' have 41,105,770 parameters and the
scales' 29,618,821.
"""

import math
from collections.abc import Sequence
from itertools import pairwise
from typing import Annotated

from pydantic import Field
from torch import Tensor, nn
from torch.nn.functional import avg_pool1d, leaky_relu

from pipeline.block import Block, Halvings, Width
from pipeline.nn.convolution import add_spectral_norm
from pipeline.nn.padding import reflected
from pipeline.nn.weight_norm import weight_normed

SLOPE = 0.1

Features = list[Tensor]
"""The outputs of one discriminator's layers; the last are logits [N, any...]."""


Period = Annotated[int, Field(ge=2, le=2**12)]


class PeriodsParams(Block):
    """A discriminator for each period; the paper's are prime, so that they share little."""

    width: Width = 32
    """Channels of the first layer; the last have 32 times as many."""
    periods: tuple[Period, ...] = Field((2, 3, 5, 7, 11), min_length=1, max_length=64)
    """Samples; each at least 2."""

    def build(self, skip: int = 0) -> "SeveralDiscriminators":
        """Build networks of [N, 1, samples] -> the layers' outputs for each period.

        Those of the first ``skip`` layers are left out.
        """
        discriminators = [PeriodDiscriminator(period, self.width) for period in self.periods]
        return SeveralDiscriminators(discriminators, halving=False, skip=skip)


class ScalesParams(Block):
    """A discriminator for the waveform as it is, one at half its rate, and so on."""

    width: Width = 128
    """Channels of the first layer; the last have 8 times as many."""
    scales: Halvings = 3

    def build(self) -> "SeveralDiscriminators":
        """Build networks of [N, 1, samples] -> the layers' outputs for each scale."""
        discriminators = [
            ScaleDiscriminator(self.width, spectral=n == 0) for n in range(self.scales)
        ]
        return SeveralDiscriminators(discriminators, halving=True)


class SeveralDiscriminators(nn.Module):
    """Several discriminators of one waveform; with ``halving`` each hears half the rate."""

    def __init__(self, discriminators: Sequence[nn.Module], halving: bool, skip: int = 0) -> None:
        """Take ``skip``, the layers at the beginning whose outputs are left out."""
        super().__init__()
        self.discriminators = nn.ModuleList(discriminators)
        self.halving = halving
        self.skip = skip

    def forward(self, wave: Tensor) -> list[Features]:
        """Map [N, 1, samples] to the layers' outputs of each discriminator."""
        outputs = []
        for number, discriminator in enumerate(self.discriminators):
            if number and self.halving:
                wave = avg_pool1d(wave, 4, stride=2, padding=2)
            outputs.append(discriminator(wave)[self.skip :])
        return outputs


class Discriminators(nn.Module):
    """Several groups of discriminators of one waveform as one network."""

    def __init__(self, **groups: SeveralDiscriminators) -> None:
        """Take groups by the names that they are reached by."""
        super().__init__()
        for name, group in groups.items():
            self.add_module(name, group)

    def forward(self, wave: Tensor) -> list[Features]:
        """Map [N, 1, samples] to the layers' outputs of each discriminator, group after group."""
        return [layers for group in self.children() for layers in group(wave)]


class PeriodDiscriminator(nn.Module):
    """Samples a period apart stand in one column, and only columns are convolved."""

    def __init__(self, period: int, width: int) -> None:
        super().__init__()
        self.period = period
        widths = [1, width, 4 * width, 16 * width, 32 * width]
        layers = [
            nn.Conv2d(inputs, outputs, (5, 1), (3, 1), padding=(2, 0))
            for inputs, outputs in pairwise(widths)
        ]
        layers.append(nn.Conv2d(widths[-1], widths[-1], (5, 1), padding=(2, 0)))
        self.layers = nn.ModuleList(layers)
        self.last = nn.Conv2d(widths[-1], 1, (3, 1), padding=(1, 0))
        weight_normed(self)

    def forward(self, wave: Tensor) -> Features:
        """Map [N, 1, samples], at least a period, to layers' outputs [N, C, rows, period]."""
        filled = reflected(wave, (0, -wave.shape[-1] % self.period))
        return layer_outputs(filled.view(len(wave), 1, -1, self.period), self.layers, self.last)


class ScaleDiscriminator(nn.Module):
    """Long, strided, grouped convolutions."""

    def __init__(self, width: int, spectral: bool) -> None:
        """Take ``spectral`` for spectral norm instead of weight norm, as at the full rate."""
        super().__init__()
        shapes = [  # inputs and outputs in widths, kernel, stride, groups
            (1, 1, 41, 2, 4),
            (1, 2, 41, 2, 16),
            (2, 4, 41, 4, 16),
            (4, 8, 41, 4, 16),
            (8, 8, 41, 1, 16),
            (8, 8, 5, 1, 1),
        ]
        layers = [nn.Conv1d(1, width, 15, padding=7)]
        for inputs, outputs, kernel, stride, groups in shapes:
            layers.append(
                nn.Conv1d(
                    inputs * width,
                    outputs * width,
                    kernel,
                    stride,
                    padding=kernel // 2,
                    groups=math.gcd(groups, inputs * width),  # fewer in a narrow network
                )
            )
        self.layers = nn.ModuleList(layers)
        self.last = nn.Conv1d(8 * width, 1, 3, padding=1)
        if spectral:
            add_spectral_norm(self)
        else:
            weight_normed(self)

    def forward(self, wave: Tensor) -> Features:
        """Map [N, 1, samples] to layers' outputs [N, C, any]."""
        return layer_outputs(wave, self.layers, self.last)


def layer_outputs(x: Tensor, layers: nn.ModuleList, last: nn.Module) -> Features:
    """List what layers make of ``x``, one after the other, and the logits of the last."""
    found: Features = []
    for layer in layers:
        x = leaky_relu(layer(x), SLOPE)
        found.append(x)
    return [*found, last(x)]
