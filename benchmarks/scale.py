"""python -m benchmarks.scale [preparation | pictures | sound]: memory against the size of the data.

Linux only: figures are of /proc. Every size is measured in a process of its own, which is told the
size alone. "Anonymous" memory is what the process needs; pages of mapped files are cache, which
the system takes back when others want it. A slope in bytes an item is what really grows.

preparation
    Peak of the main process, and of the largest worker, while preparing so many pictures (links to
    one file) with all cores. All sizes fill a shard, whose size is bounded, at least once.
pictures, sound
    Reading batches from a store of up to a million pictures of 64 pixels, or a thousand hours of
    clips (arrays with holes: reading them is reading memory, so times are without a disk's). The
    steps are spread over ten epochs. "Names" is what asking for an item's name adds.

Writes benchmarks/results/scale.json.
"""

import os
import resource
import statistics
import sys
import tempfile
import time
from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
import torch
from rich.console import Group
from rich.table import Table

from benchmarks.machine import publish
from benchmarks.sparse_store import DOMAINS, write_clips, write_pictures
from benchmarks.turns import end_workers, in_fresh_process
from pipeline.datasets.folders import PictureFolderParams
from pipeline.datasets.prepare import prepare
from pipeline.datasets.store import Store
from pipeline.methods.registry import load_run
from pipeline.training.readers import reader_of

MIB = 2**20
PREPARED = (4_000, 16_000, 64_000)
PREPARED_SIZE = 128
READ = (10_000, 100_000, 1_000_000)
CLIPS = (9_000, 90_000, 900_000)  # of four seconds: 10, 100 and 1,000 hours
BATCHES, EPOCHS, BATCH, CROP = 2_000, 10, 8, 128

Figures = dict[str, float]


def memory() -> dict[str, int]:
    """Read this process's lines of memory in /proc/self/status, bytes."""
    lines = Path("/proc/self/status").read_text(encoding="ascii").splitlines()
    fields = [line.split() for line in lines if line.endswith(" kB")]
    return {name.rstrip(":"): int(kib) * 1024 for name, kib, _ in fields}


def preparing(items: int) -> Figures:
    """Measure peaks while preparing so many pictures."""
    from PIL import Image

    with tempfile.TemporaryDirectory() as folder:
        root = Path(folder)
        (root / "raw").mkdir()
        noise = np.random.default_rng(1).integers(0, 256, (PREPARED_SIZE,) * 2, dtype=np.uint8)
        Image.fromarray(noise).save(root / "one.png")
        for number in range(items):
            os.link(root / "one.png", root / "raw" / f"{number:06d}.png")
        folders = {"train": {"picture": "raw"}}
        params = PictureFolderParams(root=str(root), folders=folders, size=PREPARED_SIZE)
        before, began = memory(), time.perf_counter()
        prepare(params, root / "store", os.cpu_count())
        taken, after = time.perf_counter() - began, memory()
    end_workers()  # the system counts processes that ended
    return {
        "items": items,
        "before": before["VmRSS"],
        "peak": after["VmHWM"],
        "peak_of_worker": resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss * 1024,
        "milliseconds": 1000 * taken / items,
    }


def reading(write: Callable[[Path, int], None], crop: int | None, items: int) -> Figures:
    """Measure what reading batches from a store of so many items takes."""
    with tempfile.TemporaryDirectory() as folder:
        in_fresh_process(write, Path(folder), items)
        return in_fresh_process(read, Path(folder), crop, items)


def read(root: Path, crop: int | None, items: int) -> Figures:
    """Read batches all over the epochs, in steps that rise."""
    block = {"method": "cyclegan", "data": "none", "steps": 1, "batch": BATCH, "crop": crop}
    params = load_run(block | dict(zip(("source", "target"), DOMAINS, strict=True)))
    before, began = memory(), time.perf_counter()
    batches = reader_of(Store(root), params, seed=1, device=torch.device("cpu"))
    opened = time.perf_counter() - began
    stride = max(1, items // len(DOMAINS) // BATCH * EPOCHS // BATCHES)
    taken, anonymous = [], []
    for number in range(BATCHES):
        began = time.perf_counter()
        batches(number * stride)
        taken.append(time.perf_counter() - began)
        if number % 50 == 0:
            anonymous.append(memory()["RssAnon"])
    after = memory()
    batches.names(0)
    return {
        "items": items,
        "open_files": len(list(Path("/proc/self/fd").iterdir())),
        "open_seconds": opened,
        "before": before["RssAnon"],
        "anonymous": max(anonymous),
        "mapped": after["RssFile"] - before["RssFile"],
        "names": memory()["RssAnon"] - after["RssAnon"],
        "median_milliseconds": 1000 * statistics.median(taken),
        "slowest_milliseconds": 1000 * max(taken),
    }


def slope(found: list[Figures], what: str) -> float:
    """Compute bytes an item, from the smallest size to the largest."""
    first, last = found[0], found[-1]
    return (last[what] - first[what]) / (last["items"] - first["items"])


def table_of(case: str, found: list[Figures], slopes: Figures) -> Table:
    """Make a table of a row for each size, and the slopes."""
    columns = list(found[0])
    table = Table(*(column.replace("_", " ") for column in columns), title=case)
    for figures in found:
        table.add_row(*(cell(column, figures[column]) for column in columns))
    grown = [f"{slopes[column]:+.1f}" if column in slopes else "" for column in columns[1:]]
    table.add_row("bytes an item", *grown)
    return table


def cell(column: str, value: float) -> str:
    """Write counts as they are, times in two places, bytes as MiB."""
    if "seconds" in column:
        return f"{value:.2f}"
    return f"{value:,}" if column in ("items", "open_files") else f"{value / MIB:.0f} MiB"


CASES: dict[str, tuple[Callable[[int], Figures], tuple[int, ...], tuple[str, ...]]] = {
    "preparation": (
        partial(in_fresh_process, preparing),
        PREPARED,
        ("peak", "peak_of_worker"),
    ),
    "pictures": (partial(reading, write_pictures, None), READ, ("anonymous", "mapped", "names")),
    "sound": (partial(reading, write_clips, CROP), CLIPS, ("anonymous", "mapped", "names")),
}


def main(wanted: list[str]) -> None:
    """Measure the cases that are named, or all."""
    tables, cases = [], {}
    for case in wanted or CASES:
        measure, sizes, growing = CASES[case]
        found = [measure(items) for items in sizes]
        slopes = {what: slope(found, what) for what in growing}
        results: dict[str, Any] = {"sizes": found, "bytes_an_item": slopes}
        cases[case] = results
        tables.append(table_of(case, found, slopes))
    publish("scale", Group(*tables), cases)


if __name__ == "__main__":
    main(sys.argv[1:])
