"""The machine that a benchmark ran on, and where its figures go."""

import json
import os
import platform
from pathlib import Path
from typing import Any

import torch
from rich.console import Console, RenderableType

from pipeline.system.hardware import accelerator, bf16_units, processor
from pipeline.system.json_files import write_json

RESULTS = Path("benchmarks/results")


def describe() -> dict[str, str | int]:
    """Describe what to state beside a figure."""
    return {
        "processor": processor(),
        "cores": os.cpu_count() or 1,
        "threads": torch.get_num_threads(),
        "bf16": ", ".join(bf16_units()) or "none",
        "accelerator": accelerator() or "none",
        "torch": torch.__version__,
        "python": platform.python_version(),
    }


def publish(name: str, table: RenderableType, cases: dict[str, Any]) -> None:
    """Print a table and the machine, and write benchmarks/results/<name>.json with both.

    Other cases that were measured on the same machine stay there.
    """
    machine = describe()
    console = Console()
    console.print(table)
    console.print(", ".join(f"{key}: {value}" for key, value in machine.items()))
    path = RESULTS / f"{name}.json"
    before = json.loads(path.read_text(encoding="utf-8")) if path.exists() else {}
    if before.get("machine") == machine:
        cases = before["cases"] | cases
    write_json(path, {"machine": machine, "cases": cases})
