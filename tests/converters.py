"""Stand-ins for a voice converter and for the vocoder behind it, whose answers are known."""

from pathlib import Path

import exported
import tiny
import torch
from torch import Tensor, nn

from pipeline.capabilities import Translator, Vocoder
from pipeline.inference.finished import FinishedModel, load
from pipeline.methods.registry import load_run


class ToBeatrice(nn.Module, Translator):
    """A translator from arthur to beatrice, to be told what it does."""

    def __init__(self) -> None:
        super().__init__()
        self.directions = {"beatrice": ("arthur",)}
        self.weight = nn.Parameter(torch.zeros(1))  # where it is


class Loudness(Vocoder):
    """As loud as a frame's mean says."""

    convention = tiny.CONVENTION

    def vocode(self, frames: Tensor) -> Tensor:
        return frames.mean(dim=1).exp().repeat_interleave(self.convention.hop, dim=1)


def finished_voice(folder: Path) -> FinishedModel:
    """CycleGAN on two speakers, untrained."""
    run = tiny.runs()["voice_cyclegan"].model_dump()
    names = {name: run[name] for name in ("data", "source", "target", "steps", "crop")}
    exported.export_one(folder, tiny.shrink(load_run({"method": "cyclegan", **names})))
    return load(folder)
