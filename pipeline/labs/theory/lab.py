"""The experiments of the lab, in the order in which its page shows them."""

from collections.abc import Iterator
from pathlib import Path

import numpy as np
import torch

from pipeline.datasets.points import DOMAIN, PointsParams
from pipeline.labs.findings import Finding
from pipeline.labs.theory import (
    bilinear_game,
    critic_curve,
    fitted_gaussian,
    generator_losses,
    mode_hopping,
    optimal_discriminator,
    point_masses,
    saturation,
)
from pipeline.labs.theory.training import Training
from pipeline.methods.adversarial import AdversarialRunParams
from pipeline.methods.base import RunParams
from pipeline.metrics.modes import modes_of
from pipeline.params import Params
from pipeline.report.curves import read_curve
from pipeline.training.course import FILE, read_course

EXACT = (
    generator_losses,
    saturation,
    optimal_discriminator,
    fitted_gaussian,
    bilinear_game,
    point_masses,
)
"""Experiments that need no training of the recipe."""


def findings(params: Params, curves: Path) -> Iterator[Finding]:
    """Run every experiment; ``curves`` has a folder for each model that was trained.

    Raises UserError where a model on points has left no course.
    """
    for experiment in EXACT:
        yield experiment.find()
    for name, run in params.runs.items():
        data = params.datasets[run.data]
        if not isinstance(data, PointsParams):
            continue
        training = load_training(name, run, data, curves / name)
        yield mode_hopping.find(training)
        if training.loss == "wasserstein":
            yield critic_curve.find(training)


def load_training(name: str, run: RunParams, data: PointsParams, folder: Path) -> Training:
    """Gather what a training left in a folder, and the data it learnt from."""
    items = data.source().items["train"][DOMAIN]
    real = torch.from_numpy(np.stack([item.load() for item in items]))
    labels = torch.tensor([item.label for item in items])
    return Training(
        name=name,
        data=run.data,
        loss=run.loss if isinstance(run, AdversarialRunParams) else "",
        course=read_course(folder / FILE),
        real=real,
        modes=modes_of(real, labels) if data.spec.classes else None,
        curves={
            path.stem: read_curve(path) for path in sorted((folder / "plots/metrics").glob("*.tsv"))
        },
    )
