"""Several processes come in where they end earlier, and change no result."""

import os
from collections.abc import Iterator

import pytest
from joblib import delayed
from joblib.externals.loky import get_reusable_executor

from pipeline.system import workers
from pipeline.system.workers import Workers

JOBS = 12


@pytest.fixture(autouse=True, scope="module")
def own_processes() -> Iterator[None]:
    """None are left to tests that load torch, which joblib would take for a leak of memory."""
    yield
    get_reusable_executor().shutdown()


def whose(number: int) -> tuple[int, int]:
    """A job that says which process did it."""
    return number, os.getpid()


def done(monkeypatch, *, tick: float, count: int | None = None, skipped: int = 0) -> list[int]:
    """Who did the jobs, in two batches, where each would take ``tick`` seconds."""
    clock = iter(range(1000))
    monkeypatch.setattr(workers, "perf_counter", lambda: next(clock) * tick)
    monkeypatch.setattr(workers.os, "cpu_count", lambda: 2)
    team: Workers[tuple[int, int]] = Workers(JOBS + skipped, count)
    with team:
        team.skip(skipped)
        jobs = [delayed(whose)(number) for number in range(JOBS)]
        found = [*team.results(jobs[:5]), *team.results(jobs[5:])]
    assert [number for number, _ in found] == list(range(JOBS))
    assert team.left == 0
    return [process for _, process in found]


def test_short_work_starts_no_process(monkeypatch):
    assert set(done(monkeypatch, tick=0.1, skipped=10**6)) == {os.getpid()}


def test_long_work_is_shared_as_soon_as_it_is_known_to_be_long(monkeypatch):
    first, second, *others = done(monkeypatch, tick=1.0)
    assert first == second == os.getpid()  # how long the first takes tells nothing
    assert os.getpid() not in others


def test_processes_that_are_asked_for_do_everything(monkeypatch):
    assert os.getpid() not in done(monkeypatch, tick=0.1, count=2)


def test_no_more_results_wait_than_a_block(monkeypatch):
    monkeypatch.setattr(workers, "BLOCK", 5)
    taken = []
    team: Workers[tuple[int, int]] = Workers(JOBS, 2)
    with team:
        jobs = (taken.append(number) or delayed(whose)(number) for number in range(JOBS))
        for number, _ in team.results(jobs):
            assert len(taken) <= number + 5
    assert taken == list(range(JOBS))


@pytest.mark.parametrize("cores", [1, None])
def test_a_single_core_shares_nothing(monkeypatch, cores):
    monkeypatch.setattr(workers.os, "cpu_count", lambda: cores)
    team: Workers[int] = Workers(10**6)
    team.tried, team.seconds = 1, 100.0
    assert not team.pays()
