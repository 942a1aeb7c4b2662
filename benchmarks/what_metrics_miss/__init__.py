"""python -m benchmarks.what_metrics_miss [--out FOLDER]: what metrics of samples overlook.

On the handwritten digits that come with scikit-learn, by the classifier that evaluation asks about
them (data/classifiers/digits where `crossdomain repro` has left it, else one trained anew):

- cheats: the inception score of one picture a class is the best there is, the Frechet distance of
  copies of training digits is. What shows each of them stands beside it.
- disturbances: Frechet distance and inception score of pictures that are blurred, noisy, covered,
  speckled, or among others: of digits, and of scenes, whose classes the classifier does not know.
- parzen: log-likelihoods by Parzen windows, which rank averages above digits, and fall short of a
  likelihood that is known.
- few samples: Frechet distances rise where samples are few, kernel distances don't.
- pixels: PSNR prefers blurred digits, and the mean of all, to digits that were moved.

Writes what_metrics_miss.json with the machine and a figure of each to FOLDER
(benchmarks/results), in less than two minutes on one core. docs/metrics.md has the results.
"""

import argparse
import time
from collections.abc import Callable, Sequence
from functools import partial
from pathlib import Path
from typing import Any

from rich.console import Console

from benchmarks.machine import RESULTS, describe
from benchmarks.what_metrics_miss.cheats import measure_cheats, measure_few_samples
from benchmarks.what_metrics_miss.digits import Digits, load_digits
from benchmarks.what_metrics_miss.disturbances import measure_disturbances, measure_pairs
from benchmarks.what_metrics_miss.figures import (
    CHEATS,
    LIKELIHOODS,
    PIXELS,
    draw_bars,
    draw_disturbances,
    draw_few_samples,
)
from benchmarks.what_metrics_miss.likelihoods import measure_likelihoods
from pipeline.system.json_files import write_json

CASES: dict[str, tuple[Callable[[Digits], Any], Callable[[Any, Path], None]]] = {
    "cheats": (measure_cheats, partial(draw_bars, titles=CHEATS, figsize=(12, 2.6))),
    "disturbances": (measure_disturbances, draw_disturbances),
    "parzen": (measure_likelihoods, partial(draw_bars, titles=LIKELIHOODS, figsize=(9, 2.6))),
    "few samples": (measure_few_samples, draw_few_samples),
    "pixels": (measure_pairs, partial(draw_bars, titles=PIXELS, figsize=(11, 2))),
}
"""The measurement of each case, and the drawing of what it found."""


def main(arguments: Sequence[str] | None = None) -> None:
    """Measure, draw and write."""
    summary, *_ = (__doc__ or "").splitlines()
    parser = argparse.ArgumentParser(description=summary)
    parser.add_argument("--out", type=Path, default=RESULTS)
    out: Path = parser.parse_args(arguments).out
    out.mkdir(parents=True, exist_ok=True)
    began = time.perf_counter()
    digits = load_digits()
    cases = {}
    for name, (measure, draw) in CASES.items():
        cases[name] = measure(digits)
        draw(cases[name], out / f"misses_{name.replace(' ', '_')}.png")
        Console().print(name, cases[name])
    content = {
        "machine": describe(),
        "classifier": {"source": digits.source, "test_accuracy": digits.accuracy},
        "seconds": round(time.perf_counter() - began, 1),
        "cases": cases,
    }
    path = out / "what_metrics_miss.json"
    write_json(path, content)
    Console().print(f"{path}: {content['seconds']} s, classifier {content['classifier']}")
