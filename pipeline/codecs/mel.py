"""Sound: files -> waveforms -> log-mel frames -> standardised samples and back."""

import io
from collections.abc import Iterable
from pathlib import Path
from typing import Literal

import numpy as np
import numpy.typing as npt
import torch
from torch import Tensor

from pipeline.codecs.pitch import SUMMARY_SPEED, PitchSums, f0_track
from pipeline.codecs.sound import SoundCodec, StoredFrames
from pipeline.codecs.sound_files import check_finite, limited, read_mono
from pipeline.codecs.spectrogram import griffin_lim, log_mel
from pipeline.conventions import MelConvention

Wave = npt.NDArray[np.float32]

MOST_SAMPLES = 2**27
"""Of a recording: 50 minutes at 44,100 a second, half a gigabyte."""


class MelCodec(SoundCodec):
    """Log-mel spectrograms."""

    kind: Literal["mel"] = "mel"
    convention: MelConvention = MelConvention()

    @property
    def features(self) -> int:
        """The mel bands."""
        return self.convention.mels

    @property
    def shortest(self) -> int:
        """One frame."""
        return self.convention.n_fft

    @property
    def mel_convention(self) -> MelConvention:
        """Its own."""
        return self.convention

    def frames_of(self, wave: Tensor) -> Tensor:
        """Compute the log-mel frames float32 [T, M] of a waveform [samples]."""
        return log_mel(wave, self.convention).T

    def pitch_of(self, wave: Wave, stored: StoredFrames) -> PitchSums:
        """Find the F0 of the wave: mels have none."""
        return PitchSums.of(f0_track(torch.from_numpy(wave), self.convention, SUMMARY_SPEED))

    def spectra(self, sample: Tensor) -> Tensor:
        """Return them as they are."""
        return sample

    def decode(self, sample: Tensor, domain: str) -> Tensor:
        """Decode a sample [1, M, T] to a waveform [T * hop] by Griffin-Lim."""
        frames = self.from_sample(sample[None], domain)[0]
        return griffin_lim(frames.T, self.convention)


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
