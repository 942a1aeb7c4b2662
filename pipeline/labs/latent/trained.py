"""Models, classifiers and data sets of a run, by the names of its params.yaml."""

from dataclasses import dataclass
from pathlib import Path

import torch

from pipeline.datasets.store import Store
from pipeline.inference.finished import FinishedModel, load


@dataclass(frozen=True)
class Trained:
    """The folders of a run's outputs.

    Each of its methods raises UserError where there is none of that name.
    """

    prepared: Path
    classifiers: Path
    models: Path
    device: torch.device

    def store(self, name: str) -> Store:
        """Open a prepared data set."""
        return Store(self.prepared / name)

    def classifier(self, name: str) -> FinishedModel:
        """Load a classifier by the name of its block."""
        return load(self.classifiers / name, self.device)

    def model(self, name: str) -> FinishedModel:
        """Load a model by the name of its block."""
        return load(self.models / name, self.device)
