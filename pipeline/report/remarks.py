"""Findings of evaluations that no single metric says, as signs and words."""

from collections.abc import Sequence
from dataclasses import dataclass

from pipeline.evaluation import combining, memory
from pipeline.evaluation.results import Remark, Results
from pipeline.report.verdicts import Label
from pipeline.report.words import spoken

FINDINGS: dict[tuple[str, str], Label] = {
    (memory.SUBJECT, "none"): Label("○", "no sign"),
    (memory.SUBJECT, "unclear"): Label("?", "unclear"),
    (memory.SUBJECT, "remembers"): Label("✗", "remembers"),
    (memory.CEILING, "level"): Label("=", "as near as new data"),
    (memory.CEILING, "nearer"): Label("✗", "nearer than new data"),
    (combining.SUBJECT, "combines"): Label("✓", "combines"),
    (combining.SUBJECT, "does not"): Label("○", "does not combine"),
}
"""Subjects and their findings, each subject's best first."""


@dataclass(frozen=True)
class Found:
    """A finding, and what it says of the task."""

    label: Label
    words: str
    order: int
    """Its place among all findings, the best of each subject first."""


def found_of(remark: Remark) -> Found:
    """Give a finding its sign; one that `FINDINGS` doesn't know its own name."""
    key = (remark.subject, remark.finding)
    label = FINDINGS.get(key) or Label("·", spoken(remark.finding).lower())
    places = list(FINDINGS)
    return Found(label, remark.words, places.index(key) if key in FINDINGS else len(places))


def findings_of(tasks: Sequence[str], evaluation: Results) -> list[Found]:
    """List the findings on some tasks."""
    return [found_of(one) for task in tasks for one in evaluation.remarks.get(task, [])]


def memory_of(task: str, evaluation: Results) -> Found | None:
    """Look up whether a sampler remembers; None where nothing was said."""
    said = [one for one in evaluation.remarks.get(task, []) if one.subject == memory.SUBJECT]
    return found_of(said[0]) if said else None
