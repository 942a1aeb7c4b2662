"""Parts of a measurement: each in a process of its own, with an end, and none costs the others."""

import multiprocessing
import os
import signal
import time
import traceback
from collections.abc import Callable, Iterator, Sequence
from multiprocessing.connection import Connection
from multiprocessing.process import BaseProcess
from typing import Any, Literal, NamedTuple, TypedDict

FRESH = multiprocessing.get_context("spawn")
NO_TIME = "no time was left"
LEAST = 5.0
"""Seconds under which no part is begun."""


class Part(NamedTuple):
    """Something to do, and how long it may take."""

    name: str
    seconds: float
    work: Callable[[], Any]
    """Returns what JSON can hold, or yields what is known so far each time that it is more; is
    called in another process, so it has to be picklable."""


Status = Literal["done", "failed", "skipped"]


class Outcome(TypedDict):
    """The outcome of a part."""

    status: Status
    seconds: float
    result: Any
    """The part's own result; of one that is not done, the reason."""


Outcomes = dict[str, Outcome]


class Started(NamedTuple):
    """A process that has imported what a part needs and waits for the word to go."""

    process: BaseProcess
    pipe: Connection


def run_parts(
    parts: Sequence[Part],
    end: float,
    note: Callable[[Outcomes], None],
    *,
    ahead: bool = False,
) -> Outcomes:
    """Run parts one after the other and return what came of each.

    ``end``: when all has to be done, by time.monotonic. ``note`` is called with all outcomes so far
    after each. ``ahead``: the next part's process starts, and imports, while this one works.
    """
    outcomes: Outcomes = {}
    waiting: Started | None = None
    try:
        for number, part in enumerate(parts):
            left = end - time.monotonic()
            if left < LEAST:
                outcomes[part.name] = Outcome(status="skipped", seconds=0.0, result=NO_TIME)
                continue
            started, waiting = waiting or start(part), None
            if ahead and number + 1 < len(parts):
                waiting = start(parts[number + 1])
            print(f"{part.name} ...", flush=True)
            outcomes[part.name] = finish(started, min(part.seconds, left))
            print(f"  {words(outcomes[part.name])}", flush=True)
            note(outcomes)
    finally:
        if waiting is not None:
            stop(waiting)
    note(outcomes)
    return outcomes


def start(part: Part) -> Started:
    """Start the process of a part, which waits."""
    ours, theirs = FRESH.Pipe()
    process = FRESH.Process(target=answer, args=(part.work, theirs))
    process.start()
    theirs.close()
    return Started(process, ours)


def answer(work: Callable[[], Any], pipe: Connection) -> None:
    """Wait for the word, do the work and send what came of it."""
    os.setpgrp()  # so that what it starts ends with it
    if not pipe.recv():
        return
    try:
        found = work()
        for so_far in found if isinstance(found, Iterator) else [found]:
            pipe.send(("done", so_far))
    except BaseException:  # whatever it is, the other parts go on
        pipe.send(("failed", traceback.format_exc(limit=-4)))
    pipe.close()


def finish(started: Started, seconds: float) -> Outcome:
    """Give the word, and take what comes for as long as there is time; the newest counts."""
    began = time.monotonic()
    newest: tuple[Status, Any] | None = None
    reason = f"did not end within {seconds:.0f} s"
    try:
        started.pipe.send(True)
        while started.pipe.poll(max(0.0, began + seconds - time.monotonic())):
            newest = started.pipe.recv()
    except (EOFError, OSError):
        started.process.join()
        reason = f"its process ended with exit code {started.process.exitcode}"
    stop(started)
    status, result = newest or ("failed", reason)
    return Outcome(status=status, seconds=round(time.monotonic() - began, 1), result=result)


def stop(started: Started) -> None:
    """End a part's process, and whatever it started."""
    started.pipe.close()
    started.process.join(1.0)
    if started.process.is_alive() and started.process.pid is not None:
        try:
            os.killpg(started.process.pid, signal.SIGKILL)
        except ProcessLookupError:  # it has not come to make its group yet
            started.process.kill()
    started.process.join()


def words(outcome: Outcome) -> str:
    """Say what came of a part, on one line."""
    if outcome["status"] == "done":
        return f"done in {outcome['seconds']} s"
    return f"{outcome['status']}: {str(outcome['result']).strip().splitlines()[-1]}"
