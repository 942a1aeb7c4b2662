"""Trainings of toy size: one to take step by step, and whole ones as the command has them."""

from pathlib import Path
from typing import Any

import tiny
from lightning_fabric import Fabric

from pipeline.datasets.store import Store
from pipeline.inference.finished import FinishedModel, load
from pipeline.methods.base import Method, RunParams
from pipeline.training.checkpoints import Checkpoints
from pipeline.training.train import train
from pipeline.training.trainer import Trainer


def trainer(
    run: RunParams,
    method: Method | None = None,
    seed: int = 1,
    checkpoints: Checkpoints | None = None,
) -> Trainer:
    """Make a trainer of a method, or of the one that `tiny.build` gives, on the CPU in fp32."""
    fabric = Fabric(accelerator="cpu", precision="32-true")
    method = tiny.build(run) if method is None else method
    return Trainer(fabric, method, run, seed=seed, label="toy", checkpoints=checkpoints)


def train_in(root: Path, run: RunParams, store: Store, **options: Any) -> Path:
    """Train a run on a store; what it leaves lies below ``root``, which is returned."""
    places = {"curves": root / "curves", "scratch": root / "scratch"}
    train(run, store, root / "model", seed=7, **places, **options)
    return root


def trained(
    run: RunParams, store: Store, out: Path, pretrained: FinishedModel | None = None, seed: int = 1
) -> FinishedModel:
    """The model that a training leaves in ``out``; its curves lie beside it."""
    places = {"curves": out.with_suffix(".curves"), "scratch": out.with_suffix(".scratch")}
    train(run, store, out, seed=seed, **places, pretrained=pretrained)
    return load(out)
