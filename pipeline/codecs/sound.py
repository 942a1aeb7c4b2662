"""The base of all codecs of sound: frames of a convention, standardised for each speaker."""

from abc import ABC, abstractmethod
from functools import lru_cache
from typing import Self

import numpy as np
import numpy.typing as npt
import torch
from pydantic import model_validator
from torch import Tensor

from pipeline.block import Block
from pipeline.codecs.pitch import Pitch, PitchSums
from pipeline.conventions import MelConvention, SoundConvention
from pipeline.samples import Spec

StoredFrames = npt.NDArray[np.float16]


class Statistics(Block):
    """Mean and standard deviation of each feature over a domain's training frames."""

    mean: tuple[float, ...]
    std: tuple[float, ...]
    pitch: Pitch | None = None
    """That of the training recordings; None where no frame is voiced, and in older files."""


class SoundCodec(Block, ABC):
    """Frames of one convention, standardised by domain (a speaker) and feature.

    Standardising by speaker means that handing speaker A's sample to speaker B's decoder is
    already the classical mean-variance conversion; a translator learns what goes beyond it.
    """

    kind: str
    convention: SoundConvention
    statistics: dict[str, Statistics]
    level: float | None = None
    """Root mean square of the clips that the statistics are of, dB relative to full scale; None
    where they were as loud as they were recorded."""

    @property
    @abstractmethod
    def features(self) -> int:
        """The height of a sample: the features of a frame that it has."""

    @model_validator(mode="after")
    def _has_each_feature(self) -> Self:
        for name, found in self.statistics.items():
            if {len(found.mean), len(found.std)} != {self.features}:
                raise ValueError(
                    f"statistics.{name}: expected {self.features} means and stds, found "
                    f"{len(found.mean)} and {len(found.std)}"
                )
        return self

    @property
    def domains(self) -> set[str]:
        """The names of the domains that it knows."""
        return set(self.statistics)

    def spec(self, domain: str) -> Spec:
        """Return the samples of ``domain``: [1, features, any width], standardised."""
        return Spec(channels=1, height=self.features, width=None, bounded=False)

    @property
    @abstractmethod
    def shortest(self) -> int:
        """Samples of the shortest clip that the prepared store takes."""

    @property
    @abstractmethod
    def mel_convention(self) -> MelConvention:
        """The mel spectrograms by which sound of its rate is measured and drawn."""

    def to_sample(self, stored: Tensor, domain: str) -> Tensor:
        """Standardise the features of frames [N, T, F] to samples float32 [N, 1, C, T]."""
        mean, std = _tensors(self.statistics[domain], stored.device)
        features = stored[..., : self.features].float()
        return ((features - mean) / std).transpose(1, 2).unsqueeze(1)

    def features_of(self, sample: Tensor, domain: str) -> Tensor:
        """Convert standardised samples [N, 1, C, T] to features float32 [N, T, C]."""
        mean, std = _tensors(self.statistics[domain], sample.device)
        return sample.detach().float().squeeze(1).transpose(1, 2) * std + mean

    def from_sample(
        self, sample: Tensor, domain: str, *, beside: Tensor | None = None, of: str | None = None
    ) -> Tensor:
        """Convert standardised samples [N, 1, C, T] to whole frames float32 [N, T, F].

        ``beside``: the frames that were translated, of the speaker ``of``, for what samples don't
        have; those of mels have everything. Raises UserError where something is missing.
        """
        return self.features_of(sample, domain)

    @abstractmethod
    def frames_of(self, wave: Tensor) -> Tensor:
        """Compute whole frames float32 [T, F] of a waveform [samples] at the convention's rate."""

    def stored(self, wave: npt.NDArray[np.float32]) -> StoredFrames:
        """Compute frames [T, F] as the prepared store keeps them.

        Raises ValueError where the clip is shorter than `shortest`.
        """
        if len(wave) < self.shortest:
            raise ValueError(f"{len(wave)} samples are fewer than one frame of {self.shortest}")
        frames = self.frames_of(torch.from_numpy(wave))
        return frames.to(torch.float16).contiguous().numpy()

    @abstractmethod
    def pitch_of(self, wave: npt.NDArray[np.float32], stored: StoredFrames) -> PitchSums:
        """Compute what a clip's F0 adds to its speaker's statistics, of its wave or its frames."""

    @abstractmethod
    def spectra(self, sample: Tensor) -> Tensor:
        """Return what to draw of samples [N, 1, C, T]: standardised spectra [N, 1, B, T], low
        frequencies first."""

    def encode(self, wave: Tensor, domain: str) -> Tensor:
        """Encode a waveform [samples] at the convention's rate as a sample [1, C, T]."""
        return self.to_sample(self.frames_of(wave)[None], domain)[0]


@lru_cache(maxsize=64)
def _tensors(statistics: Statistics, device: torch.device) -> tuple[Tensor, Tensor]:
    """Mean and std, [F] each; copied once, for each copy would wait for an accelerator."""
    # A tensor made under inference_mode could not enter a later backward pass.
    with torch.inference_mode(False):
        return (
            torch.tensor(statistics.mean, device=device),
            torch.tensor(statistics.std, device=device),
        )
