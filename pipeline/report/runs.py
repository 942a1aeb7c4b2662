"""Facts that differ from run to run (dates, seconds, commits): two files beside the pages.

The pages are an output of DVC, and equal inputs give equal pages. These facts come from logs that
DVC does not know, so they stand in files that it ignores: a script, which puts them into the pages,
and a page of its own for whoever runs no scripts.
"""

import json
from collections.abc import Iterable, Mapping
from datetime import datetime
from pathlib import Path
from typing import Any, NamedTuple

from pipeline.report.words import duration

FILE = "runs.js"
PAGE = "runs.html"
VARIABLE = "crossdomainRuns"
STAGES = ("training", "evaluation")
SAMPLE = "seconds_a_sample"

Facts = dict[str, Any]
Runs = dict[str, dict[str, dict[str, Facts]]]
"""Checksum of the weights -> model -> stage -> facts."""


class Row(NamedTuple):
    """One fact of a model's runs, in words: "" where nothing was logged."""

    title: str
    training: str
    evaluation: str


def read_runs(names: Iterable[str], logs: Path) -> Runs:
    """Read what the logs say of each model's runs; those that are missing or damaged are left out.

    A page asks for the weights that it shows, so that what is said of others stays hidden.
    """
    found: Runs = {}
    for name in names:
        for stage in STAGES:
            facts = read_log(logs / name / f"{stage}.json")
            if facts is not None:
                weights = facts.pop("weights")
                found.setdefault(weights, {}).setdefault(name, {})[stage] = facts
    return found


def runs_script(runs: Runs) -> str:
    """Write runs as a script that sets a variable."""
    return f"window.{VARIABLE} = {json.dumps(runs, sort_keys=True, indent=1)};\n"


def read_log(path: Path) -> Facts | None:
    """Read the log of one run: plain facts by name; None where it holds none."""
    try:
        raw = json.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return None
    if not isinstance(raw, dict) or not isinstance(raw.get("weights"), str):
        return None
    return {key: value for key, value in raw.items() if isinstance(value, str | int | float)}


def rows_of(stages: Mapping[str, Facts]) -> list[Row]:
    """Say the facts of a model's runs, as its page does where scripts run."""
    told = [describe_run(stages[stage]) if stage in stages else {} for stage in STAGES]
    titles = dict.fromkeys(title for facts in told for title in facts)
    return [Row(title, *(facts.get(title, "") for facts in told)) for title in titles]


def describe_run(facts: Facts) -> dict[str, str]:
    """Say the facts of one run: title -> words, "" for what was not logged."""
    changes = facts.get("dirty")
    return {
        "Finished": moment(str(facts.get("finished", ""))),
        "A sample took": duration(facts[SAMPLE]) if is_number(facts.get(SAMPLE)) else "",
        "Took": duration(facts["seconds"]) if is_number(facts.get("seconds")) else "",
        "Machine": str(facts.get("machine", "")),
        "Commit": str(facts["commit"] or "none") if "commit" in facts else "",
        "Uncommitted changes": "" if changes is None else ("yes" if changes else "no"),
        "Precision": str(facts.get("precision", "")),
    }


def moment(text: str) -> str:
    """Write a date of ISO 8601 as ``27 Nov 2026, 16:20 UTC``; what is none stays."""
    try:
        date = datetime.fromisoformat(text)
    except ValueError:
        return text
    return f"{date.day} {date:%b %Y, %H:%M %Z}".rstrip()


def is_number(value: object) -> bool:
    """Tell whether a value of a log is a plain number."""
    return isinstance(value, int | float) and not isinstance(value, bool)
