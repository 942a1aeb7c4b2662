"""Inputs that are far from all that a translator was trained on, said in words."""

from collections.abc import Iterable, Iterator

import numpy as np
import torch

from pipeline.codecs import ImageCodec, SoundCodec
from pipeline.codecs.image import Picture
from pipeline.codecs.mel import Wave
from pipeline.datasets.recordings import trimmed
from pipeline.inference.conversion import bring_to
from pipeline.inference.finished import FinishedModel
from pipeline.inference.picture_statistics import picture_statistics
from pipeline.inference.pictures import with_channels
from pipeline.inference.sound_statistics import bands_of, sound_statistics, stretches
from pipeline.inference.typical_inputs import Floats, TypicalInputs

SECONDS = 9.0
"""Of a recording: its kind shows in its beginning, and WORLD takes a second for 20 of sound."""
LEAST_SECONDS = 0.5
"""Of a recording: a shorter one does not tell its kind."""


def unlike_picture(finished: FinishedModel, picture: Picture, of: str) -> str:
    """Say that a picture uint8 [H, W, 3] is unlike those of ``of`` that a model was trained on.

    "" where it is not, and where the model does not know what they are.
    """
    typical, codec = finished.typical.get(of), finished.codec
    if typical is None or not isinstance(codec, ImageCodec):
        return ""
    if codec.channels[of] == 1:  # a large picture is not copied without need
        picture = with_channels(picture[None], 1)[0]
    return words(finished, of, typical, picture_statistics(picture, codec.size)[None])


def unlike_sound(finished: FinishedModel, wave: Wave, of: str) -> str:
    """Say that sound float32 [samples] at the codec's rate is unlike the recordings of ``of``.

    "" where it is not, where it is silent or too short to tell, and where the model does not know
    what they are. Looks at `SECONDS` of it.
    """
    typical, codec = finished.typical.get(of), finished.codec
    if typical is None or not isinstance(codec, SoundCodec):
        return ""
    rate = codec.convention.rate
    try:
        wave = trimmed(wave - wave.mean() if len(wave) else wave, rate)[: round(SECONDS * rate)]
    except ValueError:  # silent
        return ""
    if len(wave) < LEAST_SECONDS * rate:
        return ""
    heard = torch.from_numpy(np.ascontiguousarray(wave, np.float32))
    if codec.level is not None:
        heard = bring_to(10 ** (codec.level / 20), heard)
    bands = bands_of(codec, codec.frames_of(heard).numpy())
    parts = stretches(bands, rate / codec.convention.hop)
    return words(finished, of, typical, np.stack([sound_statistics(part) for part in parts]))


def words(finished: FinishedModel, of: str, typical: TypicalInputs, statistics: Floats) -> str:
    """Say it where the median distance of statistics [N, F] is not usual; else ""."""
    distance = float(np.median(typical.distance(statistics)))
    if distance <= typical.threshold:
        return ""
    return (
        f"this is unlike the '{of}' that {finished.name} was trained on: expect nonsense "
        f"(distance {distance:.1f}, usual up to {typical.threshold:.1f})"
    )


class Beginning:
    """The first `SECONDS` of sound that goes by in blocks."""

    def __init__(self, rate: int) -> None:
        self._left, self._parts = round(SECONDS * rate), [np.zeros(0, np.float32)]

    def through(self, blocks: Iterable[Wave]) -> Iterator[Wave]:
        """Hand on blocks [samples] as they are, and keep the first."""
        for block in blocks:
            if self._left > 0:
                self._parts.append(block[: self._left].copy())
                self._left -= len(block)
            yield block

    @property
    def wave(self) -> Wave:
        """Return what was kept: float32 [samples]."""
        return np.concatenate(self._parts)
