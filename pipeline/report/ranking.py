"""Models that share a task as one table: only what was measured alike stands in one column."""

import math
from collections.abc import Sequence
from dataclasses import dataclass, replace

from pipeline.evaluation.metric_table import CEILINGS, METRICS, Metric, merit
from pipeline.evaluation.protocol import FREE, same_protocol, whole_protocol
from pipeline.evaluation.results import MODEL, Protocol
from pipeline.report.baselines import baseline
from pipeline.report.comparisons import Cell, Comparison, list_baselines
from pipeline.report.model import Model
from pipeline.report.protocols import Fact, describe_differences, facts_of
from pipeline.report.remarks import Found, memory_of
from pipeline.report.tasks import Task
from pipeline.report.verdicts import Decision
from pipeline.report.words import number


@dataclass(frozen=True)
class Member:
    """A model beside others, and its task."""

    model: Model
    task: Task

    @property
    def decision(self) -> Decision | None:
        """The verdict on the task."""
        found = [one for one in self.model.decisions if one.task.name == self.task.name]
        return found[0] if found else None

    @property
    def memory(self) -> Found | None:
        """The finding whether it remembers its training samples; None where nothing was said."""
        return memory_of(self.task.name, self.model.evaluation)

    def comparison(self, name: str) -> Comparison | None:
        """Return what was measured by a metric; None where it was not."""
        found = self.model.evaluation.tasks[self.task.name].get(name)
        return None if found is None else Comparison(name, found)

    def protocol(self, name: str) -> Protocol:
        """Return all that is known of how a metric was measured; nothing where it was not."""
        found = self.model.evaluation.tasks[self.task.name].get(name)
        return {} if found is None else whole_protocol(self.model.evaluation.protocol, found)


@dataclass(frozen=True)
class Column:
    """A metric of a table, and the protocol of what stands below it."""

    name: str
    protocol: Protocol
    """That of one of its numbers: the others' differ from it in what is `FREE` alone."""
    decides: bool
    """True: a verdict on one of the models rests on it."""

    @property
    def metric(self) -> Metric:
        """The metric, which says how values are read."""
        return METRICS[self.name]

    @property
    def facts(self) -> list[Fact]:
        """The protocol in words: what all numbers of the column share."""
        shared = {key: value for key, value in self.protocol.items() if key not in FREE}
        return list(facts_of(shared).values())


@dataclass(frozen=True)
class Row:
    """A model of a table, or what stands beside all models."""

    title: str
    member: Member | None
    ceiling: bool
    cells: list[Cell | None]


@dataclass(frozen=True)
class Apart:
    """A number of another protocol than the column's, and in what they differ."""

    member: Member
    metric: Metric
    text: str
    differs: str


@dataclass(frozen=True)
class Ranking:
    """The table of a task."""

    columns: list[Column]
    rows: list[Row]
    apart: list[Apart]


def rank(members: Sequence[Member]) -> Ranking:
    """Put models beside each other that share a task, the best by the metric that decides first."""
    names = [name for name in METRICS if any(member.comparison(name) for member in members)]
    columns = [column_of(name, members) for name in names]
    columns.sort(key=lambda column: not column.decides)
    rows = [Row(m.model.name, m, False, [cell_of(m, c) for c in columns]) for m in members]
    if columns and columns[0].decides:
        rows.sort(key=lambda row: order_of(row.cells[0], columns[0]))
    best = [best_of(column, [row.cells[at] for row in rows]) for at, column in enumerate(columns)]
    marked = [
        replace(row, cells=[mark(cell, top) for cell, top in zip(row.cells, best, strict=True)])
        for row in rows
    ]
    return Ranking(columns, marked + shared_rows(members, columns), apart_of(members, columns))


def column_of(name: str, members: Sequence[Member]) -> Column:
    """Make the column of a metric, of the protocol that most of the models share."""
    protocols = [m.protocol(name) for m in members if m.comparison(name) is not None]
    usual = max(  # the first of equally many
        protocols, key=lambda one: sum(same_protocol(one, other) for other in protocols)
    )
    decisions = [member.decision for member in members]
    return Column(name, usual, any(d and d.verdict.metric == name for d in decisions))


def fits(member: Member, column: Column) -> bool:
    """Tell whether a model's number was measured as the column's."""
    measured = member.comparison(column.name) is not None
    return measured and same_protocol(member.protocol(column.name), column.protocol)


def cell_of(member: Member, column: Column) -> Cell | None:
    """Return a model's value of a column's protocol; None where there is none."""
    comparison = member.comparison(column.name)
    if comparison is None or not fits(member, column):
        return None
    return comparison.cell(MODEL)


def order_of(cell: Cell | None, column: Column) -> float:
    """Return what sorts cells best first, and last where there is none."""
    return math.inf if cell is None else -merit(column.name, cell.value)


def best_of(column: Column, cells: Sequence[Cell | None]) -> float | None:
    """Return the best value of several; None where none is better than another."""
    values = [cell.value for cell in cells if cell is not None and math.isfinite(cell.value)]
    if column.metric.higher_is_better is None or len(values) < 2:
        return None
    return max(values, key=lambda value: merit(column.name, value))


def mark(cell: Cell | None, best: float | None) -> Cell | None:
    """Mark a cell that has the best value."""
    return cell and replace(cell, best=best is not None and cell.value == best)


def shared_rows(members: Sequence[Member], columns: Sequence[Column]) -> list[Row]:
    """Make the rows of baselines and ceilings that have one value for all models, ceilings last."""
    found = [member.comparison(column.name) for member in members for column in columns]
    rows = [
        Row(
            baseline(name).title,
            None,
            name in CEILINGS,
            [shared(name, members, c) for c in columns],
        )
        for name in list_baselines([comparison for comparison in found if comparison is not None])
    ]
    return [row for row in rows if any(cell is not None for cell in row.cells)]


def shared(name: str, members: Sequence[Member], column: Column) -> Cell | None:
    """Return a baseline's value where all models of a column have it, and have the same one.

    None, too, where only one of several models stands in the column: it is that model's alone.
    """
    comparisons = [member.comparison(column.name) for member in members if fits(member, column)]
    cells = [c.cell(name) if c is not None else None for c in comparisons]
    one_of_several = len(cells) == 1 and len(members) > 1
    if one_of_several or len({cell and cell.text for cell in cells}) > 1:
        return None
    return cells[0] and replace(cells[0], best=False)


def apart_of(members: Sequence[Member], columns: Sequence[Column]) -> list[Apart]:
    """List the numbers that stand in no column, for they were measured otherwise."""
    return [
        Apart(
            member,
            column.metric,
            number(comparison.values[MODEL]),
            describe_differences(member.protocol(column.name), column.protocol),
        )
        for column in columns
        for member in members
        if (comparison := member.comparison(column.name)) is not None and not fits(member, column)
    ]
