"""Work for several processes, once there is enough of it."""

import os
from collections.abc import Callable, Iterable, Iterator
from itertools import islice
from time import perf_counter
from typing import Any, Generic, Self, TypeVar

from joblib import Parallel

Result = TypeVar("Result")
Job = tuple[Callable[..., Result], tuple[Any, ...], dict[str, Any]]
"""A call as joblib's ``delayed`` makes it."""

TRIED = 0.5
"""Seconds of work in this process that tell how long the rest would take."""

START = 2.0
"""Seconds that processes take to start, since each imports torch."""

BLOCK = 1024
"""Jobs that the pool is given at once: it keeps all results that nobody has taken yet, and the disk
may be slower than it is."""


class Workers(Generic[Result]):
    """Does jobs and gives their results in order, in one process or several: the same results.

    A context, with which its processes end.
    """

    def __init__(self, total: int, count: int | None = None) -> None:
        """Take ``total`` as the number of jobs in all.

        ``count``: so many processes from the first job on; None: one a core as soon as it pays.
        """
        self.left = total
        self.asked = count is not None
        self.count = count or os.cpu_count() or 1
        self.pool = Parallel(n_jobs=self.count, return_as="generator")
        self.warm = False
        self.tried, self.seconds = 0, 0.0

    def __enter__(self) -> Self:
        self.pool.__enter__()
        return self

    def __exit__(self, *raised: Any) -> None:
        self.pool.__exit__(*raised)

    def skip(self, jobs: int) -> None:
        """Say that some of all the jobs need not be done."""
        self.left -= jobs

    def results(self, jobs: Iterable[Job[Result]]) -> Iterator[Result]:
        """Return the jobs' results; may be called again with more jobs."""
        waiting = iter(jobs)
        while not self.pays():
            job = next(waiting, None)
            if job is None:
                return
            self.left -= 1
            yield self.here(job)
        while block := list(islice(waiting, BLOCK)):
            for result in self.pool(block):
                self.left -= 1
                yield result

    def pays(self) -> bool:
        """Tell whether the pool ends earlier than this process alone would."""
        if self.asked:
            return True
        if self.seconds < TRIED:
            return False
        ahead = self.left * self.seconds / self.tried
        return ahead * (1 - 1 / self.count) > START

    def here(self, job: Job[Result]) -> Result:
        """Return one job's result, timed."""
        work, args, kwargs = job
        began = perf_counter()
        result = work(*args, **kwargs)
        if self.warm:  # the first also imports what it needs
            self.seconds += perf_counter() - began
            self.tried += 1
        self.warm = True
        return result
