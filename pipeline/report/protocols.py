"""Protocols of numbers in words, and their differences."""

from collections.abc import Sequence
from typing import NamedTuple

from pipeline.evaluation.protocol import differences, shown
from pipeline.evaluation.results import Protocol
from pipeline.report.comparisons import Comparison
from pipeline.report.words import spoken

TITLES = {
    "count": "Items",
    "reference": "Reference",
    "network": "Network",
    "network_checksum": "Network's checksum",
    "judge": "Judge",
    "origin": "Origin",
    "sha256": "Checksum",
    "resizing": "Resizing",
    "data_checksum": "Data's checksum",
    "split": "Split",
    "code": "Code",
}
"""The facts of a protocol, in the order in which they are told; others follow by name."""


class Fact(NamedTuple):
    """One fact of a protocol."""

    title: str
    text: str
    whole: str
    """The whole text, where ``text`` is shortened."""


class Alike(NamedTuple):
    """Metrics that were measured by one protocol."""

    metrics: list[str]
    facts: dict[str, Fact]


def facts_of(protocol: Protocol) -> dict[str, Fact]:
    """Write the facts of a protocol, by their keys, in the order of `TITLES`."""
    known = [key for key in TITLES if key in protocol]
    others = sorted(key for key in protocol if key not in TITLES)
    return {key: fact_of(key, protocol[key]) for key in [*known, *others]}


def fact_of(key: str, value: str | int | float | None) -> Fact:
    """Write one fact, "none" where it has no value; a checksum in it is shortened."""
    whole = f"{value:,}" if isinstance(value, int) else ("none" if value is None else str(value))
    text = shown(whole)
    return Fact(TITLES.get(key) or spoken(key), text, whole if text != whole else "")


def measured_alike(comparisons: Sequence[Comparison]) -> list[Alike]:
    """Group the metrics of a task by their protocols, in the order of the metrics."""
    groups: dict[tuple[tuple[str, str | int | float], ...], list[str]] = {}
    for comparison in comparisons:
        key = tuple(sorted(comparison.measured.protocol.items()))
        groups.setdefault(key, []).append(comparison.metric.title)
    return [Alike(metrics, facts_of(dict(key))) for key, metrics in groups.items()]


def describe_differences(protocol: Protocol, usual: Protocol) -> str:
    """Say by which facts a protocol is not the usual one, in the order of the protocols."""
    return "; ".join(
        f"{fact_of(aspect, here).title} {fact_of(aspect, here).text}"
        f" instead of {fact_of(aspect, there).text}"
        for aspect, here, there in differences(protocol, usual)
    )
