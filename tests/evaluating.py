"""Evaluations of stand-in models, whose numbers are known."""

from dataclasses import dataclass
from pathlib import Path
from typing import Any

import tiny
import torch
from stores import prepared
from torch import Generator, Tensor, nn

from pipeline.capabilities import Classifier, Sampler, Translator, Vocoder
from pipeline.conventions import MelConvention
from pipeline.datasets.folders import SoundFolderParams
from pipeline.datasets.store import Store
from pipeline.evaluation import Context, Networks
from pipeline.evaluation.results import Results, Rows
from pipeline.inference.finished import FinishedModel
from pipeline.inference.vocoders import GriffinLim
from pipeline.models.card import Card
from pipeline.samples import DatasetSpec, Spec, Unpaired


class Constant(nn.Module, Translator):
    """Answers everything with one value, in so many channels; ``directions``: target -> source."""

    def __init__(self, directions: dict[str, str], value: float, channels: int) -> None:
        super().__init__()
        self.directions = {to: (of,) for to, of in directions.items()}
        self.value, self.channels = value, channels

    def translate(self, x: Tensor, to: str) -> Tensor:
        """One value."""
        return torch.full((len(x), self.channels, *x.shape[2:]), self.value)


class Draws(nn.Module, Sampler):
    """Draws from given samples."""

    classes = 0

    def __init__(self, x: Tensor) -> None:
        super().__init__()
        self.x = x

    def sample(
        self, n: int, generator: Generator | None = None, condition: Tensor | None = None
    ) -> Tensor:
        return self.x[torch.randint(len(self.x), (n,), generator=generator)]


class Silence(GriffinLim):
    """Sounds like nothing."""

    def vocode(self, frames: Tensor) -> Tensor:
        """Zeros."""
        return torch.zeros(len(frames), frames.shape[2] * self.convention.hop)


class StandInClassifier(nn.Module, Classifier):
    """Sees the mean of each quarter, and keeps what it was shown."""

    class_names = ("low", "high")

    def __init__(self) -> None:
        super().__init__()
        self.seen: list[Tensor] = []

    def features(self, x: Tensor) -> Tensor:
        """[N, 4 C]."""
        self.seen.append(x)
        return nn.functional.adaptive_avg_pool2d(x, 2).flatten(1)

    def classify(self, x: Tensor) -> Tensor:
        """Logits: the upper quarters' means."""
        return self.features(x)[:, :2]


@dataclass(frozen=True)
class StandInParams:
    """A run's parameters, as far as evaluations ask for them."""

    domains: tuple[str, ...]
    untrained: nn.Module
    reads: type = Unpaired

    def build_model(self, *_: Any, **__: Any) -> nn.Module:
        """The model with fresh weights."""
        return self.untrained


def finished(
    model: nn.Module,
    store: Store,
    *domains: str,
    untrained: nn.Module | None = None,
    width: int | None = None,
    classes: tuple[str, ...] | None = None,
) -> FinishedModel:
    """A stand-in as a finished model of ``domains``, or of a translator's own.

    ``width``: frames of sound that it takes; None: any. ``classes``: None: the store's.
    """
    if not domains and isinstance(model, Translator):
        domains = tuple(dict.fromkeys([*(of for of, _ in model.pairs()), *model.directions]))
    params = StandInParams(domains, untrained or model)
    specs: dict[str, Spec] = {name: store.codec.spec(name) for name in domains}
    if width is not None:
        specs = {name: s.model_copy(update={"width": width}) for name, s in specs.items()}
    data = DatasetSpec(specs=specs, classes=store.meta.classes if classes is None else classes)
    card = Card(version="0", seed=1, data=data, run={}, weights="")
    return FinishedModel("stand-in", model, params, store.codec, card)


def context(
    model: nn.Module,
    store: Store,
    out: Path,
    *domains: str,
    classifier: Classifier | None = None,
    vocoder: Vocoder | None = None,
    **fields: Any,
) -> Context:
    """Make the context of one evaluation function; ``fields``: see `finished`."""
    model_with_card = finished(model, store, *domains, **fields)
    return Context(model_with_card, store, out, Networks(classifier=classifier, vocoder=vocoder))


def values(results: Results) -> dict[str, dict[str, Rows]]:
    """Task -> metric -> values, without intervals and protocols."""
    return {
        task: {metric: measured.values for metric, measured in found.items()}
        for task, found in results.tasks.items()
    }


def recordings(folder, names: dict[str, str]) -> Store:
    """Two recordings of each speaker for each split; their names begin as ``names`` has it."""
    for seed, (speaker, first) in enumerate(names.items()):
        for number in range(2):
            for split in ("train", "test"):
                file = folder / split / speaker / f"{first}{number}.wav"
                tiny.write_sound(file, 9 * seed + number)
    folders = {split: {name: f"{split}/{name}" for name in names} for split in ("train", "test")}
    convention = MelConvention(rate=8000, n_fft=512, hop=64, win=512, mels=32, fmax=4000)
    params = SoundFolderParams(root=str(folder), folders=folders, convention=convention)
    return prepared(params, folder / "store")
