"""Checkpoints and finished models: whole or not at all, and never mixed up."""

import json
import random

import pytest
import tiny
import torch
from exported import export_model
from trainers import train_in

from pipeline.errors import UserError
from pipeline.inference.finished import load, outline
from pipeline.methods.base import RunParams
from pipeline.methods.registry import load_run
from pipeline.training.checkpoints import Checkpoints, run_key

RUN = tiny.runs()["vae"]
CPU = torch.device("cpu")


def export_toy(folder, run: RunParams = RUN, seed: int = 0) -> None:
    torch.manual_seed(seed)
    export_model(folder, run.build_model(tiny.data_of(run)), run, seed)


def test_a_state_comes_back(tmp_path):
    state = {
        "step": 3,
        "weights": {"a": torch.randn(3), "n": torch.tensor(2)},
        "rows": [{"x": 1.5}],
    }
    checkpoints = Checkpoints(tmp_path / "deep/er")
    assert checkpoints.steps() == []
    checkpoints.save(3, state)
    found = checkpoints.load(3, CPU)
    assert torch.equal(found["weights"]["a"], state["weights"]["a"])
    assert (found["step"], found["rows"]) == (3, [{"x": 1.5}])
    assert [file.name for file in checkpoints.folder.iterdir()] == ["3-0of1.pt"]


def test_every_process_has_checkpoints_of_its_own(tmp_path):
    one, two, alone = (Checkpoints(tmp_path, *who) for who in ((0, 2), (1, 2), (0, 1)))
    for step in (8, 9, 10):
        one.save(step, {"rank": 0})
    two.save(9, {"rank": 1})
    assert (one.steps(), two.steps(), alone.steps()) == ([8, 9, 10], [9], [])
    assert two.load(9, CPU) == {"rank": 1}
    one.save("diverged", {})
    one.keep_newest()
    assert (one.steps(), two.steps()) == ([9, 10], [9])
    assert one.path("diverged").exists()
    one.forget()
    assert not tmp_path.exists()


DAMAGE = {
    "truncated": lambda content: content[: len(content) // 2],
    "empty": lambda _: b"",
    "zeros": lambda content: bytes(len(content)),
    "noise": lambda content: random.Random(1).randbytes(len(content)),
    "one byte flipped": lambda content: content[:200] + bytes([content[200] ^ 1]) + content[201:],
}


@pytest.mark.parametrize("damage", DAMAGE.values(), ids=DAMAGE)
def test_a_damaged_state_is_left_aside(tmp_path, capsys, damage):
    checkpoints = Checkpoints(tmp_path)
    for step in (1, 2):
        checkpoints.save(step, {"step": step, "weights": torch.randn(99)})
    path = checkpoints.path(2)
    path.write_bytes(damage(path.read_bytes()))
    with pytest.raises(UserError, match=r"2-0of1\.pt is damaged"):
        checkpoints.load(2, CPU)
    assert list(checkpoints.intact()) == [1]
    assert f"{path} is damaged and left aside" in capsys.readouterr().out
    assert checkpoints.load(1, CPU)["step"] == 1


def test_a_state_that_does_not_fit_on_the_disk_leaves_the_one_before(tmp_path):
    checkpoints = Checkpoints(tmp_path)
    checkpoints.save(1, {"step": 1})
    with tiny.files_no_larger_than(10_000), pytest.raises(OSError, match="too large") as caught:
        checkpoints.save(2, {"step": 2, "weights": torch.randn(10_000)})
    assert caught.value.filename.startswith(str(checkpoints.path(2)))
    assert checkpoints.steps() == [1]
    assert checkpoints.load(1, CPU) == {"step": 1}
    assert len(list(tmp_path.iterdir())) == 1


def test_a_model_that_does_not_fit_on_the_disk_leaves_the_one_before(tmp_path):
    export_toy(tmp_path / "toy", seed=1)
    before = tiny.tree(tmp_path)
    with tiny.files_no_larger_than(3_000), pytest.raises(OSError, match="too large") as caught:
        export_toy(tmp_path / "toy", seed=2)
    assert caught.value.filename.endswith("model.safetensors")
    assert tiny.tree(tmp_path) == before
    assert [folder.name for folder in tmp_path.iterdir()] == ["toy"]


def test_exporting_replaces_what_was_there(tmp_path):
    export_toy(tmp_path / "toy", seed=1)
    (tmp_path / "toy/stale.txt").write_text("old")
    before = tiny.tree(tmp_path / "toy")
    export_toy(tmp_path / "toy", seed=2)
    after = tiny.tree(tmp_path / "toy")
    assert sorted(after) == ["codec.json", "model.safetensors", "params.json"]
    assert before["model.safetensors"] != after["model.safetensors"]
    assert before["codec.json"] == after["codec.json"]


def test_keys_tell_runs_apart():
    key = run_key(RUN, 1, "data")
    assert run_key(load_run(RUN.model_dump(mode="json")), 1, "data") == key
    assert run_key(tiny.shrink(RUN, log_every=1, checkpoint_every=1), 1, "data") == key
    others = [
        run_key(RUN, 2, "data"),
        run_key(RUN, 1, "other data"),
        run_key(tiny.shrink(RUN, steps=7), 1, "data"),
        run_key(tiny.shrink(RUN, optimizer={"lr": 1e-5}), 1, "data"),
        run_key(tiny.shrink(RUN, decoder={"width": 3}), 1, "data"),
        run_key(tiny.shrink(RUN, ema={"decay": 0.5}), 1, "data"),
    ]
    assert len({key, *others}) == 7


def test_keys_change_with_the_code(monkeypatch):
    from pipeline.training import checkpoints

    key = run_key(RUN, 1, "data")
    monkeypatch.setattr(checkpoints, "code_fingerprint", lambda: "changed")
    assert run_key(RUN, 1, "data") != key


def test_a_checkpoint_of_other_parameters_is_not_taken_up(
    digits_store, tmp_path, monkeypatch, capfd
):
    from pipeline.training import readers

    def killed(self, step):
        raise KeyboardInterrupt

    slower = tiny.shrink(RUN, optimizer={"lr": 1e-5})
    with monkeypatch.context() as patch:
        read = readers.LabelledReader.__call__
        patch.setattr(
            readers.LabelledReader,
            "__call__",
            lambda self, step: killed(self, step) if step == 5 else read(self, step),
        )
        with pytest.raises(KeyboardInterrupt):
            train_in(tmp_path, RUN, digits_store)
    assert len(list((tmp_path / "scratch").iterdir())) == 1
    train_in(tmp_path, slower, digits_store)
    assert "resuming" not in capfd.readouterr().out
    train_in(tmp_path, RUN, digits_store)
    assert "resuming at step 4" in capfd.readouterr().out
    assert list((tmp_path / "scratch").iterdir()) == []


def test_what_is_no_finished_model_is_refused(tmp_path):
    with pytest.raises(UserError, match=r"expected a finished model at .*nowhere"):
        load(tmp_path / "nowhere")


@pytest.mark.parametrize("file", ["codec.json", "model.safetensors", "params.json"])
def test_a_damaged_model_is_refused(tmp_path, file):
    export_toy(tmp_path / "toy")
    path = tmp_path / "toy" / file
    path.write_bytes(path.read_bytes()[:-20])
    with pytest.raises(UserError, match="toy can't be"):
        load(tmp_path / "toy")


@pytest.mark.parametrize("change", [{"format": 3}, {"run": {"method": "vea"}}, {"extra": 1}])
def test_a_model_of_another_version_is_refused(tmp_path, change):
    export_toy(tmp_path / "toy")
    path = tmp_path / "toy/params.json"
    path.write_text(json.dumps(json.loads(path.read_text()) | change))
    with pytest.raises(UserError, match="toy can't be"):
        load(tmp_path / "toy")


def test_an_old_card_is_refused_with_what_to_do(tmp_path):
    export_toy(tmp_path / "toy")
    path = tmp_path / "toy/params.json"
    card = json.loads(path.read_text())
    assert card["format"] == 2
    old = {"format": 1, "version": "0.1.0", "seed": 0, "run": card["run"], **card["data"]}
    path.write_text(json.dumps(old))
    for read in (load, outline):
        with pytest.raises(UserError) as caught:
            read(tmp_path / "toy")
        assert "it has format 1, and this version reads format 2" in str(caught.value)
        assert "train it anew (dvc repro), or import its checkpoint again" in str(caught.value)
        assert "\n" not in str(caught.value)


def test_weights_of_another_architecture_are_refused(tmp_path):
    export_toy(tmp_path / "toy")
    export_toy(tmp_path / "other", tiny.shrink(RUN, decoder={"width": 3}))
    weights = (tmp_path / "other/model.safetensors").read_bytes()
    (tmp_path / "toy/model.safetensors").write_bytes(weights)
    with pytest.raises(UserError, match="toy can't be"):
        load(tmp_path / "toy")
