"""Voice conversion without learning: means and standard deviations moved from one speaker's to
another's.

The spectral envelope, frame by frame, gets the gain that the mean-variance mapping of the mel
bands asks for, and log F0 its own mean-variance mapping; WORLD (Morise, Yokomori and Ozawa, 2016)
takes the recording apart and puts it together again. Of the target it needs only what the codec
knows: the statistics of the training recordings.
"""

import math

import numpy as np
import torch
from torch import Tensor

from pipeline.codecs import MelCodec
from pipeline.codecs.pitch import Track, move_pitch
from pipeline.codecs.spectrogram import log_mel
from pipeline.codecs.world_analysis import LEAST_RATE, PERIOD, Analysis, analyse, synthesise
from pipeline.conventions import MelConvention
from pipeline.evaluation.voices import to_natural_log


def convert_by_statistics(wave: Tensor, codec: MelCodec, source: str, target: str) -> Tensor | None:
    """Convert a recording [N] of ``source``, at least one hop long, to ``target``'s voice: [N].

    None where a speaker's pitch is unknown.
    """
    own, wanted = codec.statistics[source].pitch, codec.statistics[target].pitch
    if own is None or wanted is None:
        return None
    rate = codec.convention.rate
    fast = max(rate, LEAST_RATE)
    sound = _resample(wave.double().numpy(), rate, fast)
    found = analyse(sound, fast)
    times = np.arange(len(found.f0)) * PERIOD / 1000
    bins = np.linspace(0, fast / 2, found.envelope.shape[1])
    gain = _gain(wave, codec, source, target, times, bins)
    moved = Analysis(
        move_pitch(found.f0, own, wanted), found.envelope * np.exp(2 * gain), found.aperiodicity
    )
    made = synthesise(moved, fast, math.ceil(len(times) * PERIOD / 1000 * fast))
    result = _resample(made, fast, rate)[: len(wave)]
    return torch.from_numpy(np.pad(result, (0, len(wave) - len(result)))).float()


def _gain(
    wave: Tensor, codec: MelCodec, source: str, target: str, times: Track, bins: Track
) -> Track:
    """Interpolate the mean-variance mapping of mel frames to a gain [times, bins] in nepers."""
    from scipy.interpolate import RegularGridInterpolator

    convention = codec.convention
    frames = log_mel(wave, convention).T[None]
    gain = codec.from_sample(codec.to_sample(frames, source), target) - frames
    natural = to_natural_log(gain[0].double(), convention).numpy()
    natural = np.concatenate([natural, natural[-1:]])  # a grid needs two points
    centres = (np.arange(len(natural)) + 0.5) * convention.hop / convention.rate
    bands = _band_centres(convention)
    at = np.meshgrid(
        times.clip(centres[0], centres[-1]), bins.clip(bands[0], bands[-1]), indexing="ij"
    )
    interpolated: Track = RegularGridInterpolator((centres, bands), natural)(np.stack(at, axis=-1))
    return interpolated


def _band_centres(convention: MelConvention) -> Track:
    """Find the centres of the mel bands, Hz [M]."""
    from librosa import mel_frequencies

    edges: Track = mel_frequencies(
        convention.mels + 2,
        fmin=convention.fmin,
        fmax=convention.fmax,
        htk=convention.scale == "htk",
    )
    return edges[1:-1]


def _resample(wave: Track, rate: int, to: int) -> Track:
    """Resample a waveform [samples] from one rate to another."""
    import soxr

    resampled: Track = wave if rate == to else soxr.resample(wave, rate, to)
    return np.ascontiguousarray(resampled)
