"""The machine's offers are found out, and never at the price of a crash."""

import ctypes
import os

import processes
import pytest
import torch

from pipeline.system import hardware as machine
from pipeline.system.memory import keep_memory


def test_memory_is_kept_where_the_c_library_can(monkeypatch):
    asked: list[tuple[int, int]] = []

    class Library:
        def mallopt(self, option: int, value: int) -> int:
            asked.append((option, value))
            return 1

    monkeypatch.setattr(ctypes, "CDLL", lambda name: Library())
    assert keep_memory.__wrapped__()
    assert asked == [(-1, 2**30), (-3, 2**30)]  # M_TRIM_THRESHOLD, M_MMAP_THRESHOLD


def test_other_c_libraries_are_left_alone(monkeypatch):
    monkeypatch.setattr(ctypes, "CDLL", lambda name: object())
    assert not keep_memory.__wrapped__()


def test_memory_in_use_follows_what_is_held(tmp_path):
    # In a process of its own: this one may have kept as much that other tests have freed.
    end = processes.start(processes.print_growth, 128 * 2**20, log=tmp_path / "log").wait()
    assert end.code == 0, end.errors
    assert 100 * 2**20 < int(end.output) < 200 * 2**20


@pytest.mark.parametrize(
    ("world", "local", "layout"),
    [
        ("1", "1", {"devices": 1, "num_nodes": 1, "strategy": "auto"}),
        ("8", "4", {"devices": 4, "num_nodes": 2, "strategy": "ddp"}),
    ],
)
def test_processes_are_laid_out_as_torchrun_says(monkeypatch, world, local, layout):
    monkeypatch.setenv("WORLD_SIZE", world)
    monkeypatch.setenv("LOCAL_WORLD_SIZE", local)
    assert machine.process_layout() == {"accelerator": "auto", **layout}


@pytest.mark.parametrize("deterministic", [True, False])
def test_kernels_are_chosen_as_asked(monkeypatch, deterministic):
    monkeypatch.delenv("CUBLAS_WORKSPACE_CONFIG", raising=False)
    try:
        machine.start_fabric("fp32", deterministic=deterministic)
        assert torch.are_deterministic_algorithms_enabled() is deterministic
        assert torch.backends.cudnn.benchmark is not deterministic
        assert ("CUBLAS_WORKSPACE_CONFIG" in os.environ) is deterministic
    finally:
        machine.choose_kernels(deterministic=False)
