"""Synthetic voices whose pitch is known at every moment, and whose formants are."""

from pathlib import Path

import numpy as np
import soundfile
import torch
from scipy.signal import lfilter
from stores import prepared
from torch import Tensor

from pipeline.conventions import MelConvention, SoundConvention
from pipeline.datasets.folders import SoundFolderParams
from pipeline.datasets.store import Store

FORMANTS = (700.0, 1800.0, 3000.0)
"""Of `vowel`, Hz."""


def voice(hertz: np.ndarray, rate: int) -> Tensor:
    """All harmonics, up to a hundred, of an F0 given for each sample (0 is silence), [samples]."""
    phase = 2 * np.pi * np.cumsum(hertz) / rate
    wave = np.zeros(len(hertz))
    for number in range(1, 101):
        below = number * hertz < rate / 2
        wave += np.where((hertz > 0) & below, np.sin(number * phase) / number, 0.0)
    return torch.from_numpy(0.2 * wave).float()


def glide(start: float, end: float, seconds: float, rate: int) -> np.ndarray:
    """An F0 in Hz that moves by equally many cents a second, for each sample."""
    return np.geomspace(start, end, int(seconds * rate))


def spoken(
    folder: Path,
    names: dict[str, str],
    convention: SoundConvention = MelConvention(rate=16_000, n_fft=1024, hop=256, win=1024),  # noqa: B008  # frozen
) -> Store:
    """Ann trembles by 30 cents about 110 and 130 Hz, and Bob three semitones higher.

    A second each; ``names``: speaker -> what the names of recordings begin with.
    """
    for height, (speaker, first) in enumerate(names.items()):
        for split in ("train", "test"):
            for number in range(2):
                file = folder / split / speaker / f"{first}{number}.wav"
                file.parent.mkdir(parents=True, exist_ok=True)
                tremble = 2 ** (30 / 1200 * np.sin(2 * np.pi * 3 * np.arange(16_000) / 16_000))
                hertz = 2 ** (3 * height / 12) * (110 + 20 * number) * tremble
                soundfile.write(file, voice(hertz, 16_000).numpy(), 16_000)
    folders = {split: {name: f"{split}/{name}" for name in names} for split in ("train", "test")}
    params = SoundFolderParams(root=str(folder), folders=folders, convention=convention)
    return prepared(params, folder / "store")


def vowel(hertz: np.ndarray, rate: int, formants: tuple[float, ...] = FORMANTS) -> np.ndarray:
    """All harmonics, equally strong, of an F0 given for each sample, through a resonance a formant,
    80 Hz wide: float32 [samples]."""
    phase = 2 * np.pi * np.cumsum(hertz) / rate
    wave = np.zeros(len(hertz))
    for number in range(1, int(rate / 2 / hertz.min()) + 1):
        wave += np.where(number * hertz < rate / 2, np.cos(number * phase), 0.0)
    for formant in formants:
        radius, angle = np.exp(-np.pi * 80 / rate), 2 * np.pi * formant / rate
        poles = [1, -2 * radius * np.cos(angle), radius**2]
        wave = lfilter([sum(poles)], poles, wave)
    return (0.1 * wave / wave.std()).astype(np.float32)
