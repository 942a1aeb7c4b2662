"""Finished models of toy size, with fresh weights: one for each shipped block."""

from pathlib import Path

import tiny
import torch

from pipeline.inference.finished import export
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
    data, pretrained = tiny.data_of(run), tiny.pretrained_of(run)
    export(
        folder,
        run.build_model(data, pretrained),
        params=run,
        data=data,
        codec=tiny.codec_of(run),
        seed=1,
        pretrained=None if pretrained is None else pretrained.card,
    )
