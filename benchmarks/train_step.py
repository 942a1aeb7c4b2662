"""python -m benchmarks.train_step [CASE ...]: our training steps against plain fp32 ones.

Everything takes turns, so that a machine whose speed drifts treats all alike; quote the ratios,
which are medians over turns. Writes benchmarks/results/train_step.json.
"""

import json
import statistics
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import torch
from lightning_fabric import Fabric
from rich.console import Console
from rich.table import Table

from benchmarks.machine import describe
from benchmarks.plain import plain_step
from pipeline.machine import device
from pipeline.methods.base import RunParams
from pipeline.params import load_run
from pipeline.samples import Batch, Labelled, Pair, Spec
from pipeline.training import Run

SECONDS = 6.0  # a turn, at least
TURNS = 3
PRECISIONS: dict[str, Any] = {"ours fp32": "32-true", "ours bf16": "bf16-mixed"}

COMMON: dict[str, Any] = {"data": "none", "steps": 10**9}
TRANSLATOR = COMMON | {"source": "a", "target": "b"}
CASES: dict[str, tuple[dict[str, Any], int]] = {
    "pix2pix-256": (TRANSLATOR | {"method": "pix2pix"}, 256),
    "cyclegan-256": (TRANSLATOR | {"method": "cyclegan"}, 256),
    "dcgan-32": (COMMON | {"method": "gan", "domain": "a", "batch": 64}, 32),
    "vae-32": (COMMON | {"method": "vae", "domain": "a", "batch": 64}, 32),
}
"""Published sizes by default, batch 1 for translators."""


def competitors(params: RunParams, spec: Spec) -> dict[str, Callable[[], object]]:
    """A step of each kind, each on networks of its own with the same first weights."""
    batch = random_batch(params, spec)
    specs = dict.fromkeys(params.domains, spec)
    torch.manual_seed(0)
    steps: dict[str, Callable[[], object]] = {
        "plain fp32": plain_step(params.build(specs, ()).to(device()), batch)
    }
    for label, precision in PRECISIONS.items():
        fabric = Fabric(accelerator="auto", devices=1, precision=precision)
        torch.manual_seed(0)
        run = Run(fabric, params.build(specs, ()), params, seed=0, label="", state_path=None)
        steps[label] = lambda run=run: run.take_step(lambda step: batch)
    return steps


def random_batch(params: RunParams, spec: Spec) -> Batch:
    """Noise in the shape of a batch, on the device already: data is not what is timed."""
    shape = (params.batch, spec.channels, spec.height, spec.width or spec.height)
    x, y = (torch.rand(shape, device=device()) * 2 - 1 for _ in range(2))
    return Labelled(x, torch.zeros(len(x)).long()) if params.reads == "labelled" else Pair(x, y)


def steps_per_second(step: Callable[[], object]) -> float:
    """The rate over one turn."""
    began, done = time.perf_counter(), 0
    while done < 3 or time.perf_counter() - began < SECONDS:
        step()
        done += 1
    if torch.cuda.is_available():
        torch.cuda.synchronize()
    return done / (time.perf_counter() - began)


def measure(params: RunParams, spec: Spec) -> dict[str, dict[str, float]]:
    """Steps per second of each competitor, and its median ratio to the plain step."""
    steps = competitors(params, spec)
    for step in steps.values():
        step()
    turns = [{name: steps_per_second(s) for name, s in steps.items()} for _ in range(TURNS)]
    return {
        name: {
            "steps_per_second": statistics.median(turn[name] for turn in turns),
            "ratio": statistics.median(turn[name] / turn["plain fp32"] for turn in turns),
        }
        for name in steps
    }


def main(wanted: list[str]) -> None:
    """Measures the cases that are named, or all."""
    table = Table("case", "plain fp32", *(f"{name}" for name in PRECISIONS))
    results = {}
    for name in wanted or CASES:
        block, size = CASES[name]
        spec = Spec(channels=3, height=size, width=size, bounded=True)
        results[name] = measure(load_run(block), spec)
        cells = [f"{r['steps_per_second']:.2f}/s x{r['ratio']:.2f}" for r in results[name].values()]
        table.add_row(name, *cells)
    machine = describe()
    console = Console()
    console.print(table)
    console.print(", ".join(f"{key}: {value}" for key, value in machine.items()))
    out = Path("benchmarks/results/train_step.json")
    out.parent.mkdir(parents=True, exist_ok=True)
    out.write_text(json.dumps({"machine": machine, "cases": results}, indent=1) + "\n")


if __name__ == "__main__":
    main(sys.argv[1:])
