"""The multi-resolution discriminator: bands of a waveform's spectra, at several resolutions.

Descript's audio codec has it, of complex spectra (Kumar et al. 2023, section 3.3), after UnivNet's
of magnitudes (Jang et al. 2021); the values here are those of Vocos (Siuzdak 2023). At the
published width, and with what weight norm adds, all three have 1,413,990 parameters.
"""

from typing import Annotated

import torch
from pydantic import Field
from torch import Tensor, cat, nn
from torch.nn.functional import leaky_relu

from pipeline.backbones.waveforms import SLOPE, Features, SeveralDiscriminators
from pipeline.block import Block, Width
from pipeline.nn.padding import reflected
from pipeline.nn.weight_norm import weight_normed

BANDS = (0.0, 0.1, 0.25, 0.5, 0.75, 1.0)
"""Edges of the bands, as fractions of all frequencies."""
PEAK = 0.8
"""Level that each wave's loudest sample is brought to before its transform."""

Window = Annotated[int, Field(ge=32, le=2**14, multiple_of=4)]


class ResolutionsParams(Block):
    """A discriminator for each length of a Fourier transform."""

    width: Width = 32
    """Channels of every layer."""
    windows: tuple[Window, ...] = Field((2048, 1024, 512), min_length=1, max_length=16)
    """Lengths of the transforms and of their Hann windows, samples; each moves by a quarter."""

    @property
    def shortest(self) -> int:
        """The fewest samples that a wave may have: half a window is reflected at each end."""
        return max(self.windows) // 2 + 1

    def build(self) -> SeveralDiscriminators:
        """Build networks of [N, 1, samples] -> the layers' outputs for each resolution.

        The first layer's outputs of each band, which Vocos does not match, are left out.
        """
        discriminators = [ResolutionDiscriminator(window, self.width) for window in self.windows]
        return SeveralDiscriminators(discriminators, halving=False)


class ResolutionDiscriminator(nn.Module):
    """Convolutions of each band's real and imaginary parts, apart, and one of all bands."""

    def __init__(self, window: int, width: int) -> None:
        super().__init__()
        self.window = window
        bins = window // 2 + 1
        self.edges = [int(share * bins) for share in BANDS]
        self.bands = nn.ModuleList(band_layers(width) for _ in BANDS[1:])
        self.last = nn.Conv2d(width, 1, 3, padding=1)
        weight_normed(self)

    def forward(self, wave: Tensor) -> Features:
        """Map [N, 1, samples] to layers' outputs [N, C, frames, bins] of bands, and logits."""
        spectra = self.spectra(wave.squeeze(1))
        found: Features = []
        ends: list[Tensor] = []
        for band, layers in enumerate(self.bands):
            x = spectra[..., self.edges[band] : self.edges[band + 1]]
            assert isinstance(layers, nn.ModuleList)
            for number, layer in enumerate(layers):
                x = leaky_relu(layer(x), SLOPE)
                if number:
                    found.append(x)
            ends.append(x)
        return [*found, self.last(cat(ends, dim=-1))]

    def spectra(self, wave: Tensor) -> Tensor:
        """Transform [N, samples] to [N, 2, frames, bins], in float32, also under autocast.

        Each wave loses its mean and is brought to one peak before.
        """
        with torch.autocast(wave.device.type, enabled=False):
            wave = wave.float()
            wave = wave - wave.mean(dim=-1, keepdim=True)
            wave = PEAK * wave / (wave.abs().amax(dim=-1, keepdim=True) + 1e-9)
            padded = reflected(wave, (self.window // 2, self.window // 2))
            frames = padded.unfold(-1, self.window, self.window // 4)
            window = torch.hann_window(self.window, device=wave.device)
            spectra = torch.fft.rfft(frames * window)  # [N, frames, bins]
            return torch.view_as_real(spectra).permute(0, 3, 1, 2)


def band_layers(width: int) -> nn.ModuleList:
    """Return the convolutions of one band; three of them halve its frequencies."""
    return nn.ModuleList(
        [
            nn.Conv2d(2, width, (3, 9), padding=(1, 4)),
            *(nn.Conv2d(width, width, (3, 9), (1, 2), padding=(1, 4)) for _ in range(3)),
            nn.Conv2d(width, width, 3, padding=1),
        ]
    )
