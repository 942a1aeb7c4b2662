"""Processes of their own, for what a test can't do in its own: be killed, be one of two, or be a
command.

They are forked from a server that has imported everything, since a start from scratch imports for
seconds, and that has done nothing else: no seed, no thread, no GPU is inherited.
"""

import multiprocessing
import os
import runpy
import signal
import sys
from collections.abc import Callable, Sequence
from multiprocessing import forkserver
from multiprocessing.process import BaseProcess
from pathlib import Path
from typing import Any, NamedTuple

import dvc.cachemgr  # what DVC and training import when they start
import dvc.cli.parser
import dvc.repo.graph
import dvc.repo.index
import dvc.repo.stage
import dvc.rwlock  # noqa: F401
import dvclive.live  # noqa: F401
import kornia.augmentation  # noqa: F401
import networkx  # noqa: F401
import pytest
import scmrepo.git  # noqa: F401
import tiny
import torch
from trainers import train_in

from pipeline.datasets.store import Store
from pipeline.errors import exit_on_error
from pipeline.scaffold import cost
from pipeline.system.hardware import memory_used
from pipeline.training import readers, trainer

LONGEST = 120
"""Seconds that a process may take."""

server = multiprocessing.get_context("forkserver")
server.set_forkserver_preload(["processes"])


class Ended(NamedTuple):
    """The remains of a process."""

    code: int
    """Its exit code; minus the signal's number where one killed it."""
    output: str
    errors: str


class Started(NamedTuple):
    """A process that runs."""

    process: BaseProcess
    log: Path

    def wait(self) -> Ended:
        """Wait for its end."""
        self.process.join(LONGEST)
        if self.process.exitcode is None:
            self.process.kill()
            raise AssertionError(f"still running after {LONGEST} s")
        texts = (self.log.with_suffix(ending).read_text() for ending in (".out", ".err"))
        return Ended(self.process.exitcode, *texts)


def wake_server() -> None:
    """Start the server where it does not run, with a path on which it finds this file."""
    with pytest.MonkeyPatch.context() as patch:
        paths = os.pathsep.join(map(str, (tiny.ROOT, tiny.ROOT / "tests")))
        patch.setenv("PYTHONPATH", paths)
        forkserver.ensure_running()


def start(work: Callable[..., None], *arguments: Any, log: Path, **environment: str) -> Started:
    """Call ``work``, a function of this file, in a process that writes to ``log``.out and .err."""
    wake_server()
    log.parent.mkdir(parents=True, exist_ok=True)
    process = server.Process(target=call, args=(work, arguments, log, environment))
    process.start()
    return Started(process, log)


def call(
    work: Callable[..., None], arguments: tuple[Any, ...], log: Path, environment: dict[str, str]
) -> None:
    """Call ``work`` as a process would that was started with this environment and these outputs."""
    os.environ.update(environment)
    for stream, ending in ((sys.stdout, ".out"), (sys.stderr, ".err")):
        with log.with_suffix(ending).open("w") as file:
            os.dup2(file.fileno(), stream.fileno())
    work(*arguments)


# What they do


def run_module(name: str, arguments: Sequence[str], folder: Path) -> None:
    """Run ``python -m NAME ARGUMENTS`` in a folder."""
    os.chdir(folder)
    if os.environ.get("OMP_NUM_THREADS") == "1":  # which torch reads when it is imported
        torch.set_num_threads(1)
    sys.path.insert(0, str(folder))
    sys.argv = [name, *arguments]
    runpy.run_module(name, run_name="__main__", alter_sys=True)


def train_toy(name: str, store: Path, root: Path, **changes: Any) -> None:
    """Train a toy on a store; what it leaves lies below ``root``."""
    train_in(root, tiny.shrink(tiny.runs()[name], **changes), Store(store))


def train_till_killed(
    name: str, store: Path, root: Path, step: int | None, rank: int, changes: dict[str, Any]
) -> None:
    """As the command trains a toy; process ``rank`` is killed at a step's batch."""
    read = readers.UnpairedReader.__call__

    def kill(self: Any, at: int) -> Any:
        if at == step and self.rank == rank:
            os.kill(os.getpid(), signal.SIGKILL)
        return read(self, at)

    readers.UnpairedReader.__call__ = kill
    exit_on_error(lambda: train_toy(name, store, root, **changes))


def measure_briefly(path: Path, name: str) -> cost.Cost:
    """Measure a run's cost by as few steps as there may be."""
    cost.SECONDS = 0.0
    return cost.measure(path, name)


def print_growth(size: int) -> None:
    """Print by how many bytes this process grows when it holds ``size`` more."""
    cpu = torch.device("cpu")
    before, held = memory_used(cpu), torch.ones(size // 4)
    print(memory_used(cpu) - before, flush=True)
    del held


def train_and_keep_gradients(out: Path, stores: dict[str, Path]) -> None:
    """Train a toy on each store in ``out``/NAME, and keep the gradients of its first step."""
    torch.set_num_threads(1)
    average, seen = trainer.average_gradients, []

    def record(parameters: Any, world: int) -> None:
        average(parameters, world)
        seen.append([p.grad.clone() for p in parameters])

    trainer.average_gradients = record
    for name, store in stores.items():
        # The pool's draws are each process's own: without it the two runs' mathematics is the same.
        alike = {"pool": 0} if name == "cyclegan" else {}
        steps = {"steps": 5, "log_every": 5, "batch": 2}
        whole = {"flip": False, "precision": "fp32", "ema": None}
        if tiny.kind_of(tiny.runs()[name]) != "sounds":
            whole["crop"] = None
        train_toy(name, store, out / name, **steps, **whole, **alike)
        torch.save(seen[:2], out / name / "gradients.pt")  # both ranks write the same
        seen.clear()
