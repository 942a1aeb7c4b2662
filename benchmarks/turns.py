"""Competitors that take turns, so that a machine whose speed drifts treats all alike.

Quote the ratios, which are medians over turns: each compares figures of about the same moment.
"""

import multiprocessing
import os
import statistics
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ProcessPoolExecutor
from contextlib import contextmanager, suppress
from multiprocessing.connection import Connection
from typing import Any

import torch
from joblib.externals.loky import get_reusable_executor

Turns = list[dict[str, float]]
"""For each turn what every competitor achieved."""

PLAIN = {"GOMP_SPINCOUNT": "300000", "THP_MEM_ALLOC_ENABLE": "0"}
"""Settings of a process that does not import the package: libgomp's and torch's defaults."""

FRESH = multiprocessing.get_context("spawn")


def summary(turns: Turns, yardstick: str, unit: str) -> dict[str, dict[str, float]]:
    """Return each competitor's median as ``unit``, and its median ratio to the yardstick."""
    return {
        name: {
            unit: statistics.median(turn[name] for turn in turns),
            "ratio": statistics.median(turn[name] / turn[yardstick] for turn in turns),
        }
        for name in turns[0]
    }


def in_fresh_process(work: Callable[..., Any], *args: Any) -> Any:
    """Return what ``work`` returns in a process that has done nothing before."""
    with ProcessPoolExecutor(1, mp_context=FRESH) as process:
        return process.submit(work, *args).result()


def end_workers() -> None:
    """End joblib's workers, for which a process of `in_fresh_process` would wait minutes."""
    get_reusable_executor().shutdown()


def race(
    make: Callable[[str], Callable[[], object]],
    names: tuple[str, ...],
    turns: int,
    seconds: float,
    least: int = 3,
) -> Turns:
    """Measure calls/s of each competitor in turns of ``seconds`` and ``least`` calls at least.

    ``make`` builds what a competitor calls, in a process of its own, with the environment that
    belongs to it: torch's own where its name begins with "plain", else the package's.
    """
    with processes(make, names, seconds, least) as pipes:
        return [{name: ask(name, pipe) for name, pipe in pipes.items()} for _ in range(turns)]


def ask(name: str, pipe: Connection) -> float:
    """Ask the competitor at the other end for one turn."""
    with suppress(OSError):  # of one that is lost there is no answer, either
        pipe.send(True)
    rate: float = answer(name, pipe)
    return rate


def answer(name: str, pipe: Connection) -> Any:
    """Return what the competitor at the other end says; RuntimeError where it is no more."""
    try:
        return pipe.recv()
    except (EOFError, OSError) as error:
        raise RuntimeError(f"'{name}' was lost; did memory suffice for all competitors?") from error


@contextmanager
def processes(
    make: Callable[[str], Callable[[], object]], names: tuple[str, ...], seconds: float, least: int
) -> Iterator[dict[str, Connection]]:
    """Start a process for each competitor and yield pipes to them; they end with the block."""
    pipes: dict[str, Connection] = {}
    started = []
    try:
        for name in names:
            pipes[name], theirs = FRESH.Pipe()
            process = FRESH.Process(
                target=compete, args=(make, name, seconds, least, theirs), daemon=True
            )
            with environment(PLAIN if name.startswith("plain") else {}):
                process.start()
            theirs.close()  # the other end is the process's alone, so that its loss is heard
            started.append(process)
            answer(name, pipes[name])  # that it is ready: none warms up while another is timed
        yield pipes
    finally:
        for pipe, process in zip(pipes.values(), started, strict=True):
            with suppress(OSError):  # one that is lost already
                pipe.send(False)
            process.join()


@contextmanager
def environment(settings: dict[str, str]) -> Iterator[None]:
    """Set the environment of processes started in the block: without the package's settings.

    The package would not overwrite ``settings``, and makes its own where they are missing.
    """
    before = dict(os.environ)
    for key in PLAIN:
        os.environ.pop(key, None)
    os.environ.update(settings)
    try:
        yield
    finally:
        os.environ.clear()
        os.environ.update(before)


def compete(
    make: Callable[[str], Callable[[], object]],
    name: str,
    seconds: float,
    least: int,
    pipe: Connection,
) -> None:
    """Answer each request with the calls per second of one turn, in a process of its own."""
    call = make(name)
    call()
    pipe.send("ready")
    while pipe.recv():
        pipe.send(calls_per_second(call, seconds, least))


def calls_per_second(call: Callable[[], object], seconds: float, least: int) -> float:
    """Measure the rate over one turn."""
    began, done = time.perf_counter(), 0
    while done < least or time.perf_counter() - began < seconds:
        call()
        done += 1
    if torch.cuda.is_available():
        torch.cuda.synchronize()
    return done / (time.perf_counter() - began)
