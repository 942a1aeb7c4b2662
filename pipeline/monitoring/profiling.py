"""A profile of training steps."""

from collections.abc import Callable
from pathlib import Path
from time import perf_counter

import torch
from torch.profiler import ProfilerActivity, profile

from pipeline.system.files import write
from pipeline.system.hardware import choose_kernels, device

WARMING = 3
"""Steps before the first that counts: memory is found, kernels are chosen."""
ROWS = 20

Take = Callable[[int], None]
"""Takes so many training steps."""


def profile_steps(take: Take, out: Path, *, steps: int = 5, deterministic: bool = False) -> str:
    """Take a few training steps, write their trace to ``out`` and return a table of costs.

    The trace is Chrome's format: open it in a browser at chrome://tracing or in Perfetto.
    ``deterministic``: also measure what kernels cost that give the same each time.
    """
    take(WARMING)
    kind = device().type
    activities = [ProfilerActivity.CPU]
    if kind == "cuda":
        activities.append(ProfilerActivity.CUDA)
    with profile(activities=activities, acc_events=True) as found:
        take(steps)
    out.parent.mkdir(parents=True, exist_ok=True)
    partial = out.with_name(f".{out.name}.partial")
    found.export_chrome_trace(str(partial))
    write(out, partial.read_bytes())
    partial.unlink()
    table: str = found.key_averages().table(
        sort_by=f"self_{kind}_time_total", row_limit=ROWS, max_name_column_width=40
    )
    return f"{table}\n{cost_of_determinism(take, steps)}" if deterministic else table


def cost_of_determinism(take: Take, steps: int) -> str:
    """Measure a step by kernels that give the same each time, and by the fastest, in words."""
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
