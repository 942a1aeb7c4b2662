"""Files that do not fit in memory are read without what lies behind each place."""

import mmap

import numpy as np
import pytest

from pipeline import memory
from pipeline.memory import read_at_random

pytestmark = pytest.mark.skipif(not hasattr(mmap, "MADV_RANDOM"), reason="a system without advice")


@pytest.fixture
def mapped(tmp_path):
    """A mapped file of 1 MiB."""
    path = tmp_path / "rows.npy"
    np.save(path, np.zeros((2**8, 2**12), np.uint8))
    return np.load(path, mmap_mode="r")


@pytest.mark.parametrize(("have", "advised"), [(2**30, []), (2**21, [True]), (None, [])])
def test_the_system_is_told_where_files_are_large(mapped, have, advised, monkeypatch):
    told = []

    class Told(mmap.mmap):
        def madvise(self, advice):
            told.append(advice == mmap.MADV_RANDOM)

    monkeypatch.setattr(memory, "memory", lambda: have)
    file = np.ndarray(mapped.shape, mapped.dtype, Told(-1, mapped.nbytes))
    read_at_random([file])
    assert told == advised


def test_what_is_read_stays_the_same(mapped, monkeypatch):
    monkeypatch.setattr(memory, "memory", lambda: 1)
    read_at_random([mapped, np.zeros(3)])  # the other is not mapped
    assert not mapped[7].any()
