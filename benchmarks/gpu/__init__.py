"""python -m benchmarks.gpu [--minutes 8] [--device cpu] [--quick] [--out FOLDER]: what a GPU gives.

One command for the few minutes that a GPU is at hand: what the machine is and can do at most, the
suite's device tests, training steps of every family against plain loops, inference, and a
projection of a full run. Parts run one after the other, each in a process of its own; where one
fails the others go on, and gpu.json and gpu.md are there after each. ``--quick`` is for a
processor: the same at toy sizes, so that no minute on a GPU is spent on a typing error.
"""

import argparse
import os
import time
from collections.abc import Sequence
from functools import partial
from pathlib import Path

from benchmarks.gpu.parts import Part, run_parts

DEVICE_TESTS, CASE = 150.0, 75.0
"""Seconds that the device tests, and the training steps of one case, may take."""
FIRST = ("cyclegan-256", "pix2pix-256", "mask-cyclegan-vc", "vqgan-128", "dcgan-32")
"""Cases that are measured first, in case the minutes do not suffice for all."""
QUICK = ("vae-32", "cyclegan-256")
PROJECTION = 40.0


def parts_of(*, quick: bool) -> list[Part]:
    """List what is done, the most wanted first."""
    # Here, not above: with --device cpu the environment has to be set before torch is imported.
    from benchmarks.gpu.machine import describe_machine
    from benchmarks.gpu.projection import project
    from benchmarks.gpu.steps import measure_steps
    from benchmarks.gpu.suite import run_device_tests
    from benchmarks.gpu.using import measure_using
    from benchmarks.train_step import CASES

    patience = 4 if quick else 1  # of a processor whose cores others use, too
    first = QUICK if quick else FIRST
    others = () if quick else tuple(name for name in CASES if name not in FIRST)

    def steps(names: Sequence[str]) -> list[Part]:
        return [
            Part(f"steps/{name}", patience * CASE, partial(measure_steps, name, quick=quick))
            for name in names
        ]

    return [
        Part("machine", 60.0, partial(describe_machine, quick=quick)),
        Part(
            "device tests",
            patience * DEVICE_TESTS,
            partial(run_device_tests, patience * DEVICE_TESTS, quick=quick),
        ),
        *steps(first),
        Part("using", patience * 60.0, partial(measure_using, quick=quick)),
        Part("projection", patience * PROJECTION + 40, partial(project, PROJECTION, quick=quick)),
        *steps(others),
    ]


def main(arguments: Sequence[str] | None = None) -> int:
    """Run all parts within the minutes; return how many failed."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.gpu", description=__doc__)
    parser.add_argument("--minutes", type=float, default=8.0, help="when to end, from now")
    parser.add_argument("--device", choices=("cuda", "cpu"), default="cuda")
    parser.add_argument("--quick", action="store_true", help="toy sizes, to see that all runs")
    parser.add_argument("--out", type=Path, default=Path("benchmarks/results"), metavar="FOLDER")
    asked = parser.parse_args(arguments)
    if asked.device == "cpu":
        os.environ["CUDA_VISIBLE_DEVICES"] = ""

    from benchmarks.gpu.page import write_results
    from pipeline.system.hardware import device

    if device().type != asked.device:
        parser.error("torch sees no GPU here: --device cpu measures the processor")
    end = time.monotonic() + 60 * asked.minutes
    ahead = asked.device == "cuda"  # a processor of few cores would be slowed down by it
    note = partial(write_results, asked.out)
    outcomes = run_parts(parts_of(quick=asked.quick), end, note, ahead=ahead)
    print(f"written: {asked.out / 'gpu.json'}, {asked.out / 'gpu.md'}")
    return sum(outcome["status"] == "failed" for outcome in outcomes.values())
