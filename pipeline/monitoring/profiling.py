"""Where the time of a training step goes."""

from collections.abc import Callable
from pathlib import Path
from time import perf_counter

import torch
from torch.profiler import ProfilerActivity, profile

from pipeline.datasets.store import Store
from pipeline.inference.finished import FinishedModel
from pipeline.methods.base import RunParams
from pipeline.system.files import write
from pipeline.system.hardware import choose_kernels
from pipeline.training.trainer import set_up

WARMING = 3  # steps before the first that counts: memory is found, kernels are chosen
ROWS = 20


def profile_steps(
    params: RunParams,
    store: Store,
    out: Path,
    *,
    seed: int,
    steps: int = 5,
    base: FinishedModel | None = None,
) -> str:
    """Takes a few training steps, writes their trace to ``out`` and returns a table of costs.

    The trace is Chrome's format: open it in a browser at chrome://tracing or in Perfetto.
    Nothing else is written, and no saved state is touched. ``base``: the finished model that the
    run stands on. Raises UserError where the data does not fit the run.
    """
    run, feed = set_up(params, store, seed=seed, label="profile", scratch=None, base=base)

    def take(count: int) -> None:
        for _ in range(count):
            run.reseed()
            run.take_step(feed(run.step))

    take(WARMING)
    device = "cuda" if torch.cuda.is_available() else "cpu"
    activities = [ProfilerActivity.CPU]
    if device == "cuda":
        activities.append(ProfilerActivity.CUDA)
    with profile(activities=activities, acc_events=True) as found:
        take(steps)
    out.parent.mkdir(parents=True, exist_ok=True)
    partial = out.with_name(f".{out.name}.partial")
    found.export_chrome_trace(str(partial))
    write(out, partial.read_bytes())
    partial.unlink()
    table: str = found.key_averages().table(
        sort_by=f"self_{device}_time_total", row_limit=ROWS, max_name_column_width=40
    )
    return f"{table}\n{cost_of_exactness(take, steps)}" if params.deterministic else table


def cost_of_exactness(take: Callable[[int], None], steps: int) -> str:
    """How long a step takes by kernels that give the same each time, and by the fastest."""
    milliseconds = {}
    for deterministic in (False, True):
        choose_kernels(deterministic)
        take(WARMING)
        began = perf_counter()
        take(steps)
        if torch.cuda.is_available():
            torch.cuda.synchronize()
        milliseconds[deterministic] = 1000 * (perf_counter() - began) / steps
    return (
        f"deterministic: {milliseconds[True]:.1f} ms a step, {milliseconds[False]:.1f} ms without: "
        f"{milliseconds[True] / milliseconds[False]:.2f} times as long"
    )
