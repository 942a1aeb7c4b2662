"""Files that do not fit in memory are read without what lies behind each place."""

import mmap

import numpy as np
import pytest

from pipeline.system import memory
from pipeline.system.memory import read_at_random

ADVICE = 1  # its number in Linux


def told(have, monkeypatch):
    """Record what the system is told of a mapped file of 1 MiB, where it has so much memory."""
    heard = []

    class Told(mmap.mmap):
        def madvise(self, advice):
            heard.append(advice)

    monkeypatch.setattr(memory, "memory", lambda: have)
    read_at_random([np.ndarray(2**20, np.uint8, Told(-1, 2**20))])
    return heard


@pytest.mark.parametrize(("have", "advised"), [(2**30, []), (2**21, [ADVICE]), (None, [])])
def test_the_system_is_told_where_files_are_large(have, advised, monkeypatch):
    monkeypatch.setattr(mmap, "MADV_RANDOM", ADVICE, raising=False)
    assert told(have, monkeypatch) == advised


def test_a_system_that_takes_no_advice_is_given_none(monkeypatch):
    monkeypatch.delattr(mmap, "MADV_RANDOM", raising=False)
    assert told(2**21, monkeypatch) == []


def test_what_is_read_stays_the_same(tmp_path, monkeypatch):
    rows = np.arange(2**20, dtype=np.uint32).reshape(2**8, 2**12)
    np.save(tmp_path / "rows.npy", rows)
    mapped = np.load(tmp_path / "rows.npy", mmap_mode="r")
    monkeypatch.setattr(memory, "memory", lambda: 1)
    read_at_random([mapped, np.zeros(3)])  # the other is not mapped
    np.testing.assert_array_equal(mapped, rows)
