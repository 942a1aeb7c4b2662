"""The input of preparation: named items, loaded when their turn comes."""

import hashlib
from abc import ABC, abstractmethod
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
from pydantic import Field

from pipeline.block import Block
from pipeline.codecs import Codec, ImageCodec, MelCodec, WorldCodec, sound_codec
from pipeline.codecs.mel import to_audio
from pipeline.codecs.pitch import PitchSums
from pipeline.codecs.sound import Statistics
from pipeline.conventions import AnyConvention, MelConvention
from pipeline.datasets.factors import Factor, Value
from pipeline.samples import DatasetSpec

Array = npt.NDArray[Any]

UNKNOWN: Mapping[str, Value] = {}
"""The factors of items of which nothing is known: one mapping for all, as there may be millions."""


@dataclass(frozen=True, slots=True)
class Item:
    """One picture or clip before preparation.

    ``key`` names what the item shows. Two domains of a split are aligned where their keys are
    equal: the same picture as photograph and as label map, the same sentence by two speakers.
    ``load`` must survive pickling, since preparation calls it in other processes; it raises
    ValueError with the reason where the item can't be used. ``factors`` has a value for each factor
    that the source declares.
    """

    key: str
    load: Callable[[], Array]
    label: int = 0
    file: Path | None = None
    factors: Mapping[str, Value] = field(default_factory=lambda: UNKNOWN)


@dataclass(frozen=True)
class Source:
    """The items of a data set: split -> domain -> items; the names of its classes; its factors."""

    items: dict[str, dict[str, list[Item]]]
    classes: tuple[str, ...] = field(default=())
    factors: Mapping[str, Factor] = field(default_factory=dict)
    """Name -> type of what is known of every item, in all splits and domains."""
    excluded: Mapping[str, str] = field(default_factory=dict)
    """Factor -> value of a combination that no item of ``train`` has; empty: none is left out."""
    notes: tuple[str, ...] = ()
    """Files that were passed over where the items were found, a line for each kind."""

    def fingerprint(self) -> str:
        """Hash the items: order, names, classes and factors, and their files' sizes and dates."""
        digest = hashlib.sha256(repr(list(self.factors.items())).encode())
        for split, domains in self.items.items():
            for domain, items in domains.items():
                for item in items:
                    seen = (split, domain, item.key, item.label, state_of(item.file))
                    digest.update(repr((*seen, item.factors)).encode())
        return digest.hexdigest()


def state_of(file: Path | None) -> tuple[int, int] | None:
    """Return a file's size and date; None where there is none, as behind a broken link."""
    try:
        stat = file.stat() if file is not None else None
    except OSError:  # loading it says so, together with whatever else is damaged
        return None
    return (stat.st_size, stat.st_mtime_ns) if stat else None


class Moments:
    """Running mean and std over frames [T, F] of sound."""

    def __init__(self) -> None:
        self.count = 0
        self.sum: Array = np.zeros(0)
        self.squares: Array = np.zeros(0)

    def add(self, frames: Array) -> None:
        """Take in frames [T, F]."""
        rows = frames.astype(np.float64)
        if not self.count:
            self.sum, self.squares = np.zeros(rows.shape[1]), np.zeros(rows.shape[1])
        self.count += len(rows)
        self.sum += rows.sum(axis=0)
        self.squares += (rows**2).sum(axis=0)

    def state(self) -> dict[str, list[float]]:
        """Return everything, as JSON keeps it exactly."""
        return {"count": [self.count], "sum": self.sum.tolist(), "squares": self.squares.tolist()}

    def restore(self, state: dict[str, list[float]]) -> None:
        """Take up what `state` gave."""
        self.count = int(state["count"][0])
        self.sum, self.squares = np.array(state["sum"]), np.array(state["squares"])


@dataclass
class DomainMoments:
    """Sums over the training items of a domain."""

    channels: int = 0
    """Of pictures; of sound, numbers of a frame."""
    frames: Moments = field(default_factory=Moments)
    """Of sound alone, as ``pitch``: pictures have a range that is known."""
    pitch: PitchSums = field(default_factory=PitchSums)

    def add(self, stored: Array, pitch: PitchSums | None) -> None:
        """Take in a picture, or the frames and the ``pitch`` of a clip."""
        self.channels = stored.shape[-1]
        if pitch is not None:
            self.frames.add(stored)
            self.pitch = self.pitch.plus(pitch)

    def statistics(self, features: int) -> Statistics:
        """Compute the statistics of a speaker's pitch, and of the first ``features`` of frames."""
        mean = self.frames.sum / self.frames.count
        std = np.sqrt(np.maximum(self.frames.squares / self.frames.count - mean**2, 1e-6))
        return Statistics(
            mean=tuple(mean[:features].tolist()),
            std=tuple(std[:features].tolist()),
            pitch=self.pitch.summary(),
        )

    def state(self) -> dict[str, list[float]]:
        """Return everything, as JSON keeps it exactly."""
        return {
            **self.frames.state(),
            "pitch": list(self.pitch),
            "channels": [self.channels],
        }

    def restore(self, state: dict[str, list[float]]) -> None:
        """Take up what `state` gave."""
        self.frames.restore(state)
        self.pitch = PitchSums(*state["pitch"])
        self.channels = int(state["channels"][0])


class DatasetParams(Block, ABC):
    """Parameters of a data set: a block under ``datasets`` in params.yaml."""

    @property
    @abstractmethod
    def spec(self) -> DatasetSpec:
        """The domains to train on and the classes, as far as parameters tell: all but the length
        of clips."""

    def may_pair(self, a: str, b: str) -> bool:
        """Tell whether two domains could be aligned in training, as far as parameters tell."""
        return True

    @abstractmethod
    def source(self) -> Source:
        """List the items; raise UserError where the raw data is missing."""

    @abstractmethod
    def analyse(self, raw: Array) -> Array:
        """Turn a loaded item into what the store keeps; raise ValueError where it can't be used."""

    @abstractmethod
    def codec(self, moments: dict[str, DomainMoments]) -> Codec:
        """Return the codec for the store, from the moments of each domain's training items."""


class PictureParams(DatasetParams):
    """A data set of pictures, stored as uint8 [size, size, C]."""

    size: int = Field(ge=8, le=2**16)

    @property
    @abstractmethod
    def channels(self) -> dict[str, int]:
        """Channels of each domain's pictures."""

    @property
    def spec(self) -> DatasetSpec:
        """Pictures of ``size``."""
        codec = ImageCodec(size=self.size, channels=self.channels)
        return DatasetSpec(specs={domain: codec.spec(domain) for domain in self.channels})

    def analyse(self, raw: Array) -> Array:
        """Check that the picture is uint8 [size, size, C]."""
        if raw.dtype != np.uint8 or raw.shape[:2] != (self.size, self.size):
            raise ValueError(f"expected uint8 [{self.size}, {self.size}, C], found {raw.shape}")
        return raw

    def codec(self, moments: dict[str, DomainMoments]) -> ImageCodec:
        """Build the codec of the size and channels; pictures need no statistics."""
        channels = {domain: m.channels for domain, m in moments.items()}
        return ImageCodec(size=self.size, channels=channels)


class SoundParams(DatasetParams):
    """A data set of clips, stored as float16 frames [T, F]: log-mel, or WORLD's parameters."""

    convention: AnyConvention = MelConvention()
    keep_audio: bool = False
    """Keep the clips themselves in every split, as training a vocoder needs them, and not in
    ``test`` alone."""

    @property
    @abstractmethod
    def domain_names(self) -> tuple[str, ...]:
        """The domains: a speaker each."""

    @property
    def spec(self) -> DatasetSpec:
        """Frames of the convention."""
        codec = self._without_statistics
        return DatasetSpec(specs={name: codec.spec(name) for name in self.domain_names})

    def analyse(self, raw: Array) -> Array:
        """Compute a waveform's frames."""
        return self._without_statistics.stored(raw)

    def pitch(self, raw: Array, stored: Array) -> PitchSums:
        """Compute what F0 adds to the speaker's statistics, of a waveform and its frames."""
        return self._without_statistics.pitch_of(raw, stored)

    def recording(self, raw: Array) -> memoryview:
        """Encode the waveform itself as FLAC."""
        return to_audio(raw, self.convention.rate, "FLAC")

    def codec(self, moments: dict[str, DomainMoments]) -> MelCodec | WorldCodec:
        """Build the codec of mean and std for each speaker: of each feature, and of pitch."""
        features = self._without_statistics.features
        statistics = {domain: m.statistics(features) for domain, m in moments.items()}
        return sound_codec(self.convention, statistics, self.recording_level())

    @property
    def _without_statistics(self) -> MelCodec | WorldCodec:
        return sound_codec(self.convention, {})

    def recording_level(self) -> float | None:
        """Return the clips' common root mean square, dB relative to full scale; None if they have
        none."""
        return None


def as_is(array: Array) -> Array:
    """Return the loader of an item that is in memory already."""
    return array
