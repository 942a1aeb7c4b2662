"""The context of every evaluation: model, data, and the place of results."""

import hashlib
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field, replace
from functools import cached_property
from pathlib import Path
from typing import NamedTuple

import torch
from torch import Tensor, nn

from pipeline.capabilities import Classifier, Vocoder
from pipeline.codecs import PointCodec, SoundCodec
from pipeline.datasets.store import Store
from pipeline.evaluation.data import CHUNK, places_of, read_labels, read_rows, read_samples
from pipeline.evaluation.loading import Networks
from pipeline.evaluation.metric_table import METRICS
from pipeline.evaluation.results import Interval, Measured, Missing, Protocol, Results
from pipeline.evaluation.verdicts import Decision
from pipeline.inference.finished import FinishedModel
from pipeline.methods.registry import build_pretrained
from pipeline.metrics.bootstrap import bootstrap_interval
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
POINTS = Terms("point", "mean_point", "test_points")


class Value(NamedTuple):
    """A number with its interval of 95 %, where it has one."""

    value: float
    interval: Interval | None = None


@dataclass(frozen=True)
class Context:
    """One evaluation of one model; ``results`` is what evaluations fill."""

    finished: FinishedModel
    store: Store
    out: Path
    """The folder that figures go to."""
    networks: Networks = field(default_factory=Networks)
    results: Results = field(default_factory=Results)
    decisions: dict[str, Decision] = field(default_factory=dict)
    """Task -> how it is decided."""
    begun: Callable[[str], None] = lambda task: None
    """Called with each task before it is measured."""
    told: Callable[[str, float], None] = lambda name, value: None
    """Called with what differs from run to run, seconds say, which results must not hold."""

    @property
    def classifier(self) -> Classifier | None:
        """That of the data set, where there is one."""
        return self.networks.classifier

    @property
    def vocoder(self) -> Vocoder | None:
        """The vocoder of mel spectrograms; None: Griffin-Lim; of WORLD's parameters, WORLD."""
        return self.networks.vocoder

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
        if isinstance(self.store.codec, PointCodec):
            return POINTS
        return SOUND if isinstance(self.store.codec, SoundCodec) else PICTURES

    def task(self, name: str, domain: str) -> str:
        """Name a task that is done on each domain: ``name``, or ``name/domain`` of several."""
        return name if len(self.domains) == 1 else f"{name}/{domain}"

    def samples(
        self, split: str, domain: str, limit: int | None = None, *, evenly: bool = False
    ) -> Tensor:
        """Read all (or the first ``limit``, or ``evenly`` as many) samples of a split,
        [N, C, H, W].

        Sound comes in chunks of the model's own width, or of `CHUNK` frames where it takes any.
        Raises UserError where the store has no such split.
        """
        width = self.width(domain)
        return read_samples(self.store, split, domain, limit=limit, width=width, evenly=evenly)

    def rows(self, split: str, domain: str, limit: int) -> Tensor:
        """Read what the store keeps of the first ``limit`` of `samples`: of sound, whole frames."""
        return read_rows(self.store, split, domain, limit=limit, width=self.width(domain))

    def labels(self, split: str, domain: str) -> Tensor:
        """Read the classes [N] of all of `samples`."""
        return read_labels(self.store, split, domain, width=self.width(domain))

    def count(self, split: str, domain: str) -> int:
        """Count all of `samples`."""
        return len(places_of(self.store, split, domain, self.width(domain)))

    def width(self, domain: str) -> int:
        """Return the frames of a chunk of sound."""
        return self.finished.card.data.specs[domain].width or CHUNK

    def reference_split(self, domain: str) -> str | None:
        """Choose the split that metrics compare with, and that baselines learn from.

        ``train``; of data without it ``test``, whose samples then can't be a ceiling as well; None
        where there is neither.
        """
        return next((split for split in ("train", "test") if self.store.has(split, domain)), None)

    def references(self, domain: str, limit: int | None = None) -> Tensor:
        """Read samples of `reference_split`, spread evenly where there are more than ``limit``.

        Raises UserError as `samples` does.
        """
        return self.samples(self.reference_split(domain) or "train", domain, limit, evenly=True)

    def has_ceiling(self, *domains: str) -> bool:
        """Tell whether domains have test samples beside those that all are compared with."""
        return all(
            self.reference_split(name) == "train" and self.store.has("test", name)
            for name in domains
        )

    def describe_references(self, domains: Iterable[str], count: int) -> Protocol:
        """Describe ``count`` reference samples of domains, for protocols: "train, 640"."""
        splits = dict.fromkeys(self.reference_split(name) or "train" for name in domains)
        return {"reference": f"{' and '.join(splits)}, {count}"}

    def describe_learnt(self, *domains: str) -> Protocol:
        """Describe what baselines of domains learn from, for protocols."""
        splits = dict.fromkeys(self.reference_split(name) or "train" for name in domains)
        return {"baselines_from": " and ".join(splits)}

    def mean_samples(self, domain: str) -> Tensor | None:
        """Average the reference samples: what would answer that knows nothing else.

        [1, C, H, W] of training samples. Of test samples [N, C, H, W], the mean of all others for
        each, since no baseline may know the answer; None where there are no others.
        """
        x = self.references(domain)
        if self.reference_split(domain) == "train":
            return x.mean(dim=0, keepdim=True)
        return (x.sum(dim=0, keepdim=True) - x) / (len(x) - 1) if len(x) > 1 else None

    def add(
        self,
        task: str,
        metric: str,
        rows: Mapping[str, float | Value | Tensor],
        **protocol: str | int | float,
    ) -> None:
        """File a metric's values, to four decimals, and how they were measured.

        A row is a number, a `Value`, or the values of all items [N]: then its mean is filed, with
        an interval by bootstrap. Raises KeyError for a metric that `METRICS` does not describe.
        """
        METRICS[metric]
        values = {name: summarise(row) for name, row in rows.items()}
        measured = Measured(
            {name: round(value, 4) for name, (value, _) in values.items()},
            {
                name: (round(interval[0], 4), round(interval[1], 4))
                for name, (_, interval) in values.items()
                if interval is not None
            },
            dict(protocol),
        )
        self.results.tasks.setdefault(task, {})[metric] = measured

    def add_parts(self, task: str, metric: str, parts: Mapping[str, Mapping[str, float]]) -> None:
        """File the values of a metric's parts, to four decimals, beside those that `add` filed."""
        rounded = {
            part: {name: round(value, 4) for name, value in rows.items()}
            for part, rows in parts.items()
        }
        whole = self.results.tasks[task][metric]
        self.results.tasks[task][metric] = replace(whole, parts=rounded)

    def miss(self, task: str, metric: str, reason: str) -> None:
        """File why a metric could not be measured."""
        self.results.missing.append(Missing(task, metric, reason))

    def miss_task(self, task: str, decision: Decision, reason: str) -> None:
        """File why nothing of a task could be measured, for each metric that could decide it."""
        for metric in decision.metrics:
            self.miss(task, metric, reason)

    def miss_classified(self, task: str, metrics: Iterable[str], domain: str) -> None:
        """File that the data set's classifier is missing, or does not know a domain."""
        reason = self.networks.missing.get("classifier", "there is no classifier of this data")
        if self.classifier is not None:
            reason = (
                f"the classifier knows {', '.join(self.classifier.class_names)}, and not {domain}"
            )
        for metric in metrics:
            self.miss(task, metric, reason)

    def decide(self, task: str, decision: Decision) -> None:
        """Begin a task, and say which metrics decide it; the verdict is reached when all are
        measured.
        """
        self.begun(task)
        self.decisions[task] = decision

    def by_classifier(self) -> dict[str, str]:
        """Describe the data set's classifier, for the protocol of what it measured."""
        learnt = self.networks.classifier_data or self.store.root.name
        checksum = self.networks.classifier_checksum
        return {"network": f"classifier of {learnt}", "network_checksum": checksum}

    def scale(self, *domains: str) -> Protocol:
        """Describe what standardised the sound of domains, for the protocol of what depends on it.

        Nothing of pictures, whose range is the same for all.
        """
        codec = self.store.codec
        if not isinstance(codec, SoundCodec):
            return {}
        known = [codec.statistics[name].model_dump_json(exclude={"pitch"}) for name in domains]
        return {"standardised_by": hashlib.sha256("\n".join(known).encode()).hexdigest()}


def summarise(row: float | Value | Tensor) -> Value:
    """Reduce the values of items [N] to their mean and its interval; a number stays as it is."""
    if isinstance(row, Value):
        return row
    if isinstance(row, Tensor):
        sure = bool(len(row)) and bool(torch.isfinite(row).all())
        return Value(float(row.double().mean()), bootstrap_interval(row) if sure else None)
    return Value(row)
