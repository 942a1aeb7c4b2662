"""python -m benchmarks.train_step [CASE ...]: our training steps against the field's.

Each competitor lives in a process of its own, with the memory and thread settings that belong to
it, and they take turns, so that a machine whose speed drifts treats all alike. Quote the ratios,
which are medians over turns. Writes benchmarks/results/train_step.json.
"""

import multiprocessing
import os
import statistics
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from multiprocessing.connection import Connection
from typing import Any

import torch
from rich.table import Table

from benchmarks.machine import publish
from benchmarks.plain import plain_step
from pipeline.machine import device, start_fabric
from pipeline.methods.base import RunParams
from pipeline.params import load_run
from pipeline.samples import Batch, Labelled, Pair, Spec
from pipeline.training import Run

SECONDS = 6.0  # a turn, at least
TURNS = 3
YARDSTICK = "plain fp32"
COMPETITORS = (YARDSTICK, "plain bf16", "ours fp32", "ours bf16")

COMMON: dict[str, Any] = {"data": "none", "steps": 10**9}
TRANSLATOR = COMMON | {"source": "a", "target": "b"}
CASES: dict[str, tuple[dict[str, Any], int]] = {
    "pix2pix-256": (TRANSLATOR | {"method": "pix2pix"}, 256),
    "cyclegan-256": (TRANSLATOR | {"method": "cyclegan"}, 256),
    "dcgan-32": (COMMON | {"method": "gan", "domain": "a", "batch": 64}, 32),
    "vae-32": (COMMON | {"method": "vae", "domain": "a", "batch": 64}, 32),
}
"""Published sizes by default, batch 1 for translators."""

# What a process has that does not import the package: libgomp's and torch's own defaults.
DEFAULTS = {"GOMP_SPINCOUNT": "300000", "THP_MEM_ALLOC_ENABLE": "0"}


def make_step(competitor: str, params: RunParams, spec: Spec) -> Callable[[], object]:
    """A training step on networks with the same first weights for every competitor."""
    batch = random_batch(params, spec)
    specs = dict.fromkeys(params.domains, spec)
    loop, precision = competitor.split()
    torch.manual_seed(0)
    method = params.build(specs, ())
    if loop == "plain":
        plain = plain_step(method.to(device()), bf16=precision == "bf16")
        return lambda: plain(batch)
    fabric = start_fabric("bf16" if precision == "bf16" else "fp32")
    run = Run(fabric, method, params, seed=0, label="", states=None)

    def step() -> None:
        run.reseed()
        run.take_step(batch)

    return step


def random_batch(params: RunParams, spec: Spec) -> Batch:
    """Noise in the shape of a batch, on the device already: data is not what is timed."""
    shape = (params.batch, spec.channels, spec.height, spec.width or spec.height)
    generator = torch.Generator().manual_seed(1)
    x, y = ((torch.rand(shape, generator=generator) * 2 - 1).to(device()) for _ in range(2))
    return Labelled(x, torch.zeros(len(x)).long()) if params.reads == "labelled" else Pair(x, y)


def compete(competitor: str, params: RunParams, spec: Spec, pipe: Connection) -> None:
    """In its own process: answers each request with the steps per second of one turn."""
    step = make_step(competitor, params, spec)
    step()
    pipe.send("ready")
    while pipe.recv():
        pipe.send(steps_per_second(step))


def steps_per_second(step: Callable[[], object]) -> float:
    """The rate over one turn."""
    began, done = time.perf_counter(), 0
    while done < 3 or time.perf_counter() - began < SECONDS:
        step()
        done += 1
    if torch.cuda.is_available():
        torch.cuda.synchronize()
    return done / (time.perf_counter() - began)


@contextmanager
def competitors(params: RunParams, spec: Spec) -> Iterator[dict[str, Connection]]:
    """Pipes to a process each, which end with the block."""
    fresh = multiprocessing.get_context("spawn")
    pipes: dict[str, Connection] = {}
    processes = []
    for name in COMPETITORS:
        pipes[name], theirs = fresh.Pipe()
        process = fresh.Process(target=compete, args=(name, params, spec, theirs), daemon=True)
        # A spawned process reads the environment as it starts.
        settings = DEFAULTS if name.startswith("plain") else {}
        before = dict(os.environ)
        for key in DEFAULTS:
            os.environ.pop(key, None)
        os.environ.update(settings)
        process.start()
        os.environ.clear()
        os.environ.update(before)
        processes.append(process)
        pipes[name].recv()  # that it is ready: none warms up while another is timed
    try:
        yield pipes
    finally:
        for pipe, process in zip(pipes.values(), processes, strict=True):
            pipe.send(False)
            process.join()


def measure(params: RunParams, spec: Spec) -> dict[str, dict[str, float]]:
    """Steps per second of each competitor, and its median ratio to the yardstick."""
    turns: list[dict[str, float]] = []
    with competitors(params, spec) as pipes:
        for _ in range(TURNS):
            rates = {}
            for name, pipe in pipes.items():
                pipe.send(True)
                rates[name] = pipe.recv()
            turns.append(rates)
    return {
        name: {
            "steps_per_second": statistics.median(turn[name] for turn in turns),
            "ratio": statistics.median(turn[name] / turn[YARDSTICK] for turn in turns),
        }
        for name in COMPETITORS
    }


def main(wanted: list[str]) -> None:
    """Measures the cases that are named, or all."""
    table = Table("case", *COMPETITORS)
    results = {}
    for name in wanted or CASES:
        block, size = CASES[name]
        spec = Spec(channels=3, height=size, width=size, bounded=True)
        results[name] = measure(load_run(block), spec)
        cells = [f"{r['steps_per_second']:.3g}/s x{r['ratio']:.2f}" for r in results[name].values()]
        table.add_row(name, *cells)
    publish("train_step", table, results)


if __name__ == "__main__":
    main(sys.argv[1:])
