"""How numbers were measured, in words; and whether two were measured alike."""

from collections.abc import Sequence
from typing import NamedTuple

from pipeline.evaluation.protocol import FREE, shown, whole_protocol
from pipeline.evaluation.results import Measured, Protocol, Results
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

Signature = tuple[tuple[str, str | int | float], ...]
"""A protocol as one can count it."""


class Fact(NamedTuple):
    """One fact of a protocol."""

    title: str
    text: str
    whole: str
    """Where the text is shortened."""


class Alike(NamedTuple):
    """Metrics that were measured by one protocol."""

    metrics: list[str]
    facts: dict[str, Fact]


def facts_of(protocol: Protocol) -> dict[str, Fact]:
    """Write the facts of a protocol, by their keys, in the order of `TITLES`."""
    known = [key for key in TITLES if key in protocol]
    others = sorted(key for key in protocol if key not in TITLES)
    return {key: fact_of(key, protocol[key]) for key in [*known, *others]}


def fact_of(key: str, value: str | int | float) -> Fact:
    """Write one fact; a checksum in it is shortened."""
    whole = f"{value:,}" if isinstance(value, int) else str(value)
    text = shown(whole)
    return Fact(TITLES.get(key) or spoken(key), text, whole if text != whole else "")


def measured_alike(comparisons: Sequence[Comparison]) -> list[Alike]:
    """Group the metrics of a task by their protocols, in the order of the metrics."""
    groups: dict[Signature, list[str]] = {}
    for comparison in comparisons:
        key = signature(comparison.measured.protocol)
        groups.setdefault(key, []).append(comparison.metric.title)
    return [Alike(metrics, facts_of(dict(key))) for key, metrics in groups.items()]


def signature(protocol: Protocol) -> Signature:
    """Return a protocol as one can count it."""
    return tuple(sorted(protocol.items()))


def comparable_protocol(results: Results, measured: Measured) -> Protocol:
    """Return all that a number of one model must share with another's to be compared with it."""
    everything = whole_protocol(results.protocol, measured)
    return {aspect: value for aspect, value in everything.items() if aspect not in FREE}


def describe_differences(protocol: Protocol, usual: Protocol) -> str:
    """Say by which facts a protocol is not the usual one."""
    parts = []
    for key in facts_of({**usual, **protocol}):
        here, there = protocol.get(key), usual.get(key)
        if here != there:
            ours = fact_of(key, here).text if here is not None else "none"
            theirs = fact_of(key, there).text if there is not None else "none"
            parts.append(f"{fact_of(key, '').title} {ours} instead of {theirs}")
    return "; ".join(parts)
