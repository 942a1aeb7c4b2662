"""python -m benchmarks.startup: how long a whole process takes that only starts.

Wall time of processes that run nothing else, in turns; the first turn reads files into the page
cache and is not counted. ``python -c pass`` and ``import torch`` are what nobody gets below.
Writes benchmarks/results/startup.json.
"""

import statistics
import subprocess
import sys
import time

from rich.table import Table

from benchmarks.machine import publish

TURNS = 5
PYTHON = (sys.executable, "-c")
COMMAND = (sys.executable, "-m", "pipeline.cli")  # as the entry point of `crossdomain` does
CASES: dict[str, tuple[str, ...]] = {
    "python -c pass": (*PYTHON, "pass"),
    "import torch": (*PYTHON, "import torch"),
    "import pipeline": (*PYTHON, "import pipeline"),
    "import pipeline.inference.finished": (*PYTHON, "import pipeline.inference.finished"),
    "import pipeline.training.trainer": (*PYTHON, "import pipeline.training.trainer"),
    "crossdomain --help": (*COMMAND, "--help"),
    "crossdomain models --help": (*COMMAND, "models", "--help"),
}


def seconds(command: tuple[str, ...]) -> float:
    """Measure the wall time of one process."""
    began = time.perf_counter()
    subprocess.run(command, check=True, stdout=subprocess.DEVNULL)
    return time.perf_counter() - began


def main() -> None:
    """Time every case in turns."""
    turns = [{name: seconds(command) for name, command in CASES.items()} for _ in range(TURNS + 1)]
    table = Table("process", "median s", "fastest s")
    cases = {}
    for name in CASES:
        taken = [turn[name] for turn in turns[1:]]
        cases[name] = {"seconds": statistics.median(taken), "fastest": min(taken)}
        table.add_row(name, *(f"{value:.3f}" for value in cases[name].values()))
    publish("startup", table, cases)


if __name__ == "__main__":
    main()
