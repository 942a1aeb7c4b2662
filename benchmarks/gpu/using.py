"""Finished models in use: the functions behind the command line against plain calls."""

import tempfile
from pathlib import Path
from typing import Any

from benchmarks.inference import CASES, YARDSTICK, write_model
from benchmarks.turns import calls_per_second
from pipeline.inference.finished import load
from pipeline.system.hardware import device

SECONDS = 1.5
QUICK = ("dcgan-64",)


def measure_using(*, quick: bool) -> dict[str, Any]:
    """Measure what each case makes a second, plainly and by ours; of one that fails, say why."""
    found: dict[str, Any] = {}
    for case in QUICK if quick else CASES:
        name, calls_of, units, unit = CASES[case]
        try:
            with tempfile.TemporaryDirectory() as folder:
                write_model(name, Path(folder) / "model")
                calls = calls_of(load(Path(folder) / "model", device()))
            found[case] = {"unit": unit}
            for who in (YARDSTICK, "ours"):
                calls[who]()  # kernels are chosen
                speed = calls_per_second(calls[who], 0.0 if quick else SECONDS, least=1)
                found[case][who] = units * speed
        except Exception as error:
            found[case] = {"failed": f"{type(error).__name__}: {error}"[:500]}
    return found
