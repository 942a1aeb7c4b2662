"""Costs of a recipe on this machine: steps on random batches, in a process of their own."""

import time
from concurrent.futures import ProcessPoolExecutor
from concurrent.futures.process import BrokenProcessPool
from multiprocessing import get_context
from pathlib import Path
from typing import NamedTuple

import torch

from pipeline.errors import UserError
from pipeline.methods.base import RunParams
from pipeline.methods.runs import VocoderRunParams
from pipeline.params import load_params
from pipeline.samples import Batch, DatasetSpec, Labelled, Vocoded
from pipeline.system.hardware import device, memory_used, start_fabric
from pipeline.training.trainer import Trainer

WARMING = 2  # steps before the first that counts: memory is found, kernels are chosen
LEAST, SECONDS = 3, 3.0  # steps and time that are measured, at least


class Cost(NamedTuple):
    """Of one run."""

    seconds: float
    """A step."""
    memory: int
    """Bytes: the most that the process, or the accelerator, held; 0 where nobody tells."""


def costs(path: Path) -> dict[str, Cost]:
    """Return the cost of each classifier and model that builds on no other, by its path.

    Each is measured in a fresh process, whose memory is that of training alone. Raises UserError
    where it does not fit into memory.
    """
    params = load_params(path)
    alone = [name for name in params.trained if not name.startswith("second_stage.")]
    return {name: in_fresh_process(path, name) for name in alone}


def in_fresh_process(path: Path, name: str) -> Cost:
    """Run `measure` in a process that has done nothing before."""
    try:
        with ProcessPoolExecutor(1, mp_context=get_context("spawn")) as process:
            return process.submit(measure, path, name).result()
    except (BrokenProcessPool, torch.OutOfMemoryError) as error:
        raise UserError(
            f"{path}: a few steps of {name} did not fit into memory; lower size or batch there"
        ) from error


def measure(path: Path, name: str) -> Cost:
    """Take a few steps of a run: ``models.NAME`` or ``classifiers.NAME``."""
    params = load_params(path)
    run = params.trained[name]
    data = run.select(params.datasets[run.data].spec)
    fabric = start_fabric(run.precision, deterministic=run.deterministic)
    trainer = Trainer(fabric, run.build(data), run, seed=0, label="", checkpoints=None)
    batch = random_batch(run, data)

    def take() -> None:
        trainer.reseed()
        trainer.take_step(batch)
        if fabric.device.type == "cuda":
            torch.cuda.synchronize()

    for _ in range(WARMING):
        take()
    began, taken = time.perf_counter(), 0
    while taken < LEAST or time.perf_counter() - began < SECONDS:
        take()
        taken += 1
    return Cost((time.perf_counter() - began) / taken, peak_memory())


def random_batch(run: RunParams, data: DatasetSpec) -> Batch:
    """Draw noise in the shape of a batch, on the device already."""
    generator, count = torch.Generator().manual_seed(1), run.batch * run.batches_per_step
    height, width = run.sample_size(data)
    rows = []
    for name in (run.domains[0], run.domains[-1]):
        shape = (count, data.specs[name].channels, height, width)
        rows.append((torch.rand(shape, generator=generator) * 2 - 1).to(device()))
    if isinstance(run, VocoderRunParams):
        frames = rows[0][:, 0]
        wave = torch.rand(count, frames.shape[2] * run.convention.hop, generator=generator)
        return Vocoded(frames, (wave * 2 - 1).to(device()))
    if run.reads is Labelled:
        return Labelled(rows[0], torch.arange(count, device=device()) % len(run.domains))
    return run.reads(*rows)


def peak_memory() -> int:
    """Measure in bytes the most that the accelerator's tensors took, or this process ever held."""
    of = device()
    status = Path("/proc/self/status")
    if of.type == "cuda" or not status.exists():
        return memory_used(of)
    # Not getrusage, whose peak a new process inherits from the one that started it.
    found = [x for x in status.read_text(encoding="ascii").splitlines() if x.startswith("VmHWM")]
    return int(found[0].split()[1]) * 1024 if found else memory_used(of)
