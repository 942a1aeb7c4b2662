"""The context of every evaluation: model, data, and the place of results."""

from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from typing import NamedTuple

import torch
from torch import Tensor, nn

from pipeline.capabilities import Classifier, Vocoder
from pipeline.codecs import MelCodec
from pipeline.datasets.store import Store
from pipeline.evaluation.data import CHUNK, read_samples
from pipeline.evaluation.results import METRICS, Results, Rows
from pipeline.inference.finished import FinishedModel
from pipeline.methods.registry import build_pretrained
from pipeline.nn.folding import folded


class Terms(NamedTuple):
    """Names of one kind of samples, in captions and among baselines."""

    sample: str
    mean: str
    """The baseline that answers everything with the mean training sample."""
    test: str
    """The ceiling: real test samples in place of the model's."""


PICTURES = Terms("picture", "mean_picture", "test_pictures")
SOUND = Terms("chunk", "mean_chunk", "test_chunks")


@dataclass(frozen=True)
class Context:
    """One evaluation of one model; ``results`` is what evaluations fill."""

    finished: FinishedModel
    store: Store
    out: Path
    """The folder that figures go to."""
    classifier: Classifier | None = None
    """That of the data set, where there is one."""
    vocoder: Vocoder | None = None
    """The vocoder of mel spectrograms; None: Griffin-Lim."""
    results: Results = field(default_factory=dict)

    @property
    def model(self) -> nn.Module:
        """The finished model itself."""
        return self.finished.model

    @cached_property
    def untrained(self) -> nn.Module:
        """The same model with fresh weights, a baseline.

        Its weights are always the same, and building it leaves the global generator as it was.
        """
        params, card = self.finished.params, self.finished.card
        with torch.random.fork_rng(devices=[]):
            torch.manual_seed(0)
            return folded(params.build_model(card.data, build_pretrained(card))).eval()

    @property
    def domains(self) -> tuple[str, ...]:
        """The domains that the model was trained on, less those that have no test split.

        All of them where none has one, so that whoever reads it is told so.
        """
        trained = self.finished.params.domains
        return tuple(name for name in trained if self.store.has("test", name)) or trained

    @property
    def terms(self) -> Terms:
        """Names of the store's samples."""
        return SOUND if isinstance(self.store.codec, MelCodec) else PICTURES

    def task(self, name: str, domain: str) -> str:
        """Name a task that is done on each domain: ``name``, or ``name/domain`` of several."""
        return name if len(self.domains) == 1 else f"{name}/{domain}"

    def samples(self, split: str, domain: str, limit: int | None = None) -> Tensor:
        """Read all (or the first ``limit``) samples of a split, [N, C, H, W].

        Sound comes in chunks of the model's own width, or of `CHUNK` frames where it takes any.
        Raises UserError where the store has no such split.
        """
        width = self.finished.card.data.specs[domain].width or CHUNK
        return read_samples(self.store, split, domain, limit=limit, width=width)

    def mean_sample(self, domain: str) -> Tensor:
        """Average the training samples, [1, C, H, W]: what knows nothing else would answer."""
        return self.samples("train", domain).mean(dim=0, keepdim=True)

    def add(self, task: str, metric: str, rows: Rows) -> None:
        """File a metric's values, to four decimals.

        Raises KeyError for a metric that `METRICS` does not describe.
        """
        METRICS[metric]
        rounded = {name: round(value, 4) for name, value in rows.items()}
        self.results.setdefault(task, {})[metric] = rounded
