"""Vocoders as they are used: the classical one, which fits which frames, and how chunks join."""

import math

import numpy as np
import torch
from torch import Tensor

from pipeline.capabilities import Vocoder
from pipeline.codecs.mel import Wave
from pipeline.codecs.spectrogram import griffin_lim
from pipeline.codecs.world import world_wave
from pipeline.conventions import (
    MelConvention,
    SoundConvention,
    WorldConvention,
    differences,
)
from pipeline.errors import UserError


class GriffinLim(Vocoder):
    """The vocoder of mels that nobody trains: see `griffin_lim`."""

    name = "Griffin-Lim"
    convention: MelConvention

    def __init__(self, convention: MelConvention) -> None:
        self.convention = convention

    def vocode(self, frames: Tensor) -> Tensor:
        """Convert log-mel frames [N, M, T] to waveforms [N, T * hop]."""
        return torch.stack([griffin_lim(clip, self.convention) for clip in frames])


class WorldSynthesis(Vocoder):
    """WORLD's own way back from its parameters: see `world_wave`."""

    name = "WORLD"
    convention: WorldConvention

    def __init__(self, convention: WorldConvention) -> None:
        self.convention = convention

    def vocode(self, frames: Tensor) -> Tensor:
        """Convert WORLD's parameters [N, F, T] to waveforms [N, T * hop]."""
        return torch.stack([world_wave(clip.T, self.convention) for clip in frames])


def untrained_vocoder(convention: SoundConvention) -> GriffinLim | WorldSynthesis:
    """Return the vocoder of a convention that needs no training."""
    if isinstance(convention, WorldConvention):
        return WorldSynthesis(convention)
    return GriffinLim(convention)


def fitting(vocoder: Vocoder | None, convention: SoundConvention) -> Vocoder:
    """Return ``vocoder``, or for None `untrained_vocoder`.

    Raises UserError, naming what differs, where it does not take frames of ``convention``.
    """
    if vocoder is None:
        return untrained_vocoder(convention)
    if vocoder.convention.kind != convention.kind:
        raise UserError(
            "the vocoder takes mel frames, but the model makes WORLD's parameters, of which WORLD "
            "makes sound itself: leave the vocoder out"
        )
    if found := differences(vocoder.convention, convention):
        raise UserError(f"the vocoder takes mel frames of another convention: {found}")
    return vocoder


def cross_fade(ending: Wave, beginning: Wave) -> Wave:
    """Return one chunk's end into the next one's beginning, both [samples], at the power of either.

    Chunks are vocoded apart. Griffin-Lim's phases have nothing in common, so powers add; a trained
    vocoder's may agree, and then waves add. Their correlation says which, and how far.
    """
    rise = np.sin(np.linspace(0, np.pi / 2, len(ending), dtype=np.float32))
    fall = rise[::-1]
    powers = float(ending @ ending) * float(beginning @ beginning)
    alike = max(float(ending @ beginning), 0.0) / math.sqrt(powers) if powers else 0.0
    power = 1 + 2 * alike * rise * fall
    faded: Wave = ((ending * fall + beginning * rise) / np.sqrt(power)).astype(np.float32)
    return faded
