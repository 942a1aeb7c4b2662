"""python -m benchmarks.train_step [CASE ...]: our training steps against the field's.

Each competitor lives in a process of its own, with the memory and thread settings that belong to
it, and they take turns, so that a machine whose speed drifts treats all alike. Quote the ratios,
which are medians over turns. Writes benchmarks/results/train_step.json.
"""

import sys
from collections.abc import Callable
from functools import partial
from typing import Any

import torch
from rich.table import Table

from benchmarks.machine import publish
from benchmarks.plain import plain_step
from benchmarks.turns import race, summary
from pipeline.methods.base import Method, RunParams
from pipeline.methods.registry import load_run
from pipeline.samples import Batch, DatasetSpec, Spec
from pipeline.scaffold.cost import random_batch
from pipeline.system.hardware import device, start_fabric
from pipeline.training.trainer import Trainer

SECONDS = 6.0  # a turn, at least
TURNS = 3
YARDSTICK = "plain fp32"
COMPETITORS = (YARDSTICK, "plain bf16", "ours fp32", "ours bf16")

COMMON: dict[str, Any] = {"data": "none", "steps": 10**9}
TRANSLATOR = COMMON | {"source": "a", "target": "b"}
SOUND = Spec(channels=1, height=80, width=None, bounded=False)


def pictures(side: int) -> Spec:
    """Describe colour pictures of so many pixels each way."""
    return Spec(channels=3, height=side, width=side, bounded=True)


CASES: dict[str, tuple[dict[str, Any], Spec]] = {
    "pix2pix-256": (TRANSLATOR | {"method": "pix2pix"}, pictures(256)),
    "cyclegan-256": (TRANSLATOR | {"method": "cyclegan"}, pictures(256)),
    "cut-256": (TRANSLATOR | {"method": "cut"}, pictures(256)),
    "unit-256": (TRANSLATOR | {"method": "unit"}, pictures(256)),
    "spade-256": (TRANSLATOR | {"method": "spade", "perceptual": {"kind": "none"}}, pictures(256)),
    # Of batches of 256, as published, an eighth; the divergence has its weight from step 0 on.
    "adain-vc": (
        COMMON | {"method": "adain_vc", "domains": ["a", "b"], "batch": 32, "kl_steps": 0},
        SOUND,
    ),
    "inca": (TRANSLATOR | {"method": "inca", "discriminator_start": 0}, SOUND),
    "mask-cyclegan-vc": (TRANSLATOR | {"method": "mask_cyclegan_vc"}, SOUND),
    # Batches of 16, as published, are 7 GB for each of the four competitors.
    "hifigan": (COMMON | {"method": "hifigan", "domains": ["a"], "batch": 4}, SOUND),
    "vocos": (COMMON | {"method": "vocos", "domains": ["a"], "batch": 4}, SOUND),
    "dcgan-32": (COMMON | {"method": "gan", "domains": ["a"], "batch": 64}, pictures(32)),
    # Full-grown from the first step on.
    "progressive-gan-32": (
        COMMON
        | {"method": "progressive_gan", "domains": ["a"], "batch": 16, "growth": {"start": 3}},
        pictures(32),
    ),
    "sgan-32": (COMMON | {"method": "sgan", "domains": ["a", "b"], "batch": 64}, pictures(32)),
    "vae-32": (COMMON | {"method": "vae", "domains": ["a"], "batch": 64}, pictures(32)),
    "autoencoder-32": (
        COMMON | {"method": "autoencoder", "domains": ["a"], "batch": 64},
        pictures(32),
    ),
    "vqvae-32": (
        COMMON | {"method": "vqvae", "domains": ["a"], "batch": 64, "quantiser": {}},
        pictures(32),
    ),
    "vqgan-128": (
        COMMON
        | {"method": "vqgan", "domains": ["a"], "batch": 1, "quantiser": {}}
        | {"perceptual": {"kind": "none"}, "discriminator_start": 0},
        pictures(128),
    ),
}
"""Published sizes by default, batch 1 for translators."""


def make_step(params: RunParams, spec: Spec, competitor: str) -> Callable[[], object]:
    """Build a training step on networks with the same first weights for every competitor."""
    batch = random_batch(params, DatasetSpec(specs=dict.fromkeys(params.domains, spec)))
    loop, precision = competitor.split()
    method = built(params, spec)
    if loop == "plain":
        plain = plain_step(method.to(device()), bf16=precision == "bf16")
        return lambda: plain(batch)
    fabric = start_fabric("bf16" if precision == "bf16" else "fp32")
    return stepping(Trainer(fabric, method, params, seed=0, label="", checkpoints=None), batch)


def built(params: RunParams, spec: Spec) -> Method[Any]:
    """Build a method, with the same first weights each time."""
    torch.manual_seed(0)
    return params.build(params.select(DatasetSpec(specs=dict.fromkeys(params.domains, spec))))


def stepping(trainer: Trainer, batch: Batch) -> Callable[[], object]:
    """Return a call that takes one step."""

    def step() -> None:
        trainer.reseed()
        trainer.take_step(batch)

    return step


def measure(params: RunParams, spec: Spec) -> dict[str, dict[str, float]]:
    """Measure steps per second of each competitor, and its median ratio to the yardstick."""
    turns = race(partial(make_step, params, spec), COMPETITORS, TURNS, SECONDS)
    return summary(turns, YARDSTICK, "steps_per_second")


def main(wanted: list[str]) -> None:
    """Measure the cases that are named, or all."""
    for name in wanted or CASES:  # each is published alone: all of them take half an hour
        block, spec = CASES[name]
        result = measure(load_run(block), spec)
        table = Table("case", *COMPETITORS)
        cells = [f"{r['steps_per_second']:.3g}/s x{r['ratio']:.2f}" for r in result.values()]
        table.add_row(name, *cells)
        publish("train_step", table, {name: result})


if __name__ == "__main__":
    main(sys.argv[1:])
