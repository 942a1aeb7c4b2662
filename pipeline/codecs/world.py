"""Voices as WORLD's parameters: the spectral envelope, which models translate, pitch and noise.

WORLD (`pipeline.codecs.world_analysis`) takes speech apart and puts it together again; the share of
noise is coded as its level in a few broad bands.

F0 by DIO and not by Harvest: on VCC 2016 (16 recordings of four speakers) both agree to 4 to 6
cents where both are voiced, but Harvest takes 72 to 90 % of frames for voiced, DIO 58 to 69 %, in
25 times the time; and the evaluation asks DIO too.
"""

from typing import Literal

import numpy as np
import torch
from torch import Tensor

from pipeline.codecs.mel import Wave
from pipeline.codecs.pitch import Pitch, PitchSums, Track, move_pitch
from pipeline.codecs.sound import SoundCodec, StoredFrames
from pipeline.codecs.spectrogram import check_finite
from pipeline.codecs.world_analysis import Analysis, analyse, synthesise
from pipeline.codecs.world_features import (
    Array,
    all_pass_constant,
    bands_of_log_amplitude,
    log_amplitude_of_bands,
    log_amplitude_of_mel_cepstrum,
    mel_cepstrum_of_power,
)
from pipeline.conventions import MelConvention, WorldConvention
from pipeline.errors import UserError

LEAST = 0.1  # seconds that CheapTrick's widest window (three periods of 71 Hz) has room in
FLOOR = 1e-6
"""Least amplitude of an envelope: a tenth of what rounding to 16 bits leaves, so that digital
silence is no outlier among a speaker's frames."""
LOUDEST = 10.0  # natural logarithm of an amplitude: what an untrained model says may overflow
PICTURE = 64  # rows of a drawn envelope


class WorldCodec(SoundCodec):
    """WORLD's parameters, of which samples have the envelope's features alone.

    F0 and aperiodicity of what is translated stand beside them: `from_sample` moves the one to the
    target speaker's mean and std, and carries the other over.
    """

    kind: Literal["world"] = "world"
    convention: WorldConvention = WorldConvention()

    @property
    def features(self) -> int:
        """The mel-cepstra, or the bands of the envelope."""
        return self.convention.rows

    @property
    def shortest(self) -> int:
        """A tenth of a second."""
        return round(LEAST * self.convention.rate)

    @property
    def mel_convention(self) -> MelConvention:
        """HiFi-GAN's bands at the same rate."""
        return MelConvention(rate=self.convention.rate)

    def frames_of(self, wave: Tensor) -> Tensor:
        """Compute whole frames float32 [T, F] of a waveform [samples], on its device."""
        return world_frames(wave, self.convention)

    def pitch_of(self, wave: Wave, stored: StoredFrames) -> PitchSums:
        """Sum up the F0 that is in frames already."""
        return PitchSums.of(torch.from_numpy(f0_of(stored.astype(np.float64), self.features)))

    def from_sample(
        self, sample: Tensor, domain: str, *, beside: Tensor | None = None, of: str | None = None
    ) -> Tensor:
        """Convert samples [N, 1, C, T] to whole frames [N, T, F] in ``domain``'s voice.

        Args:
            sample: standardised features.
            domain: the speaker whose mean and std they have.
            beside: the frames [N, T, F] that were translated: their F0 and aperiodicity.
            of: their speaker; None: ``domain``, whose F0 stays as it is.

        Raises:
            UserError: nothing is ``beside``, as for samples that were drawn.
        """
        if beside is None:
            raise UserError(
                "samples of WORLD's features have no pitch of their own, so they become sound only "
                "beside the recording that they were translated from: draw sound with a model of "
                "mel spectrograms"
            )
        own = None if of is None else self.statistics[of].pitch
        wanted = self.statistics[domain].pitch
        rest = beside[..., self.features :].float()
        if of != domain and own is not None and wanted is not None:
            rest = torch.cat([moved(rest[..., :1], own, wanted), rest[..., 1:]], dim=-1)
        return torch.cat([self.features_of(sample, domain), rest.to(sample.device)], dim=-1)

    def spectra(self, sample: Tensor) -> Tensor:
        """Draw samples [N, 1, C, T] as envelopes [N, 1, B, T], low frequencies first.

        Mel-cepstra as what they add to the mean envelope at frequencies that are evenly warped,
        in units of what coefficients that know nothing of each other would spread on average.
        """
        if self.convention.features == "envelope":
            return sample
        std = torch.tensor([found.std for found in self.statistics.values()]).mean(dim=0)
        places = torch.linspace(0, torch.pi, PICTURE)
        series = torch.cos(torch.arange(self.features)[:, None] * places) * std[:, None]
        series = (series / series.norm(dim=0).square().mean().sqrt()).to(sample.device)  # [C, B]
        return torch.einsum("ncmt,mb->ncbt", sample.float(), series)


def world_frames(wave: Tensor, convention: WorldConvention) -> Tensor:
    """Take a waveform apart: features, log F0, coded aperiodicity of each frame.

    Args:
        wave: ``[N]``, in [-1, 1], at ``convention.rate``; N at least one hop.

    Returns:
        ``[N // hop, F]``, float32 on the wave's device.

    Raises:
        ValueError: wrong shape, shorter than one hop, or a sample that is not finite.
    """
    import pyworld

    rate, hop = convention.rate, convention.hop
    if wave.ndim != 1 or len(wave) < hop:
        raise ValueError(f"a wave is [N] of at least one hop of {hop}, not {list(wave.shape)}")
    check_finite(wave)
    samples = wave.detach().cpu().double().numpy()
    found = analyse(samples, rate, period_of(convention), speed=1)
    features = features_of_power(found.envelope.clip(FLOOR**2), convention)
    pitch = np.log(found.f0, where=found.f0 > 0, out=np.zeros_like(found.f0))
    noise = pyworld.code_aperiodicity(found.aperiodicity, rate)
    frames = np.concatenate([features, pitch[:, None], noise], axis=1)
    return torch.from_numpy(frames[: len(wave) // hop]).float().to(wave.device)


def world_wave(frames: Tensor, convention: WorldConvention) -> Tensor:
    """Put frames [T, F] together to a waveform [T * hop], float32 on their device, not clipped."""
    import pyworld

    rate, hop, rows = convention.rate, convention.hop, convention.rows
    given = np.nan_to_num(frames.detach().cpu().double().numpy())
    given = np.concatenate([given, given[-1:]])  # a sound ends on its last frame's centre
    size = pyworld.get_cheaptrick_fft_size(rate)
    amplitudes = log_amplitude(given[:, :rows], convention, size // 2 + 1)
    power = np.exp(2 * amplitudes.clip(np.log(FLOOR), LOUDEST))
    noise = pyworld.decode_aperiodicity(np.ascontiguousarray(given[:, rows + 1 :]), rate, size)
    found = Analysis(f0_of(given, rows), power, noise)
    wave = synthesise(found, rate, len(frames) * hop, period_of(convention))
    return torch.from_numpy(wave).float().to(frames.device)


def period_of(convention: WorldConvention) -> float:
    """Return the milliseconds of a hop."""
    return 1000 * convention.hop / convention.rate


def features_of_power(power: Array, convention: WorldConvention) -> Array:
    """Reduce power spectra [T, K] to the convention's features [T, C]."""
    if convention.features == "mel_cepstrum":
        alpha = all_pass_constant(convention.rate)
        return mel_cepstrum_of_power(power, convention.coefficients - 1, alpha)
    return bands_of_log_amplitude(np.log(power) / 2, convention.bands, convention.rate)


def log_amplitude(features: Array, convention: WorldConvention, bins: int) -> Array:
    """Expand features [T, C] to natural log amplitudes [T, bins], from 0 to half the rate."""
    if convention.features == "mel_cepstrum":
        return log_amplitude_of_mel_cepstrum(features, bins, all_pass_constant(convention.rate))
    return log_amplitude_of_bands(features, bins, convention.rate)


def f0_of(frames: Array, rows: int) -> Track:
    """Return the F0 [T] in Hz, 0 where unvoiced, of frames [T, F] with ``rows`` features."""
    pitch = frames[:, rows]
    return np.where(pitch > 0, np.exp(pitch), 0.0)


def moved(pitch: Tensor, own: Pitch, wanted: Pitch) -> Tensor:
    """Move log F0, 0 where unvoiced, by `move_pitch`."""
    given = pitch.detach().cpu().double().numpy()
    f0 = move_pitch(np.where(given > 0, np.exp(given), 0.0), own, wanted)
    found = np.log(f0, where=f0 > 0, out=np.zeros_like(f0))
    return torch.from_numpy(found).to(pitch)
