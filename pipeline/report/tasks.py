"""The kinds of tasks that evaluations measure, told by their names and the run's domains."""

from collections.abc import Sequence
from functools import cache
from itertools import permutations
from typing import NamedTuple

from pipeline.capabilities import task_of
from pipeline.methods.base import RunParams
from pipeline.methods.runs import ManyToManyRunParams, TranslatorRunParams, VocoderRunParams
from pipeline.report.words import spoken

ARROW = " → "


class Kind(NamedTuple):
    """A kind of task, by its demand on a model."""

    name: str
    title: str
    title_of_page: str
    """Of models that share such a task, before the data set's name."""


TRANSLATION = Kind("translation", "Translation", "Translators")
VOCODING = Kind("vocoding", "Vocoding", "Vocoders")
SAMPLING = Kind("sampling", "Sampling", "Samplers")
RECONSTRUCTION = Kind("reconstruction", "Reconstruction", "Reconstructions")
CODES = Kind("codes", "Codes", "Codes")
LIKELIHOOD = Kind("likelihood", "Likelihood", "Likelihoods")
CLASSIFYING = Kind("classifying", "Classifying", "Classifiers")
OTHER = Kind("other", "Other", "Other tasks")

KINDS = (TRANSLATION, VOCODING, SAMPLING, RECONSTRUCTION, CODES, LIKELIHOOD, CLASSIFYING, OTHER)
"""In the order in which they stand for a model that does several."""

NAMED = {
    "samples": SAMPLING,
    "reconstruction": RECONSTRUCTION,
    "codes": CODES,
    "likelihood": LIKELIHOOD,
    "accuracy": CLASSIFYING,
}
"""The first part of a task's name -> its kind."""


class Task(NamedTuple):
    """A task of one model."""

    name: str
    """As in results.json: ``horse_to_zebra``, ``samples``, ``reconstruction/horse``, ..."""
    kind: Kind
    title: str
    """``Horse → zebra``, ``Reconstruction / horse``."""
    subject: tuple[str, ...]
    """The domains, which models of a kind must share to be compared."""

    @property
    def is_part(self) -> bool:
        """True: its pictures and sounds are another task's (``arthur_to_beatrice/pitch``)."""
        return self.kind is TRANSLATION and "/" in self.name

    @property
    def figure(self) -> str:
        """Return the name of the figure, and of the folder of clips, of the task."""
        first, slash, rest = self.name.partition("/")
        if self.kind is RECONSTRUCTION:
            return f"{first}s{slash}{rest}"
        return first if self.kind is TRANSLATION else self.name


def describe_task(name: str, run: RunParams) -> Task:
    """Describe a task of results.json by its name."""
    first, slash, rest = name.partition("/")
    if isinstance(run, TranslatorRunParams | ManyToManyRunParams):
        ways = ways_between(run.domains)
        if first in ways:
            title = ARROW.join(ways[first]) + (f", {rest}" if slash else "")
            return Task(name, TRANSLATION, title, tuple(sorted(ways[first])))
    if isinstance(run, VocoderRunParams):  # of any voice, whether it learnt from it or not
        return Task(name, VOCODING, f"Vocoding of {name}", run.domains)
    kind = NAMED.get(first, OTHER)
    return Task(name, kind, spoken(name), run.domains)


@cache
def ways_between(domains: tuple[str, ...]) -> dict[str, tuple[str, str]]:
    """Return the source and target of every task between two of some domains, by its name."""
    return {task_of(*pair): pair for pair in permutations(domains, 2)}


def kinds_of(tasks: Sequence[Task]) -> list[Kind]:
    """List the kinds of some tasks, in the order of `KINDS`."""
    found = {task.kind for task in tasks}
    return [kind for kind in KINDS if kind in found]
