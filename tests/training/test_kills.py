"""SIGKILL at random moments, twenty times: the end is that of an undisturbed run, byte for byte."""

import multiprocessing
import random
import shutil
import time
from collections.abc import Callable
from pathlib import Path

import pytest
import tiny
from trainers import train_in

from pipeline.datasets import writer
from pipeline.datasets.digits import DigitsParams
from pipeline.datasets.prepare import prepare

KILLS = 20


def kill_until_done(work: Callable[[], None], out: Path) -> list[bytes]:
    """Runs ``work`` in processes, ``KILLS`` of which are killed at random; the first and the last
    are not.

    Returns what ``out`` held each time that a process lived long enough to finish it.
    """
    forked = multiprocessing.get_context("fork")  # a start from scratch imports for seconds
    moments = random.Random(1)
    ends, kills, longest, killed = [], 0, None, True
    while killed or kills < KILLS:
        process = forked.Process(target=work)
        began = time.perf_counter()
        process.start()
        spared = longest is None or kills == KILLS
        process.join(60 if spared else moments.uniform(0, longest))
        killed = process.is_alive()
        if killed:
            process.kill()
            process.join()
            kills += 1
        else:
            assert process.exitcode == 0
            ends.append(tiny.tree(out))
            shutil.rmtree(out)
        if longest is None:  # what it takes here and now, so kills fall anywhere in it
            longest = time.perf_counter() - began
    return ends


def test_a_preparation_that_is_killed_goes_on(raw_pictures, tmp_path, monkeypatch):
    monkeypatch.setattr(writer, "SHARD_BYTES", 2_000)  # two or three pictures

    def work(place: str) -> None:
        prepare(raw_pictures, tmp_path / place, workers=1)

    work("undisturbed")
    ends = kill_until_done(lambda: work("killed"), tmp_path / "killed")
    assert all(end == tiny.tree(tmp_path / "undisturbed") for end in ends)
    left = {path.name for path in tmp_path.iterdir()}
    assert left == {"undisturbed", ".undisturbed.way", ".killed.way"}


def test_a_preparation_goes_on_where_it_was(tmp_path, monkeypatch):
    monkeypatch.setattr(writer, "SHARD_BYTES", 20_000)
    params = DigitsParams(size=16)
    flush, flushed = writer.DomainWriter.flush, []

    def stop_at_third(self: writer.DomainWriter) -> None:
        flush(self)
        flushed.append(self.items)
        if len(flushed) == 3:
            raise KeyboardInterrupt

    monkeypatch.setattr(writer.DomainWriter, "flush", stop_at_third)
    with pytest.raises(KeyboardInterrupt):
        prepare(params, tmp_path / "out", workers=1)
    done = writer.DomainWriter(tmp_path / ".out.partial/train/digit", None, False, {}).items
    assert done == flushed[-1] > 0
    prepare(params, tmp_path / "out", workers=1)
    prepare(params, tmp_path / "whole", workers=1)
    assert tiny.tree(tmp_path / "out") == tiny.tree(tmp_path / "whole")


def test_other_parameters_do_not_go_on(tmp_path, monkeypatch):
    monkeypatch.setattr(writer, "SHARD_BYTES", 20_000)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(writer.DomainWriter, "close", lambda self: (_ for _ in ()).throw(SystemExit))
        with pytest.raises(SystemExit):
            prepare(DigitsParams(size=16), tmp_path / "out", workers=1)
    prepare(DigitsParams(size=32), tmp_path / "out", workers=1)
    prepare(DigitsParams(size=32), tmp_path / "whole", workers=1)
    assert tiny.tree(tmp_path / "out") == tiny.tree(tmp_path / "whole")


def test_a_training_that_is_killed_goes_on(store_of, tmp_path):
    run = tiny.shrink(tiny.runs()["dcgan"], ema={"decay": 0.9}, steps=8, checkpoint_every=1)
    store = store_of(run)

    def work(place: str) -> None:
        train_in(tmp_path / place, run, store)

    work("undisturbed")
    ends = kill_until_done(lambda: work("killed"), tmp_path / "killed")
    assert all(end == tiny.tree(tmp_path / "undisturbed") for end in ends)
