"""What differs from run to run (dates, seconds, commits): one file beside the pages.

The pages are an output of DVC, and equal inputs give equal pages. These facts come from logs that
DVC does not know, so they stand in a file that it ignores, and a script puts them into the pages.
"""

import json
from collections.abc import Iterable
from pathlib import Path
from typing import Any

FILE = "runs.js"
VARIABLE = "crossdomainRuns"
STAGES = ("training", "evaluation")

Facts = dict[str, Any]


def runs_script(names: Iterable[str], logs: Path) -> str:
    """Write what the logs say of each model's runs as a script.

    It sets a variable: checksum of the weights -> model -> stage -> facts. A page asks for the
    weights that it shows, so that what is said of others stays hidden. Logs that are missing or
    damaged are left out.
    """
    found: dict[str, dict[str, dict[str, Facts]]] = {}
    for name in names:
        for stage in STAGES:
            facts = read_log(logs / name / f"{stage}.json")
            if facts is not None:
                weights = facts.pop("weights")
                found.setdefault(weights, {}).setdefault(name, {})[stage] = facts
    return f"window.{VARIABLE} = {json.dumps(found, sort_keys=True, indent=1)};\n"


def read_log(path: Path) -> Facts | None:
    """Read the log of one run: plain facts by name; None where it holds none."""
    try:
        raw = json.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return None
    if not isinstance(raw, dict) or not isinstance(raw.get("weights"), str):
        return None
    return {key: value for key, value in raw.items() if isinstance(value, str | int | float)}
