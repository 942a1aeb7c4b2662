"""The convention of a mel spectrogram: a contract between data, models and vocoders.

A mel of one convention in the vocoder of another is noise, so the convention is a value that
travels with every artefact. The default is HiFi-GAN's (Kong, Kim and Bae, 2020, arXiv:2010.05646;
``meldataset.py`` of its repository).
"""

from typing import Annotated, Any, Literal, Self

from pydantic import Field, NonNegativeFloat, PositiveFloat, model_validator

from pipeline.block import Block, Kernel, Side

Rate = Annotated[int, Field(ge=1, le=2**20)]
"""Samples a second."""


class MelConvention(Block):
    """The meaning of a mel spectrogram's numbers. Two mels compare only if these are all equal.

    The spectrogram is of magnitudes (power 1), the filters have Slaney's scale and area norm.
    Frame ``t`` is centred on sample ``(t + 1/2) * hop``: the wave is padded by reflection with
    ``(n_fft - hop) / 2`` samples a side and cut without further centring, so that ``N`` samples
    give exactly ``N // hop`` frames. Numbers that do not fit together are refused.
    """

    rate: Rate = 22_050
    """Samples a second."""
    n_fft: Side = 1024
    """Length of the Fourier transform, samples."""
    hop: Side = 256
    """Step between frames, samples; at most half of ``win``."""
    win: Side = 1024
    """Length of the Hann window, samples; at most ``n_fft``, in whose middle it stands."""
    mels: Kernel = 80
    """Number of mel bands, M."""
    fmin: NonNegativeFloat = 0.0
    """Lower edge of the lowest band, Hz."""
    fmax: PositiveFloat = 8000.0
    """Upper edge of the highest band, Hz; at most ``rate / 2``."""
    log: Literal["ln", "log10"] = "ln"
    """Natural logarithm (HiFi-GAN, Vocos) or base 10 (MelGAN)."""
    floor: PositiveFloat = 1e-5
    """Smallest mel magnitude; what is below is raised to it before the logarithm."""

    @model_validator(mode="after")
    def _fits(self) -> Self:
        if not 2 * self.hop <= self.win <= self.n_fft:
            raise ValueError(
                "a spectrogram that can be inverted needs 2 * hop <= win <= n_fft, not "
                f"hop {self.hop}, win {self.win}, n_fft {self.n_fft}"
            )
        if (self.n_fft - self.hop) % 2:
            raise ValueError(f"n_fft - hop must be even, not {self.n_fft} - {self.hop}")
        if not self.fmin < self.fmax <= self.rate / 2:
            raise ValueError(
                f"needs fmin < fmax <= rate / 2, not fmin {self.fmin}, fmax {self.fmax}, "
                f"rate {self.rate}"
            )
        return self

    @model_validator(mode="before")
    @classmethod
    def _by_name(cls, given: Any) -> Any:
        """Replace a name of `CONVENTIONS` by all of its numbers."""
        if not isinstance(given, str):
            return given
        if given not in CONVENTIONS:
            raise ValueError(f"found '{given}', allowed: {', '.join(CONVENTIONS)}, or the numbers")
        return CONVENTIONS[given].model_dump()

    @property
    def padding(self) -> int:
        """Samples of reflection on each side."""
        return (self.n_fft - self.hop) // 2


def differences(expected: MelConvention, found: MelConvention) -> str:
    """Return each field in which two conventions differ, with both values; empty where they are
    equal."""
    return "; ".join(
        f"{name}: expected {getattr(expected, name)}, found {getattr(found, name)}"
        for name in MelConvention.model_fields
        if getattr(expected, name) != getattr(found, name)
    )


HIFI_GAN = MelConvention()

CONVENTIONS = {"hifigan_22k": HIFI_GAN, "hifigan_16k": MelConvention(rate=16_000)}
"""Conventions with a name for params.yaml: that of the published HiFi-GANs, and the same frames of
recordings at 16,000 samples a second, as telephony and most speech recognition have them."""
