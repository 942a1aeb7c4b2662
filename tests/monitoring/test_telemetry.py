"""Vital signs: measured, written apart from the results, and of no influence on them."""

import sys
import types

import pytest
import tiny
import torch
from trainers import train_in

from pipeline.monitoring import telemetry
from pipeline.monitoring.telemetry import Telemetry

CPU = torch.device("cpu")
SIGNS = {
    "speed/steps_per_second",
    "speed/data_wait",
    "speed/memory_gib",
    "gradient_norm/generators",
    "lr/generators",
    "generators_loss",
}


def column(path, name: str) -> list[list[str]]:
    lines = (path / "plots/metrics" / f"{name}.tsv").read_text().splitlines()
    return [line.split("\t") for line in lines]


def test_a_training_logs_its_vital_signs_and_learns_the_same(store_of, tmp_path):
    run = tiny.runs()["cyclegan"]
    for place, logs in (("logged", tmp_path / "logs"), ("silent", None)):
        train_in(tmp_path / place, run, store_of(run), logs=logs)
    assert tiny.tree(tmp_path / "logged") == tiny.tree(tmp_path / "silent")
    for name in SIGNS:
        rows = column(tmp_path / "logs", name)
        assert [row[0] for row in rows] == ["step", "3", "6"]
        assert all(float(row[1]) > 0 for row in rows[1:]), name
    rates = [float(row[1]) for row in column(tmp_path / "logs", "lr/generators")[1:]]
    schedule = [run.optimizer.lr * run.schedule.factor(step, 6) for step in (2, 5)]
    assert rates == pytest.approx(schedule)


def test_a_resumed_run_goes_on_with_what_it_logged(tmp_path):
    for resumed, step in ((False, 3.0), (True, 6.0)):
        with Telemetry(tmp_path, CPU, resumed) as signs:
            signs.write({"step": step, "loss": step}, {})
    assert column(tmp_path, "loss")[1:] == [["3", "3.0"], ["6", "6.0"]]


def test_waiting_is_a_share_of_the_time(monkeypatch):
    now = [0.0]
    monkeypatch.setattr(telemetry.time, "perf_counter", lambda: now[0])
    signs = Telemetry(None, CPU, False)
    for _ in range(4):
        with signs.waiting():
            now[0] += 1.0
        now[0] += 3.0
    found = signs.measure()
    assert found["speed/steps_per_second"] == 0.25
    assert found["speed/data_wait"] == 0.25


def test_tensorboard_gets_every_number_where_it_is_installed(tmp_path, monkeypatch):
    found: list[tuple[str, float, int]] = []

    class SummaryWriter:
        def __init__(self, folder: str) -> None:
            assert folder == str(tmp_path / "tensorboard")

        def add_scalar(self, name: str, value: float, step: int) -> None:
            found.append((name, value, step))

        def close(self) -> None:
            found.append(("closed", 0, 0))

    module = types.ModuleType("torch.utils.tensorboard")
    module.SummaryWriter = SummaryWriter
    monkeypatch.setitem(sys.modules, "torch.utils.tensorboard", module)
    with Telemetry(tmp_path, CPU, False) as signs:
        signs.write({"step": 2.0, "loss": 0.5}, {"lr/model": 0.1})
    assert found[:2] == [("loss", 0.5, 2), ("lr/model", 0.1, 2)]
    assert found[-1] == ("closed", 0, 0)
    assert len(found) == 6


def test_without_tensorboard_there_is_no_board(tmp_path, monkeypatch):
    monkeypatch.setitem(sys.modules, "torch.utils.tensorboard", None)
    assert telemetry.tensorboard(tmp_path) is None
