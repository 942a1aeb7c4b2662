"""A model's tasks as the sections of its page: verdicts, pictures, sounds and numbers."""

from collections.abc import Sequence
from dataclasses import dataclass

from pipeline.evaluation.results import MODEL, Cases, Results
from pipeline.report.baselines import baseline
from pipeline.report.comparisons import Comparison, list_baselines, title_of_metric
from pipeline.report.figures import Clip, Figures, Picture
from pipeline.report.protocols import Alike, measured_alike
from pipeline.report.remarks import Found, findings_of
from pipeline.report.tasks import Task
from pipeline.report.verdicts import Decision
from pipeline.report.words import enumerated, number

CASES = "_cases"
"""Behind a task's name: the figure of its best, median and worst item."""


@dataclass(frozen=True)
class Parted:
    """A table of the parts of some metrics: a row a part, a column a metric and whose it is."""

    title: str
    columns: list[str]
    rows: list[tuple[str, list[str]]]
    """A part and its values as text, "" where there is none."""

    @classmethod
    def of(cls, comparisons: Sequence[Comparison]) -> "Parted":
        """Put metrics with the same parts beside each other."""
        columns = [
            (one, name)
            for one in comparisons
            for name in one.values
            if any(name in rows for rows in one.measured.parts.values())
        ]
        parts = [
            (
                part,
                [
                    number(one.measured.parts[part][name])
                    if name in one.measured.parts[part]
                    else ""
                    for one, name in columns
                ],
            )
            for part in comparisons[0].measured.parts
        ]
        titles = [one.metric.title.partition(":")[0] for one, _ in columns]
        whose = ["Model" if name == MODEL else baseline(name).title for _, name in columns]
        several = len(comparisons) > 1
        return cls(
            enumerated([one.metric.title.partition(":")[0] for one in comparisons]),
            [
                title if several and owner == "Model" else f"{title}, {owner}" if several else owner
                for title, owner in zip(titles, whose, strict=True)
            ],
            parts,
        )


@dataclass(frozen=True)
class Table:
    """The comparisons of one task: a row a metric, a column the model and each baseline."""

    task: Task
    baselines: list[str]
    comparisons: list[Comparison]
    """That of the metric that decides first."""
    measured: list[Alike]
    decided_by: str
    """The metric that decides; "" where none does."""
    costs: list[str]
    """Metrics that a trade-off costs."""

    @property
    def parted(self) -> list["Parted"]:
        """The metrics whose parts have values of their own: those of the same parts together."""
        groups: dict[tuple[str, ...], list[Comparison]] = {}
        for comparison in self.comparisons:
            if comparison.measured.parts:
                groups.setdefault(tuple(comparison.measured.parts), []).append(comparison)
        return [Parted.of(comparisons) for comparisons in groups.values()]


@dataclass(frozen=True)
class Section:
    """Tables and cases of one task, with its parts (``arthur_to_beatrice/pitch``)."""

    title: str
    anchor: str
    decisions: list[Decision]
    pictures: list[Picture]
    clips: list[Clip]
    cases: str
    """The items that are best, median and worst; "" where nobody ranked them."""
    findings: list[Found]
    tables: list[Table]

    @property
    def baselines(self) -> list[str]:
        """The baselines that stand beside the model."""
        return list_baselines([c for table in self.tables for c in table.comparisons])


def sections_of(tasks: Sequence[Task], evaluation: Results, figures: Figures) -> list[Section]:
    """Make a section of each task; its parts, and what one calls alike, share it."""
    groups: dict[str, list[Task]] = {}
    for task in tasks:
        groups.setdefault(task.figure, []).append(task)
    return [
        Section(
            title=group[0].title,
            anchor=f"task-{number}",
            decisions=[one for task in group for one in decisions_of(task, evaluation)],
            pictures=pictures_of(group[0], figures),
            clips=figures.clips.get(name, []),
            cases=cases_of(group, evaluation),
            findings=findings_of([task.name for task in group], evaluation),
            tables=[table_of(task, evaluation) for task in group],
        )
        for number, (name, group) in enumerate(groups.items(), 1)
    ]


def comparisons_of(task: Task, evaluation: Results) -> list[Comparison]:
    """Return the comparisons of a task, in the order of the metrics."""
    return [Comparison(name, found) for name, found in evaluation.tasks[task.name].items()]


def table_of(task: Task, evaluation: Results) -> Table:
    """Make the table of a task."""
    verdict = evaluation.verdicts.get(task.name)
    comparisons = sorted(
        comparisons_of(task, evaluation),
        key=lambda one: verdict is None or one.name != verdict.metric,
    )
    return Table(
        task,
        list_baselines(comparisons),
        comparisons,
        measured_alike(comparisons),
        verdict.metric if verdict else "",
        [cost.metric for cost in verdict.costs] if verdict else [],
    )


def decisions_of(task: Task, evaluation: Results) -> list[Decision]:
    """Return the verdict on a task, where there is one."""
    verdict = evaluation.verdicts.get(task.name)
    if verdict is None:
        return []
    found = evaluation.tasks[task.name][verdict.metric]
    return [Decision(task, Comparison(verdict.metric, found), verdict)]


def pictures_of(task: Task, figures: Figures) -> list[Picture]:
    """Return the pictures of a task, that of its cases last."""
    of_task = {picture.name: picture for picture in figures.pictures}
    return [of_task[one] for one in (task.figure, f"{task.name}{CASES}") if one in of_task]


def further_pictures(sections: Sequence[Section], figures: Figures) -> list[Picture]:
    """Return the pictures that belong to no task."""
    shown = {picture.name for section in sections for picture in section.pictures}
    return [picture for picture in figures.pictures if picture.name not in shown]


def further_clips(tasks: Sequence[Task], figures: Figures) -> dict[str, list[Clip]]:
    """Return the sounds that belong to no task, by folder."""
    shown = {task.figure for task in tasks}
    return {name: clips for name, clips in figures.clips.items() if name not in shown}


def cases_of(tasks: Sequence[Task], evaluation: Results) -> str:
    """Say which items are the best, the median and the worst; "" where nobody ranked them."""
    found = [evaluation.cases[task.name] for task in tasks if task.name in evaluation.cases]
    return words_of(found[0]) if found else ""


def words_of(cases: Cases) -> str:
    """Say which items are the best, the median and the worst."""
    named = {"Best": cases.best, "Median": cases.median, "Worst": cases.worst}  # keys or sentences
    listed = " ".join(f"{name}: {key.rstrip('.')}." for name, key in named.items())
    return f"Ranked by {title_of_metric(cases.metric)}. {listed}"
