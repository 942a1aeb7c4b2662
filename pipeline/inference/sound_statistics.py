"""Statistics of a stretch of sound that say of what kind it is: how its spectrum moves.

Speech moves as the mouth does, whoever speaks: bands rise and fall some times a second, neighbours
together, with pauses between. Where the bands lie on average says who speaks and through which
microphone, so that is left out.
"""

from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from pipeline.codecs import MelCodec, SoundCodec, WorldCodec
from pipeline.codecs.world import log_amplitude
from pipeline.codecs.world_features import bands_of_log_amplitude

Floats = npt.NDArray[np.float64]

BANDS = 20
GROUPS = 4
"""Of neighbouring bands, whose movement is described together."""
SECONDS = 1.5
"""A stretch: some syllables."""
LAGS = (0.01, 0.03, 0.1, 0.3)
"""Seconds over which movement is described."""
APART = (1, 3, 8, 14)
"""Distances of bands whose correlation is described."""
BINS = 257


class Stretch(NamedTuple):
    """Log amplitudes of bands [T, BANDS], and how many frames there are a second."""

    bands: Floats
    frames_a_second: float


def bands_of(codec: SoundCodec, frames: npt.NDArray[np.floating]) -> Floats:
    """Return natural log amplitudes [T, BANDS] of a codec's whole frames [T, F], evenly in mels."""
    x = np.asarray(frames, np.float64)[:, : codec.features]
    if isinstance(codec, MelCodec) and codec.convention.log != "ln":
        x = x * np.log(10)
    if isinstance(codec, WorldCodec) and codec.convention.features == "mel_cepstrum":
        spectra = log_amplitude(x, codec.convention, BINS)
        x = bands_of_log_amplitude(spectra, 4 * BANDS, codec.convention.rate)
    edges = np.linspace(0, x.shape[1], BANDS + 1).round().astype(int)
    starts = edges[:-1].clip(max=x.shape[1] - 1)
    ends = np.maximum(edges[1:], starts + 1)
    return np.stack([x[:, a:b].mean(axis=1) for a, b in zip(starts, ends, strict=True)], axis=1)


def stretches(bands: Floats, frames_a_second: float) -> list[Stretch]:
    """Cut bands [T, BANDS] into stretches of `SECONDS`; what is shorter is repeated to one."""
    length = max(2, round(SECONDS * frames_a_second))
    if len(bands) < length:
        bands = np.tile(bands, (-(-length // len(bands)), 1))
    count = len(bands) // length
    parts = np.split(bands[: count * length], count)
    return [Stretch(part, frames_a_second) for part in parts]


def sound_statistics(stretch: Stretch) -> Floats:
    """Compute the statistics [45] of a stretch.

    Its loudness and the average of each band don't count. The log std of each band; its change
    over each of `LAGS` relative to that; the correlation of bands that lie `APART`; the shape of
    the distribution of the level; mean and std of the difference of neighbouring bands.
    """
    level = stretch.bands.mean(axis=1)
    y = stretch.bands - stretch.bands.mean(axis=0)
    std = y.std(axis=0) + 0.05
    found = [*np.log(std)]
    for seconds in LAGS:
        lag = min(max(1, round(seconds * stretch.frames_a_second)), len(y) - 1)
        change = np.sqrt(np.square(y[lag:] - y[:-lag]).mean(axis=0)) + 0.02
        found += [*np.log(change / std).reshape(GROUPS, -1).mean(axis=1)]
    z = y / std
    correlations = z.T @ z / len(z)
    found += [float(np.diag(correlations, apart).mean()) for apart in APART]
    spread = level.std() + 0.05
    shape = (level - level.mean()) / spread
    found += [np.cbrt((shape**3).mean()), np.log((shape**4).mean() + 0.01), np.log(spread)]
    uneven = np.abs(np.diff(y, axis=1)).mean(axis=1)
    found += [np.log(uneven.mean() + 0.02), np.log(uneven.std() + 0.02)]
    return np.array(found, np.float64)
