"""Sound to listen to: a few clips beside the numbers, each with its mel spectrograms."""

from collections.abc import Mapping
from pathlib import Path

from torch import Tensor

from pipeline.capabilities import Vocoder
from pipeline.codecs import SoundCodec
from pipeline.codecs.mel import to_audio
from pipeline.codecs.spectrogram import log_mel
from pipeline.conventions import MelConvention
from pipeline.figures import Caption, save_caption, save_spectrograms
from pipeline.system.files import write

CLIPS = 3
"""Number of clips that are kept of a task."""


def vocode(frames: Tensor, vocoder: Vocoder) -> Tensor:
    """Turn frames [T, F] into a waveform [T * hop]."""
    return vocoder.vocode(frames.T[None])[0]


def vocode_sample(
    sample: Tensor,
    codec: SoundCodec,
    domain: str,
    vocoder: Vocoder,
    *,
    beside: Tensor | None = None,
    of: str | None = None,
) -> Tensor:
    """Turn a sample [1, C, T] of ``domain`` into a waveform [T * hop].

    ``beside``: the frames [T, F] that it was made from, of the speaker ``of``; see
    `SoundCodec.from_sample`.
    """
    frames = None if beside is None else beside[None]
    return vocode(codec.from_sample(sample[None], domain, beside=frames, of=of)[0], vocoder)


def save_clip(
    folder: Path, number: int, title: str, waves: Mapping[str, Tensor], convention: MelConvention
) -> None:
    """Write the waveforms [samples] of one clip, by name, and their spectrograms.

    ``<number>_<name>.wav`` each, ``<number>.png``, and its caption as JSON.
    """
    folder.mkdir(parents=True, exist_ok=True)
    for name, wave in waves.items():
        write(folder / f"{number}_{name}.wav", to_audio(wave, convention.rate, "WAV"))
    mels = {name: log_mel(wave, convention) for name, wave in waves.items()}
    picture = folder / f"{number}.png"
    save_spectrograms(picture, mels, convention)
    save_caption(picture, Caption(title))
