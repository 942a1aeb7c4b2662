"""A comparison of models, as a terminal shows it and as JSON."""

from collections.abc import Iterable
from typing import Any

from pipeline.cli.commands.compare_rows import Apart, Comparison, Entry, Row
from pipeline.cli.commands.words import better, interval, number, spoken, table, titled, wrapped
from pipeline.evaluation.protocol import FREE
from pipeline.evaluation.verdicts import BY_OUR_CLASSIFIER, LEAST_ITEMS, SATURATED, too_few
from pipeline.monitoring.record import EVALUATION

BEST, LEVEL = "*", "="
LEGEND = (
    f"{BEST} best; {LEVEL} not to be told from it: the interval (95 %) of one holds the other's "
    "value. Without intervals, numbers are compared as they stand."
)
OF_THE_MODEL = {"model", "weights"}
"""Aspects of what is compared: that they differ goes without saying."""


def table_of(comparison: Comparison, width: int = 100) -> str:
    """Write a table for each task, a column a model; then what can't stand beside it, and why."""
    blocks: list[list[str]] = []
    for task in dict.fromkeys(row.task for row in comparison.rows):
        rows = [row for row in comparison.rows if row.task == task]
        blocks.append(
            [spoken(task), *(f"  {line}" for line in task_table(comparison, rows, width - 2))]
        )
    blocks.append(wrapped(" ".join([LEGEND, *notes(comparison)]), width, "", ""))
    if comparison.apart or comparison.alone:
        blocks.append(["not compared", *reasons(comparison, width)])
    if free := free_lines(comparison):
        blocks.append(["differs, and may", *indented(free, width)])
    blocks.append(["measured", *indented(measured_lines(comparison), width)])
    return "\n\n".join("\n".join(block) for block in blocks)


def notes(comparison: Comparison) -> list[str]:
    """Say what else keeps models from being told apart, where it does: too few items, or a
    classifier that is sure of anything.
    """
    few = dict.fromkeys(row.task for row in comparison.rows if too_few(row.protocol))
    found = []
    if few:
        tasks = ", ".join(map(spoken, few))
        found.append(f"Of fewer than {LEAST_ITEMS} items nothing is called best: {tasks}.")
    if any(row.metric in BY_OUR_CLASSIFIER and row.level for row in comparison.rows):
        found.append(f"By the data's own classifier, {SATURATED} and more are level.")
    return found


def task_table(comparison: Comparison, rows: list[Row], width: int) -> list[str]:
    """Write the rows of a task; models without any number in them have no column."""
    labels = [e.label for e in comparison.entries if any(e.label in row.values for row in rows)]
    known = any(row.baseline is not None for row in rows)
    header = ("metric", "better", *labels, *(["best baseline"] if known else []))
    lines = [
        (
            titled(row.metric),
            better(row.metric),
            *(cell(row, label) for label in labels),
            *([baseline(row)] if known else []),
        )
        for row in rows
    ]
    return table([header, *lines], width)


def cell(row: Row, label: str) -> str:
    """Write a model's value, whether it is best, and its interval."""
    if label not in row.values:
        return "-"
    mark = f" {BEST}" if label == row.best else f" {LEVEL}" if label in row.level else ""
    bounds = f" ({interval(row.intervals[label])})" if label in row.intervals else ""
    return f"{number(row.values[label])}{mark}{bounds}"


def baseline(row: Row) -> str:
    """Write the strongest baseline."""
    return "" if row.baseline is None else f"{spoken(row.baseline[0])} {number(row.baseline[1])}"


def reasons(comparison: Comparison, width: int = 100) -> list[str]:
    """Say what stands in no row, and why: what differs of its protocol, or that it stands alone."""
    lines = [sentence(apart) for apart in comparison.apart]
    for label, found in comparison.alone.items():
        tasks: dict[str, list[str]] = {}
        for task, metric in found:
            tasks.setdefault(task, []).append(titled(metric))
        told = "; ".join(f"{spoken(task)} ({', '.join(names)})" for task, names in tasks.items())
        lines.append(f"measured of {label} alone: {told}")
    return indented(lines, width)


def indented(lines: Iterable[str], width: int) -> list[str]:
    """Indent lines below a heading, and wrap them."""
    return [part for line in lines for part in wrapped(line, width, "  ", "      ")]


def sentence(apart: Apart) -> str:
    """Say in what a number, or all of a model's, differs from another model's."""
    told = "; ".join(map(str, apart.differences))
    where = "all numbers"
    if apart.task:
        value = "" if apart.value is None else f" {number(apart.value)}"
        where = f"{spoken(apart.task)}, {titled(apart.metric)}{value}"
    return f"{apart.label} against {apart.against}, {where}: {told}"


def free_lines(comparison: Comparison) -> list[str]:
    """Say what differs between evaluations without keeping their numbers apart."""
    lines = []
    for aspect in sorted(FREE - OF_THE_MODEL):
        found = {e.label: e.results.protocol.get(aspect) for e in comparison.entries}
        if len(set(found.values())) > 1:
            told = "; ".join(f"{value} ({label})" for label, value in found.items())
            lines.append(f"{aspect}: {told}")
    weights: dict[Any, list[str]] = {}
    for entry in comparison.entries:
        weights.setdefault(entry.results.protocol.get("weights"), []).append(entry.label)
    same = [labels for value, labels in weights.items() if value and len(labels) > 1]
    return lines + [f"{' and '.join(labels)} have the same weights" for labels in same]


def measured_lines(comparison: Comparison) -> list[str]:
    """Say when and by which commit each model was measured, and whether that was one commit."""
    lines = [f"{entry.label}: {recorded(entry)}" for entry in comparison.entries]
    if comparison.same_commit is None:
        lines.append("Whether one commit measured all can't be told: numbers may differ for it.")
    elif not comparison.same_commit:
        lines.append("The commits differ: where the code does, numbers may differ for it.")
    return lines


def recorded(entry: Entry) -> str:
    """Say what is known of an evaluation's date and commit."""
    if entry.record is None:
        return f"no record of date and commit ({EVALUATION})"
    changed = " with uncommitted changes" if entry.changed else ""
    date = str(entry.record.get("finished", "date not known")).replace("T", " ")
    return f"{date}, {f'commit {entry.commit}{changed}' if entry.commit else 'commit not known'}"


def as_content(comparison: Comparison) -> dict[str, Any]:
    """Return a comparison as JSON's values."""
    return {
        "models": {entry.label: entry.results.protocol for entry in comparison.entries},
        "records": {entry.label: entry.record for entry in comparison.entries},
        "same_commit": comparison.same_commit,
        "rows": [
            row._asdict()
            | {
                "baseline": None
                if row.baseline is None
                else {"name": row.baseline[0], "value": row.baseline[1]}
            }
            for row in comparison.rows
        ],
        "apart": [
            {
                "model": apart.label,
                "against": apart.against,
                "task": apart.task or None,
                "metric": apart.metric or None,
                "value": apart.value,
                "differences": {d.aspect: [d.here, d.there] for d in apart.differences},
            }
            for apart in comparison.apart
        ],
        "alone": {
            label: [{"task": task, "metric": metric} for task, metric in found]
            for label, found in comparison.alone.items()
        },
    }
