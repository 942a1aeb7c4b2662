"""Numbers of several models that may stand beside each other: those of one protocol."""

from collections.abc import Sequence
from typing import NamedTuple

from pipeline.cli.commands.words import in_order
from pipeline.evaluation.metric_table import METRICS, merit
from pipeline.evaluation.protocol import Difference, differences, same_protocol
from pipeline.evaluation.results import MODEL, Interval, Measured, Protocol, Results
from pipeline.evaluation.verdicts import level, strongest, too_few
from pipeline.report.runs import Facts


class Entry(NamedTuple):
    """The results of one model."""

    label: str
    results: Results
    record: Facts | None = None
    """Date, commit and machine of the evaluation; None where nothing says them."""

    @property
    def commit(self) -> str:
        """The commit of the code that measured; "" where it is not known."""
        return str((self.record or {}).get("commit", ""))

    @property
    def changed(self) -> bool:
        """True: that code had changes that no commit has."""
        return bool((self.record or {}).get("dirty"))


class Row(NamedTuple):
    """A metric of a task, of the models that it was measured of in one way."""

    task: str
    metric: str
    values: dict[str, float]
    """Label -> the model's value."""
    intervals: dict[str, Interval]
    best: str | None
    """The label of the best; None where no value is better than another, or items are too few to
    tell.
    """
    level: list[str]
    """Others that can't be told from the best."""
    baseline: tuple[str, float] | None
    """The strongest of those that have one value beside all of these models."""
    protocol: Protocol
    """The metric's own protocol, without what holds for the whole of an evaluation."""


class Apart(NamedTuple):
    """A number that was measured otherwise than another model's; or all of a model's numbers."""

    label: str
    against: str
    task: str
    """"" for all."""
    metric: str
    value: float | None
    differences: list[Difference]


class Comparison(NamedTuple):
    """Results of several models: what they have in common, and what keeps the rest apart.

    Versions of the code are alike in a row, but several commits may have one version.
    """

    entries: list[Entry]
    rows: list[Row]
    apart: list[Apart]
    alone: dict[str, list[tuple[str, str]]]
    """Label -> task and metric of what was measured of that model and no other."""

    @property
    def same_commit(self) -> bool | None:
        """True: one commit measured all; None where that can't be told."""
        commits = {entry.commit for entry in self.entries}
        if len(commits - {""}) > 1:
            return False
        unsure = "" in commits or any(entry.changed for entry in self.entries)
        return None if unsure else True


def compare(entries: Sequence[Entry]) -> Comparison:
    """Put the numbers of models beside each other that were measured alike."""
    groups = alike([(entry, entry.results.protocol) for entry in entries])
    main = max(groups, key=len)  # the first of equally large ones
    head = main[0]
    apart = [
        Apart(entry.label, head.label, "", "", None, differing)
        for group in groups
        if group is not main
        for entry in group
        if (differing := differences(entry.results.protocol, head.results.protocol))
    ]
    rows: list[Row] = []
    alone: dict[str, list[tuple[str, str]]] = {}
    for task, metric in measured_in(entries):
        holders = [entry for entry in entries if value_of(entry, task, metric) is not None]
        if len(holders) == 1:
            alone.setdefault(holders[0].label, []).append((task, metric))
        for group in groups:
            members = [entry for entry in group if entry in holders]
            beside, otherwise = compare_metric(task, metric, members)
            rows += beside
            apart += otherwise
    return Comparison(list(entries), rows, apart, alone)


def compare_metric(
    task: str, metric: str, entries: Sequence[Entry]
) -> tuple[list[Row], list[Apart]]:
    """Compare a metric of models whose evaluations were alike, and which all have it."""
    if len(entries) < 2:
        return [], []
    groups = alike([(entry, found(entry, task, metric).protocol) for entry in entries])
    main = max(groups, key=len)
    rows = [row_of(task, metric, group) for group in groups if len(group) > 1]
    usual = found(main[0], task, metric).protocol
    apart = [
        Apart(
            entry.label,
            main[0].label,
            task,
            metric,
            found(entry, task, metric).values[MODEL],
            differences(found(entry, task, metric).protocol, usual),
        )
        for group in groups
        if group is not main
        for entry in group
    ]
    return rows, apart


def row_of(task: str, metric: str, entries: Sequence[Entry]) -> Row:
    """Put a metric's values beside each other, and find the best."""
    measured = {entry.label: found(entry, task, metric) for entry in entries}
    values = {label: of.values[MODEL] for label, of in measured.items()}
    intervals = {
        label: of.intervals[MODEL] for label, of in measured.items() if MODEL in of.intervals
    }
    protocol = next(iter(measured.values())).protocol
    best: str | None = None
    level_with_best: list[str] = []
    ordered = metric in METRICS and METRICS[metric].higher_is_better is not None
    if ordered and not too_few(protocol):
        best = max(values, key=lambda label: merit(metric, values[label]))
        beside = Measured(values, intervals)
        level_with_best = [
            label for label in values if label != best and level(metric, beside, label, best)
        ]
    shared = shared_values(list(measured.values()))
    name = strongest(metric, Measured(shared)) if ordered else None
    baseline = None if name is None else (name, shared[name])
    return Row(task, metric, values, intervals, best, level_with_best, baseline, protocol)


def shared_values(measured: Sequence[Measured]) -> dict[str, float]:
    """Return the values that stand beside every model alike; those of the baselines that are the
    model's own network, untrained, say, do not.
    """
    first, *others = measured
    return {
        name: value
        for name, value in first.values.items()
        if all(other.values.get(name) == value for other in others)
    }


def alike(entries: Sequence[tuple[Entry, Protocol]]) -> list[list[Entry]]:
    """Group entries by their protocols, in the order in which they come."""
    groups: list[tuple[Protocol, list[Entry]]] = []
    for entry, protocol in entries:
        for usual, group in groups:
            if same_protocol(usual, protocol):
                group.append(entry)
                break
        else:
            groups.append((protocol, [entry]))
    return [group for _, group in groups]


def measured_in(entries: Sequence[Entry]) -> list[tuple[str, str]]:
    """List every task and metric of several results: tasks as they come, metrics in their order."""
    tasks: dict[str, list[str]] = {}
    for entry in entries:
        for task, metrics in entry.results.tasks.items():
            tasks.setdefault(task, []).extend(metrics)
    return [
        (task, name) for task, of in tasks.items() for name in in_order(list(dict.fromkeys(of)))
    ]


def value_of(entry: Entry, task: str, metric: str) -> float | None:
    """Look up the model's value; None where it has none."""
    measured = entry.results.tasks.get(task, {}).get(metric)
    return None if measured is None else measured.values.get(MODEL)


def found(entry: Entry, task: str, metric: str) -> Measured:
    """Look up what was measured; raise KeyError where it was not."""
    return entry.results.tasks[task][metric]
