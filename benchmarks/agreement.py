"""python -m benchmarks.agreement [SIZE [STEPS]]: our loop learns what the plain fp32 loop learns.

CycleGAN of the published networks on drawn horses and zebras, the same first weights, batches and
draws for all. What is compared is the mean of the generators' loss over the steps. Writes
benchmarks/results/agreement.json.
"""

import statistics
import sys
import tempfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import torch
from rich.progress import track
from rich.table import Table

from benchmarks.machine import publish
from benchmarks.plain import plain_step
from pipeline.datasets.prepare import prepare
from pipeline.datasets.savanna.dataset import SavannaParams
from pipeline.datasets.store import Store
from pipeline.methods.base import RunParams
from pipeline.methods.registry import load_run
from pipeline.samples import Batch
from pipeline.system.hardware import device, start_fabric
from pipeline.training.prefetch import Feed
from pipeline.training.readers import reader_of
from pipeline.training.trainer import Trainer, step_seed

SIZE, STEPS = 128, 200
SEED = 1
COMPETITORS = ("plain fp32", "ours fp32", "ours bf16")

Step = Callable[[Batch], float]


def make_step(competitor: str, params: RunParams, store: Store) -> Step:
    """Build a step that returns its loss, on networks with the same first weights for each."""
    torch.manual_seed(SEED)
    method = params.build(params.select(store.spec))
    if competitor.startswith("plain"):
        plain = plain_step(method.to(device()), bf16=False)
        return lambda batch: float(plain(batch))
    fabric = start_fabric("bf16" if competitor.endswith("bf16") else "fp32")
    trainer = Trainer(fabric, method, params, seed=SEED, label="", checkpoints=None)

    def step(batch: Batch) -> float:
        trainer.take_step(batch)
        return trainer.history.close_interval(trainer.step)["generators_loss"]

    return step


def losses(competitor: str, params: RunParams, store: Store, steps: int) -> list[float]:
    """Compute the generators' loss at each step."""
    feed = Feed(reader_of(store, params, seed=SEED, device=device()))
    step = make_step(competitor, params, store)
    found = []
    for number in track(range(steps), description=competitor):
        torch.manual_seed(step_seed(SEED, number, 0))
        found.append(step(feed(number)))
    return found


def main(size: int = SIZE, steps: int = STEPS) -> None:
    """Train each competitor for so many steps."""
    params = load_run(
        {
            "method": "cyclegan",
            "data": "savanna",
            "source": "horse",
            "target": "zebra",
            "steps": 10**9,  # the learning rate stays what it is, as in the plain loop
        }
    )
    table = Table("loop", "mean loss", "against plain fp32", "last 20 steps")
    results: dict[str, dict[str, Any]] = {}
    with tempfile.TemporaryDirectory() as folder:
        prepare(
            SavannaParams(size=size, train=80, test=1, classifier=1, views=()), Path(folder) / "s"
        )
        store = Store(Path(folder) / "s")
        for competitor in COMPETITORS:
            curve = losses(competitor, params, store, steps)
            results[competitor] = {"mean": statistics.mean(curve), "losses": curve}
            ratio = results[competitor]["mean"] / results[COMPETITORS[0]]["mean"] - 1
            results[competitor]["difference"] = ratio
            last = statistics.mean(curve[-20:])
            table.add_row(
                competitor, f"{results[competitor]['mean']:.4f}", f"{ratio:+.2%}", f"{last:.4f}"
            )
    publish("agreement", table, {"size": size, "steps": steps, **results})


if __name__ == "__main__":
    main(*map(int, sys.argv[1:]))
