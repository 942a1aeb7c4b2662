"""Domains of a run: two to translate between, or any number to learn from in turn."""

from abc import ABC
from collections import Counter
from itertools import permutations
from typing import Self

from pydantic import Field, model_validator

from pipeline.capabilities import task_of
from pipeline.conventions import MelConvention
from pipeline.methods.base import RunParams
from pipeline.samples import DatasetSpec, Labelled, Vocoded


class TranslatorRunParams(RunParams, ABC):
    """A run that reads two domains."""

    source: str
    target: str

    @model_validator(mode="after")
    def _two_domains(self) -> Self:
        if self.source == self.target:
            raise ValueError(f"source and target are both '{self.source}'")
        return self

    @property
    def domains(self) -> tuple[str, ...]:
        """Source and target."""
        return (self.source, self.target)

    @property
    def direction(self) -> dict[str, tuple[str, ...]]:
        """Target -> its one source, of a translator that leads one way."""
        return {self.target: (self.source,)}

    @property
    def both_directions(self) -> dict[str, tuple[str, ...]]:
        """Target -> its one source, of the translator to the target and of the one back."""
        return {self.target: (self.source,), self.source: (self.target,)}


class DomainsRunParams(RunParams, ABC):
    """A run that reads any number of domains in turn."""

    domains: tuple[str, ...] = Field(min_length=1)
    """The domains it learns from. Where there are several, they are the classes."""

    @model_validator(mode="after")
    def _distinct(self) -> Self:
        if len(set(self.domains)) < len(self.domains):
            raise ValueError(f"domains names one twice: {', '.join(self.domains)}")
        return self


class GenerativeRunParams(DomainsRunParams, ABC):
    """A run that learns what the samples of its domains are like."""

    reads = Labelled

    def count_classes(self, data: DatasetSpec) -> int:
        """Count the classes to tell networks; raise ValueError where there are fewer than two."""
        if len(data.classes) < 2:
            raise ValueError(
                f"conditional: {', '.join(self.domains)} has no classes to tell the networks"
            )
        return len(data.classes)


class ManyToManyRunParams(DomainsRunParams, ABC):
    """A run that learns to translate each of its domains into each of the others."""

    reads = Labelled

    domains: tuple[str, ...] = Field(min_length=2)
    """The domains that are translated into each other."""

    @model_validator(mode="after")
    def _tasks_told_apart(self) -> Self:
        tasks = Counter(task_of(of, to) for of, to in permutations(self.domains, 2))
        if twice := [task for task, count in tasks.items() if count > 1]:
            raise ValueError(
                f"domains: two directions would both be called '{twice[0]}' where they are "
                "measured: rename one of their domains"
            )
        return self

    @property
    def every_direction(self) -> dict[str, tuple[str, ...]]:
        """Target -> its sources, all other domains."""
        return {to: tuple(of for of in self.domains if of != to) for to in self.domains}

    def select(self, data: DatasetSpec) -> DatasetSpec:
        """Return what its networks are built from: they take sound of any number of frames."""
        return DatasetSpec(
            specs={name: data.specs[name] for name in self.domains}, classes=self.domains
        )


class VocoderRunParams(DomainsRunParams, ABC):
    """A run that reads sound beside its mel frames."""

    reads = Vocoded

    convention: MelConvention = MelConvention()
    """The frames' convention: that of the data set, and of every model whose frames it is given."""

    def check_data(self, data: DatasetSpec) -> None:
        """Raise ValueError where a data set holds no sound that it could read."""
        super().check_data(data)
        if any(data.specs[name].bounded for name in self.domains):
            raise ValueError("these are pictures: a vocoder learns from sound")
        if any(data.specs[name].width is not None for name in self.domains):
            raise ValueError("these are points: a vocoder learns from sound")


def check_sound(method: str, data: DatasetSpec) -> None:
    """Raise ValueError where a domain has pictures, which a translator of voices can't take."""
    for name, spec in data.specs.items():
        if spec.bounded:
            raise ValueError(f"{method} translates sound, but {name} has pictures")
