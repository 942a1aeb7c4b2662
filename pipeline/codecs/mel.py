"""Sound: files -> waveforms -> log-mel frames -> standardised samples and back."""

import io
from collections.abc import Iterable
from functools import lru_cache
from pathlib import Path
from typing import Literal, Self

import numpy as np
import numpy.typing as npt
import torch
from pydantic import model_validator
from torch import Tensor

from pipeline.block import Block
from pipeline.codecs.pitch import Pitch
from pipeline.codecs.sound_files import check_finite, limited, read_mono
from pipeline.codecs.spectrogram import griffin_lim, log_mel
from pipeline.mel_convention import MelConvention
from pipeline.samples import Spec

Wave = npt.NDArray[np.float32]
Frames = npt.NDArray[np.float16]

MOST_SAMPLES = 2**27
"""Of a recording: 50 minutes at 44,100 a second, half a gigabyte."""


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

    Without offset and rumble, as `sound_files` reads it. Raises ValueError with the reason where
    the file holds no usable sound.
    """
    file = read_mono(path)
    mono = joined(file.blocks, MOST_SAMPLES)
    if len(mono) * rate > MOST_SAMPLES * file.rate:
        raise ValueError(
            f"lasts {len(mono) / file.rate / 60:.0f} minutes: cut it into several files"
        )
    if file.rate != rate:
        import librosa  # a second and a half to import, and needed for real recordings alone

        mono = librosa.resample(mono, orig_sr=file.rate, target_sr=rate)
        check_finite(mono)  # the largest values overshoot
    return np.ascontiguousarray(mono, dtype=np.float32)


def joined(blocks: Iterable[Wave], most: int) -> Wave:
    """Join blocks [samples] as they come; raise ValueError where they are more than ``most``.

    A header may claim any number of them, and a kilobyte of silence unpacks to hours.
    """
    parts, count = [], 0
    for block in blocks:
        parts.append(block)
        count += len(block)
        if count > most:
            raise ValueError(f"holds more than {most:,} samples: cut it into several files")
    return np.concatenate(parts)


def to_audio(wave: npt.ArrayLike, rate: int, container: Literal["WAV", "FLAC"]) -> memoryview:
    """Return a waveform [samples] as the content of a 16-bit file; one that goes beyond [-1, 1] is
    made quieter."""
    import soundfile

    content = io.BytesIO()
    samples = limited(np.asarray(wave))
    soundfile.write(content, samples, rate, format=container, subtype="PCM_16")
    return content.getbuffer()


def frames_of(wave: Wave, convention: MelConvention) -> Frames:
    """Compute log-mel frames [T, M] as the prepared store keeps them.

    Raises ValueError where the clip is shorter than one frame.
    """
    if len(wave) < convention.n_fft:
        raise ValueError(f"{len(wave)} samples are fewer than one frame of {convention.n_fft}")
    frames = log_mel(torch.from_numpy(wave), convention).T
    return frames.to(torch.float16).contiguous().numpy()
