"""Projected duration of a full run: recipes/horse2zebra-256 as it is, on pictures of noise."""

import tempfile
import time
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
import yaml

from benchmarks.gpu.machine import synchronise
from pipeline.datasets.prepare import prepare
from pipeline.datasets.source import Item, PictureParams, Source, as_is
from pipeline.datasets.store import Store
from pipeline.methods.registry import load_run
from pipeline.system.hardware import device, memory_used
from pipeline.training.train import set_up

RECIPE = Path("recipes/horse2zebra-256/params.yaml")
PICTURES = 64  # a domain
TOY: dict[str, Any] = {
    "resize": 36,
    "crop": 32,
    "generator": {"kind": "resnet", "width": 4, "blocks": 1},
    "discriminator": {"width": 4, "layers": 1, "norm": "instance"},
}


class NoiseParams(PictureParams):
    """Pictures of noise in two domains."""

    size: int

    @property
    def channels(self) -> dict[str, int]:
        """Three of each."""
        return {"horse": 3, "zebra": 3}

    def source(self) -> Source:
        """Return pictures for training alone."""
        rng = np.random.default_rng(1)
        shape = (PICTURES, self.size, self.size, 3)
        items = {
            domain: [
                Item(f"{number:03d}", partial(as_is, picture))
                for number, picture in enumerate(rng.integers(0, 256, shape, dtype=np.uint8))
            ]
            for domain in self.channels
        }
        return Source({"train": items})


def project(seconds: float, *, quick: bool) -> dict[str, Any]:
    """Train as the recipe does for so long, and project the hours of its steps.

    Reading and augmentation are those of a run. ``waiting`` is the share of time in which
    the next batch was not there.
    """
    block = yaml.safe_load(RECIPE.read_text(encoding="utf-8"))["models"]["cyclegan"]
    params = load_run(block | (TOY if quick else {}))
    with tempfile.TemporaryDirectory() as folder:
        prepare(NoiseParams(size=32 if quick else 256), Path(folder) / "noise", workers=1)
        store = Store(Path(folder) / "noise")
        trainer, feed, _ = set_up(params, store, seed=1, label="projection", scratch=None)

        def take() -> float:
            began = time.perf_counter()
            trainer.reseed()
            batch = feed(trainer.step)
            waited = time.perf_counter() - began
            trainer.take_step(batch)
            return waited

        for _ in range(1 if quick else 10):
            take()
        synchronise()
        began, steps, waited = time.perf_counter(), 0, 0.0
        while steps < 2 or (not quick and time.perf_counter() - began < seconds):
            waited += take()
            steps += 1
        synchronise()
        taken = time.perf_counter() - began
    return {
        "steps_per_second": steps / taken,
        "waiting": waited / taken,
        "memory_gib": memory_used(device()) / 2**30,
        "hours_of_the_recipe": params.steps * taken / steps / 3600,
        "steps_of_the_recipe": params.steps,
    }
