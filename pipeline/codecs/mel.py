"""Sound: files -> waveforms -> log-mel frames -> standardised samples and back."""

import io
from functools import lru_cache
from pathlib import Path
from typing import Any, Literal, Self

import numpy as np
import numpy.typing as npt
import torch
from pydantic import model_validator
from torch import Tensor

from pipeline.block import Block
from pipeline.codecs.pitch import Pitch
from pipeline.codecs.spectrogram import griffin_lim, log_mel
from pipeline.mel_convention import MelConvention
from pipeline.samples import Spec

Wave = npt.NDArray[np.float32]
Frames = npt.NDArray[np.float16]

BLOCK = 2**16  # samples read at a time
MOST_SAMPLES = 2**27
"""Of a recording: 50 minutes at 44,100 a second, half a gigabyte."""
LOWEST_RATE, HIGHEST_RATE = 1000, 2**20
"""Samples a second: resampling from less would make thousands of one."""


class Statistics(Block):
    """Mean and standard deviation of each mel bin over a domain's training frames."""

    mean: tuple[float, ...]
    std: tuple[float, ...]
    pitch: Pitch | None = None
    """That of the training recordings; None where no frame is voiced, and in older files."""


class MelCodec(Block):
    """Log-mel spectrograms of one convention, standardised by domain (a speaker) and bin.

    Standardising by speaker means that handing speaker A's sample to speaker B's decoder is
    already the classical mean-variance conversion; a translator learns what goes beyond it.
    """

    kind: Literal["mel"] = "mel"
    convention: MelConvention = MelConvention()
    statistics: dict[str, Statistics]
    level: float | None = None
    """Root mean square of the clips that the statistics are of, dB relative to full scale; None
    where they were as loud as they were recorded."""

    @model_validator(mode="after")
    def _has_each_bin(self) -> Self:
        for name, found in self.statistics.items():
            if {len(found.mean), len(found.std)} != {self.convention.mels}:
                raise ValueError(
                    f"statistics.{name}: expected {self.convention.mels} means and stds, found "
                    f"{len(found.mean)} and {len(found.std)}"
                )
        return self

    @property
    def domains(self) -> set[str]:
        """The names of the domains that it knows."""
        return set(self.statistics)

    def spec(self, domain: str) -> Spec:
        """Return the samples of ``domain``: [1, mels, any width], standardised."""
        return Spec(channels=1, height=self.convention.mels, width=None, bounded=False)

    def to_sample(self, stored: Tensor, domain: str) -> Tensor:
        """Standardise log-mel frames float16 [N, T, M] to samples float32 [N, 1, M, T]."""
        mean, std = _tensors(self.statistics[domain], stored.device)
        return ((stored.float() - mean) / std).transpose(1, 2).unsqueeze(1)

    def from_sample(self, sample: Tensor, domain: str) -> Tensor:
        """Convert standardised samples [N, 1, M, T] to log-mel frames float32 [N, T, M]."""
        mean, std = _tensors(self.statistics[domain], sample.device)
        return sample.detach().float().squeeze(1).transpose(1, 2) * std + mean

    def encode(self, wave: Tensor, domain: str) -> Tensor:
        """Encode a waveform [samples] at the convention's rate as a sample [1, M, T]."""
        frames = log_mel(wave, self.convention).T  # [T, M]
        return self.to_sample(frames[None], domain)[0]

    def decode(self, sample: Tensor, domain: str) -> Tensor:
        """Decode a sample [1, M, T] to a waveform [T * hop] by Griffin-Lim."""
        frames = self.from_sample(sample[None], domain)[0]
        return griffin_lim(frames.T, self.convention)


@lru_cache(maxsize=64)
def _tensors(statistics: Statistics, device: torch.device) -> tuple[Tensor, Tensor]:
    """Mean and std, [M] each; copied once, for each copy would wait for an accelerator."""
    # A tensor made under inference_mode could not enter a later backward pass.
    with torch.inference_mode(False):
        return (
            torch.tensor(statistics.mean, device=device),
            torch.tensor(statistics.std, device=device),
        )


def read_wave(path: Path, rate: int) -> Wave:
    """Return the sound in a file, mixed to mono and resampled once to ``rate``: float32 [samples].

    Raises ValueError with the reason where the file holds no usable sound.
    """
    import librosa  # a second and a half to import, and needed for real recordings alone
    import soundfile

    try:
        with soundfile.SoundFile(path) as file:
            found, mono = file.samplerate, _mixed(file)
    except (soundfile.SoundFileError, RuntimeError, TypeError) as error:
        raise ValueError(f"not a sound file that libsndfile reads: {error}") from error
    if len(mono) == 0:
        raise ValueError("holds no samples")
    if not LOWEST_RATE <= found <= HIGHEST_RATE:
        raise ValueError(
            f"has {found:,} samples a second, allowed: {LOWEST_RATE:,} to {HIGHEST_RATE:,}"
        )
    if len(mono) * rate > MOST_SAMPLES * found:
        raise ValueError(f"lasts {len(mono) / found / 60:.0f} minutes: cut it into several files")
    if found != rate:
        mono = librosa.resample(mono, orig_sr=found, target_sr=rate)
        _check_finite(mono)  # the largest values overshoot
    return np.ascontiguousarray(mono, dtype=np.float32)


def _mixed(file: Any) -> Wave:
    """Return the samples of an open file, mixed to mono as they come.

    By blocks, for a header may claim any number of them, and a kilobyte of silence unpacks to
    hours. Raises ValueError where they are too many, or no numbers.
    """
    blocks, count = [], 0
    while len(block := file.read(BLOCK, dtype="float32", always_2d=True)):
        with np.errstate(over="ignore", invalid="ignore"):
            mono = block[:, 0] if block.shape[1] == 1 else block.mean(axis=1)
        _check_finite(mono)
        blocks.append(mono)
        count += len(mono)
        if count > MOST_SAMPLES:
            raise ValueError(f"holds more than {MOST_SAMPLES:,} samples: cut it into several files")
    return np.concatenate(blocks) if blocks else np.empty(0, np.float32)


def _check_finite(wave: Wave) -> None:
    """Raise ValueError where a value is no number."""
    with np.errstate(over="ignore", invalid="ignore"):
        total = wave.sum()
    # What is no number makes none of a sum, either; only then is each looked at.
    if not np.isfinite(total) and not np.isfinite(wave).all():
        raise ValueError("holds values that are not numbers")


def to_audio(wave: npt.ArrayLike, rate: int, container: Literal["WAV", "FLAC"]) -> memoryview:
    """Return a waveform [samples] in [-1, 1] (beyond is clipped) as the content of a 16-bit
    file."""
    import soundfile

    content = io.BytesIO()
    clipped = np.clip(np.asarray(wave), -1, 1)
    soundfile.write(content, clipped, rate, format=container, subtype="PCM_16")
    return content.getbuffer()


def frames_of(wave: Wave, convention: MelConvention) -> Frames:
    """Compute log-mel frames [T, M] as the prepared store keeps them.

    Raises ValueError where the clip is shorter than one frame.
    """
    if len(wave) < convention.n_fft:
        raise ValueError(f"{len(wave)} samples are fewer than one frame of {convention.n_fft}")
    frames = log_mel(torch.from_numpy(wave), convention).T
    return frames.to(torch.float16).contiguous().numpy()
