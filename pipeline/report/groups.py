"""The pages that put models of one task beside each other."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import NamedTuple

from pipeline.evaluation.results import MODEL
from pipeline.report.figures import Picture, Sound
from pipeline.report.model import Model
from pipeline.report.names import Parts, file_names
from pipeline.report.ranking import Member, Ranking, rank
from pipeline.report.sections import pictures_of
from pipeline.report.tasks import KINDS, OTHER, SAMPLING, Kind
from pipeline.report.words import enumerated

FEWEST = 2  # models of a page that compares them

Tasks = dict[str, list[Member]]
"""The name of a task -> the models that do it."""


class Key(NamedTuple):
    """The facts that models must share to stand on one page."""

    kind: Kind
    data: str
    subject: tuple[str, ...]


@dataclass(frozen=True)
class Sample:
    """A model's picture, to look at beside the others'."""

    member: Member
    picture: Picture


@dataclass(frozen=True)
class Hearing:
    """One clip by all models: what they were given, what each makes of it, and the truth."""

    title: str
    sounds: list[tuple[str, Sound]]
    """Each with whose it is: a model's name, or what the sound is."""


@dataclass(frozen=True)
class Contest:
    """One task of a page."""

    title: str
    anchor: str
    members: list[Member]
    ranking: Ranking
    samples: list[Sample]
    hearings: list[Hearing]

    @property
    def of_samplers(self) -> bool:
        """True: models that draw, of which it matters whether they remember, and how fast."""
        return all(member.task.kind is SAMPLING for member in self.members)


@dataclass(frozen=True)
class Group:
    """A page."""

    page: str
    """Its address, relative to the report's folder."""
    title: str
    short: str
    """The title for readers who know the data set."""
    contests: list[Contest]

    @property
    def models(self) -> list[Model]:
        """The models of the page, each once."""
        found = {m.model.name: m.model for contest in self.contests for m in contest.members}
        return list(found.values())


def groups_of(models: Sequence[Model]) -> list[Group]:
    """Make a page of each kind of task and data set that several models share.

    The last is that of all samplers; where they share one data set, it is their only one.
    """
    shared: dict[Key, Tasks] = {}
    for model in models:
        for task in model.tasks:
            key = Key(task.kind, model.run.data, task.subject)
            shared.setdefault(key, {}).setdefault(task.name, []).append(Member(model, task))
    keys = sorted(
        (key for key in shared if key.kind is not OTHER), key=lambda key: KINDS.index(key.kind)
    )
    samplers = {key: shared[key] for key in keys if key.kind is SAMPLING}
    members = [one for tasks in samplers.values() for found in tasks.values() for one in found]
    every = [all_samplers(samplers)] if len(members) >= FEWEST else []
    paged = [
        key
        for key in keys
        if several(shared[key]) and (key.kind is not SAMPLING or len(samplers) > 1)
    ]
    files = file_names(map(parts_of, paged))
    groups = [
        Group(
            f"comparisons/{files[parts_of(key)]}.html",
            title_of(key, keys),
            key.kind.title_of_page,
            [contest(str(at), found) for at, found in enumerate(several(shared[key]), 1)],
        )
        for key in paged
    ]
    return groups + every


def several(tasks: Tasks) -> list[list[Member]]:
    """Return the models of those tasks that enough models do."""
    return [members for members in tasks.values() if len(members) >= FEWEST]


def all_samplers(samplers: Mapping[Key, Tasks]) -> Group:
    """Make the page of all samplers, data set by data set."""
    contests = [
        contest(f"{at}-{part}", members, title=subject_of(key, list(samplers)))
        for at, (key, tasks) in enumerate(samplers.items(), 1)
        for part, members in enumerate(tasks.values(), 1)
    ]
    return Group("comparisons/samplers.html", "All samplers", "All samplers", contests)


def contest(anchor: str, members: list[Member], title: str = "") -> Contest:
    """Put the models of one task beside each other."""
    ranking = rank(members)
    ranked = [row.member for row in ranking.rows if row.member is not None]
    makers = [member for member in ranked if not member.task.is_part]
    samples = [
        Sample(member, picture)
        for member in makers
        for picture in pictures_of(member.task, member.model.figures)[:1]
    ]
    return Contest(
        title or members[0].task.title,
        f"task-{anchor}",
        members,
        ranking,
        samples,
        hearings_of(makers),
    )


def hearings_of(members: Sequence[Member]) -> list[Hearing]:
    """Line up the clips of several models by what they are of.

    What is no model's own (source, target) is the first model's that has it, and stands first.
    """
    titles: dict[str, dict[tuple[bool, str], Sound]] = {}
    for member in members:
        for clip in member.model.figures.clips.get(member.task.figure, []):
            of, why = parted(clip.title)
            sounds = titles.setdefault(of, {})
            for sound in clip.sounds:
                made = sound.name == MODEL
                whose = f"{member.model.name}{why}" if made else sound.title
                sounds.setdefault((made, whose), sound)
    return [
        Hearing(title, [(key[1], sounds[key]) for key in sorted(sounds, key=lambda key: key[0])])
        for title, sounds in titles.items()
    ]


def parted(title: str) -> tuple[str, str]:
    """Return what a clip is of, and in brackets why it was chosen.

    ``Worst of 12 by word error: She left.`` -> ``She left.`` and `` (worst of 12 by word error)``.
    """
    why, colon, of = title.partition(": ")
    return (of, f" ({why[:1].lower()}{why[1:]})") if colon else (title, "")


def parts_of(key: Key) -> Parts:
    """Return what the file of a key's page is named after."""
    return (key.kind.name, key.data, *key.subject)


def title_of(key: Key, keys: Sequence[Key]) -> str:
    """Name a page: ``Translators of savanna: horse and zebra``."""
    return f"{key.kind.title_of_page} of {subject_of(key, keys)}"


def subject_of(key: Key, keys: Sequence[Key]) -> str:
    """Name a data set, and its domains where other models of the kind have others of it."""
    alike = [other for other in keys if other[:2] == key[:2]]
    return key.data if len(alike) == 1 else f"{key.data}: {enumerated(key.subject)}"
