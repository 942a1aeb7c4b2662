"""The convention of frames of sound: a contract between data, models and vocoders.

Frames of one convention in the vocoder of another are noise, so the convention is a value that
travels with every artefact. The default is HiFi-GAN's mel spectrogram (Kong, Kim and Bae, 2020,
arXiv:2010.05646; ``meldataset.py`` of its repository); the other kind are WORLD's parameters.
"""

from collections.abc import Mapping
from typing import Annotated, Any, Literal, Self

from pydantic import BeforeValidator, Field, NonNegativeFloat, PositiveFloat, model_validator

from pipeline.block import Block, Kernel, Side

Rate = Annotated[int, Field(ge=1, le=2**20)]
"""Samples a second."""


def _named(given: str, known: Mapping[str, "SoundConvention"]) -> dict[str, Any]:
    """Return all numbers of a convention by its name; raise ValueError where none has it."""
    if given not in known:
        raise ValueError(f"found '{given}', allowed: {', '.join(known)}, or the numbers")
    return known[given].model_dump()


class MelConvention(Block):
    """The meaning of a mel spectrogram's numbers. Two mels compare only if these are all equal.

    The spectrogram is of magnitudes (power 1). Frame ``t`` is centred on sample
    ``(t + 1/2) * hop``: the wave is padded by reflection with ``(n_fft - hop) / 2`` samples a side
    and cut without further centring, so that ``N`` samples give exactly ``N // hop`` frames.
    Numbers that do not fit together are refused.
    """

    kind: Literal["mel"] = Field("mel", exclude=True)
    """Not written to files: a convention without a kind is of this one."""
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
    scale: Literal["slaney", "htk"] = "slaney"
    """Of mels: Slaney's, even in frequency up to 1,000 Hz (HiFi-GAN, BigVGAN), or HTK's,
    2595 log10(1 + f / 700) (Vocos)."""
    norm: Literal["slaney", "none"] = "slaney"
    """Of filters: to equal areas (HiFi-GAN, BigVGAN), or peaks of 1 (Vocos)."""
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
        """Replace a name of `MEL_CONVENTIONS` by all of its numbers."""
        return _named(given, MEL_CONVENTIONS) if isinstance(given, str) else given

    @property
    def padding(self) -> int:
        """Samples of reflection on each side."""
        return (self.n_fft - self.hop) // 2


class WorldConvention(Block):
    """The meaning of a frame of WORLD's parameters (Morise, Yokomori and Ozawa 2016).

    A frame has the features of the spectral envelope, which models translate; then the natural
    logarithm of F0 in Hz, 0 where unvoiced, and the coded aperiodicity, which are handled beside
    them. Frame ``t`` is centred on sample ``t * hop``; ``N`` samples give ``N // hop`` frames.
    """

    kind: Literal["world"] = "world"
    rate: int = Field(16_000, ge=16_000, le=2**20)
    """Samples a second; WORLD's measure of noise needs bands of up to 7,900 Hz."""
    period: float = Field(5.0, ge=1, le=50)
    """Milliseconds between frames, rounded to whole samples: see `hop`."""
    features: Literal["envelope", "mel_cepstrum"] = "envelope"
    """Of the envelope: its natural logarithm (of amplitude) at frequencies that are evenly spaced
    in mels; or mel-cepstra, as CycleGAN-VC and CycleGAN-VC2 were published on."""
    bands: int = Field(80, ge=2, le=256)
    """Frequencies, from 0 to ``rate / 2``, for ``features: envelope``."""
    coefficients: int = Field(36, ge=2, le=256)
    """Mel-cepstra, with that of energy, c0; for ``features: mel_cepstrum``."""

    @property
    def hop(self) -> int:
        """Step between frames, samples: whole, so that frames and samples stay in step."""
        return round(self.rate * self.period / 1000)

    @property
    def rows(self) -> int:
        """Number of features of the envelope."""
        return self.coefficients if self.features == "mel_cepstrum" else self.bands


SoundConvention = MelConvention | WorldConvention


def differences(expected: SoundConvention, found: SoundConvention) -> str:
    """Return each field in which two conventions differ, with both values; empty where they are
    equal. Of two kinds, the kinds."""
    same = expected.kind == found.kind
    return "; ".join(
        f"{name}: expected {getattr(expected, name)}, found {getattr(found, name)}"
        for name in (type(expected).model_fields if same else ("kind",))
        if getattr(expected, name) != getattr(found, name)
    )


HIFI_GAN = MelConvention()

VOCOS = MelConvention(rate=24_000, mels=100, fmax=12_000, scale="htk", norm="none", floor=1e-7)
"""Of vocos-mel-24khz. Its own frames are centred on ``t * hop``, half a hop before ours."""

WORLD_22K = WorldConvention(rate=22_050)
"""The convention of recipes for recordings of one's own."""

MEL_CONVENTIONS = {
    "hifigan_22k": HIFI_GAN,
    "hifigan_16k": MelConvention(rate=16_000),
    "vocos_24k": VOCOS,
}
"""Conventions with a name for params.yaml: that of the published HiFi-GANs, the same frames of
recordings at 16,000 samples a second, as telephony and most speech recognition have them, and that
of the published Vocos."""

CONVENTIONS: dict[str, SoundConvention] = {
    **MEL_CONVENTIONS,
    "world_16k": WorldConvention(),
    "world_22k": WORLD_22K,
}
"""Those of all kinds: WORLD's are 80 bands of the envelope every 5 ms."""


def _of_a_kind(given: Any) -> Any:
    """Replace a name of `CONVENTIONS`; numbers without a kind are a mel spectrogram's."""
    block = _named(given, CONVENTIONS) if isinstance(given, str) else given
    return {"kind": "mel", **block} if isinstance(block, dict) else block


AnyConvention = Annotated[SoundConvention, Field(discriminator="kind"), BeforeValidator(_of_a_kind)]
"""A field of params.yaml that takes either kind, by name or by numbers."""
