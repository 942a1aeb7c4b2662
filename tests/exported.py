"""Finished models of toy size: of one network, or with fresh weights of each shipped block."""

from pathlib import Path

import tiny
import torch
from torch import nn

from pipeline.inference.finished import FinishedModel, export, load
from pipeline.inference.typical_inputs import FILE, TypicalInputs, to_json
from pipeline.methods.base import RunParams


def export_all(root: Path) -> Path:
    """Writes them below ``root``, which it returns."""
    for name, run in tiny.runs().items():
        if name.startswith("classifier_"):
            continue
        export_one(root / name, run)
    return root


def export_one(folder: Path, run: RunParams) -> None:
    """Writes the model of one block."""
    torch.manual_seed(0)
    export_model(folder, run.build_model(tiny.data_of(run), tiny.pretrained_of(run)), run)


def make_unusual(folder: Path, domain: str, statistics: int) -> None:
    """Lets a finished model take everything for unlike what it knows of a domain."""
    rows = tuple((0.0,) * row + (1.0,) for row in range(statistics))
    typical = TypicalInputs(items=9, mean=(0.0,) * statistics, whitening=rows, threshold=1e-6)
    (folder / FILE).write_bytes(to_json({domain: typical}))


def export_model(folder: Path, model: nn.Module, run: RunParams, seed: int = 1) -> FinishedModel:
    """Writes a model of a block, and reads it back."""
    card = tiny.card_of(run)
    export(
        folder,
        model,
        params=run,
        data=card.data,
        codec=tiny.codec_of(run),
        seed=seed,
        pretrained=card.pretrained,
    )
    return load(folder)
