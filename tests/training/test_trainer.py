"""The loop: repeatable to the bit, resumable to the bit, and plain about what went wrong."""

import signal
from collections.abc import Callable
from pathlib import Path

import processes
import pytest
import tiny
import torch
from processes import Ended, train_till_killed
from torch import Tensor
from trainers import train_in, trainer

from pipeline.codecs import ImageCodec
from pipeline.datasets.store import Store
from pipeline.errors import UserError
from pipeline.methods.base import RunParams
from pipeline.methods.optimisers import ScheduleParams
from pipeline.nn.shapes import check_size
from pipeline.samples import Batch, Labelled
from pipeline.system.lock import locked
from pipeline.training.augmentation import Augmentation
from pipeline.training.checkpoints import Checkpoints
from pipeline.training.labelled_reader import LabelledReader
from pipeline.training.readers import reader_of
from pipeline.training.trainer import Trainer, step_seed

RUNS = tiny.runs()


class KilledError(Exception):
    """Stands in for the end of a process."""


def start(run: RunParams, store: Store, folder: Path | None = None) -> Trainer:
    """A run as `train` sets it up."""
    torch.manual_seed(7)
    method = run.build(run.select(store.spec), tiny.pretrained_of(run))
    return trainer(run, method, seed=7, checkpoints=folder and Checkpoints(folder))


def reader(run: RunParams, store: Store, killed_at: int | None = None) -> Callable[[int], Batch]:
    """A run's batches; with ``killed_at`` the step whose batch ends the process."""
    batches = reader_of(store, run, seed=7, device=torch.device("cpu"))
    augment = Augmentation(run, pictures=isinstance(store.codec, ImageCodec))

    def read(step: int) -> Batch:
        if step == killed_at:
            raise KilledError
        return augment(batches(step))

    return read


def everything(run: Trainer) -> dict[str, Tensor]:
    """All that a run would go on from."""
    found = {f"method.{name}": t for name, t in run.method.state_dict().items()}
    for name, optimizer in run.optimizers.items():
        for place, state in optimizer.state_dict()["state"].items():
            found |= {f"{name}.{place}.{key}": t for key, t in state.items()}
    if run.ema is not None:
        found |= {f"ema.{name}": t for name, t in run.ema.state_dict().items()}
    return {name: t.clone() for name, t in found.items()}


def assert_equal(a: dict[str, Tensor], b: dict[str, Tensor]) -> None:
    assert a.keys() == b.keys()
    assert [name for name in a if not torch.equal(a[name], b[name])] == []


@pytest.mark.parametrize("name", sorted(RUNS))
def test_a_resumed_run_ends_with_the_same_bits(name, store_of, tmp_path):
    run = tiny.shrink(RUNS[name], ema={"decay": 0.9}, schedule={"kind": "linear", "hold": 0.2})
    store = store_of(run)
    undisturbed = start(run, store)
    undisturbed.fit(reader(run, store))

    folder = tmp_path / "checkpoints"
    killed = start(run, store, folder)
    with pytest.raises(KilledError):
        killed.fit(reader(run, store, killed_at=5))
    torch.manual_seed(99)  # another process has another past
    torch.rand(17)
    resumed = start(run, store, folder)
    seen: list[int] = []
    read = reader(run, store)
    resumed.fit(lambda step: seen.append(step) or read(step))
    assert seen == [4, 5]  # from the checkpoint at step 4
    assert_equal(everything(undisturbed), everything(resumed))
    assert undisturbed.history.rows == resumed.history.rows
    assert [row["step"] for row in resumed.history.rows] == [3, 6]


def test_habits_of_logging_and_saving_leave_no_trace(store_of, tmp_path):
    ends = []
    for log_every, checkpoint_every in ((1, 1), (4, 100), (100, 3)):
        run = tiny.shrink(RUNS["cyclegan"], log_every=log_every, checkpoint_every=checkpoint_every)
        toy = start(run, store_of(run), tmp_path / f"{log_every}")
        toy.fit(reader(run, store_of(run)))
        ends.append(everything(toy))
    assert_equal(ends[0], ends[1])
    assert_equal(ends[0], ends[2])


def test_another_seed_gives_other_weights(store_of):
    run = tiny.shrink(RUNS["vae"], noise=None)
    one, two = (start(run, store_of(run)) for _ in range(2))
    two.seed = 8
    one.fit(reader(run, store_of(run)))
    two.fit(reader(run, store_of(run)))
    assert not torch.equal(
        one.method.state_dict()["model.log_variance"], two.method.state_dict()["model.log_variance"]
    )


def test_training_leaves_a_model_its_curves_and_nothing_else(store_of, tmp_path, capsys):
    run = RUNS["pix2pix"]
    root = train_in(tmp_path / "a", run, store_of(run))
    assert tiny.names_in(root) == ["curves", "model", "scratch"]
    assert list((root / "scratch").iterdir()) == []  # the state that was saved on the way
    assert set(tiny.tree(root / "model")) == {
        "codec.json",
        "model.safetensors",
        "params.json",
        "samples.png",
    }
    curve = (root / "curves/plots/metrics/l1.tsv").read_text().splitlines()
    assert [line.split("\t")[0] for line in curve] == ["step", "3", "6"]
    err = capsys.readouterr().err
    assert "/model (" in err
    assert "6/6 steps" in err
    again = train_in(tmp_path / "b", run, store_of(run))
    assert tiny.tree(root) == tiny.tree(again)
    seldom = tiny.shrink(run, log_every=6, checkpoint_every=6)
    rarely = train_in(tmp_path / "c", seldom, store_of(run))
    weights = "model/model.safetensors"
    assert (root / weights).read_bytes() == (rarely / weights).read_bytes()


def test_a_killed_process_resumes_to_the_same_bytes(store_of, tmp_path):
    """With SIGKILL, and with torch's default number of threads."""
    store, changes = store_of(RUNS["cyclegan"]).root, {"ema": {"decay": 0.9}}

    def child(place: str, killed_at: int | None) -> Ended:
        arguments = ("cyclegan", store, tmp_path / place, killed_at, 0, changes)
        return processes.start(train_till_killed, *arguments, log=tmp_path / "logs/log").wait()

    assert child("killed", 5).code == -signal.SIGKILL
    assert not (tmp_path / "killed/model").exists()
    assert len(list((tmp_path / "killed/scratch").iterdir())) == 1
    second = child("killed", None)
    assert second.code == 0, second.errors
    assert second.output.count("resuming at step 4") == 1
    assert child("undisturbed", None).code == 0
    assert tiny.tree(tmp_path / "killed") == tiny.tree(tmp_path / "undisturbed")


def test_the_ema_follows(store_of):
    run = tiny.shrink(RUNS["dcgan"], ema={"decay": 0.6})
    toy = start(run, store_of(run))
    read = reader(run, store_of(run))
    expected = {name: t.clone() for name, t in toy.method.model.state_dict().items()}
    for step in range(1, 21):
        toy.reseed()
        toy.take_step(read(toy.step))
        decay = min(0.6, step / (step + 10))  # short at first, 0.6 from step 15 on
        for name, value in toy.method.model.state_dict().items():
            if value.is_floating_point():
                expected[name] = decay * expected[name] + (1 - decay) * value
            else:
                expected[name] = value.clone()
    assert toy.exported() is toy.ema
    for name, value in toy.exported().state_dict().items():
        torch.testing.assert_close(value, expected[name])
    assert any(
        not torch.equal(value, toy.method.model.state_dict()[name])
        for name, value in toy.exported().state_dict().items()
    )


def test_without_averaging_the_last_weights_are_exported(store_of):
    run = tiny.shrink(RUNS["dcgan"], ema=None)
    toy = start(run, store_of(run))
    assert toy.exported() is toy.method.model


def test_schedule_factors():
    linear = ScheduleParams(kind="linear", hold=0.5)
    assert [linear.factor(step, 8) for step in range(8)] == [1, 1, 1, 1, 1, 0.75, 0.5, 0.25]
    straight = ScheduleParams(kind="linear", hold=0)
    assert [straight.factor(step, 4) for step in range(4)] == [1, 0.75, 0.5, 0.25]
    assert {ScheduleParams().factor(step, 8) for step in range(8)} == {1.0}


def test_every_groups_lr_is_its_own_times_the_factor(store_of):
    run = tiny.shrink(
        RUNS["vae"],
        noise=None,  # learnt noise has a group and a learning rate of its own
        steps=4,
        schedule={"kind": "linear", "hold": 0.0},
        optimizer={"lr": 0.01},
    )
    toy = start(run, store_of(run))
    read, lrs = reader(run, store_of(run)), []
    for _ in range(4):
        toy.reseed()
        toy.take_step(read(toy.step))
        lrs.append([group["lr"] for group in toy.optimizers["model"].param_groups])
    for found, factor in zip(lrs, [1, 0.75, 0.5, 0.25], strict=True):
        assert found == pytest.approx([0.01 * factor, 0.1 * factor])


def test_a_loss_that_is_no_number_ends_the_run(store_of, tmp_path):
    run = tiny.shrink(RUNS["vae"], steps=9, log_every=2, checkpoint_every=100)
    toy = start(run, store_of(run))
    read, seen = reader(run, store_of(run)), []

    def poisoned(step: int) -> Batch:
        seen.append(step)
        batch = read(step)
        assert isinstance(batch, Labelled)
        return batch._replace(x=batch.x * (float("nan") if step == 2 else 1))

    with pytest.raises(UserError) as caught:
        toy.fit(poisoned, tmp_path / "curves")
    assert seen == [0, 1, 2, 3]
    text = str(caught.value)
    assert text.startswith("toy: ")
    for part in ("nll", "became NaN or infinite at step 2", "lower the learning rate"):
        assert part in text


def test_a_run_that_diverges_names_the_batch(store_of, tmp_path, monkeypatch):
    run = tiny.shrink(RUNS["vae"], steps=9, log_every=4)
    read = LabelledReader.__call__

    def poisoned(self: LabelledReader, step: int) -> Labelled:
        batch = read(self, step)
        return batch._replace(x=batch.x * (float("nan") if step == 5 else 1))

    monkeypatch.setattr(LabelledReader, "__call__", poisoned)
    with pytest.raises(UserError, match="became NaN or infinite at step 5") as caught:
        train_in(tmp_path, run, store_of(run))
    batches = reader_of(store_of(run), run, seed=7, device=torch.device("cpu"))
    text = str(caught.value)
    assert "The batch of step 5:\n  digit/" in text
    assert all(name in text for name in batches.names(5))
    assert not (tmp_path / "model").exists()


def test_a_state_that_is_no_number_is_never_saved(store_of, tmp_path):
    run = tiny.shrink(RUNS["vae"], steps=9, log_every=100, checkpoint_every=2)
    toy = start(run, store_of(run), tmp_path / "checkpoints")
    read = reader(run, store_of(run))

    def poisoned(step: int) -> Batch:
        batch = read(step)
        assert isinstance(batch, Labelled)
        return batch._replace(x=batch.x * (float("nan") if step == 3 else 1))

    with pytest.raises(UserError, match="became NaN or infinite at step 3") as caught:
        toy.fit(poisoned)
    checkpoints = Checkpoints(tmp_path / "checkpoints")
    assert checkpoints.steps() == [2]
    cpu = torch.device("cpu")
    assert checkpoints.load(2, cpu)["step"] == 2
    assert checkpoints.load("diverged", cpu)["step"] == 4
    text = str(caught.value)
    assert f"The last good state: {checkpoints.path(2)}" in text
    assert f"The state now, after step 4: {checkpoints.path('diverged')}" in text


def test_weights_that_the_last_update_ruined_are_not_exported(store_of, tmp_path, monkeypatch):
    """Whose loss, computed before it, is a number like any other."""
    run = tiny.shrink(RUNS["vae"], steps=3)
    take_step = Trainer.take_step

    def ruin(self: Trainer, batch: Batch, logged: bool = False) -> None:
        take_step(self, batch, logged)
        if self.step == 3:
            next(self.method.model.parameters()).data.view(-1)[0] = float("nan")

    monkeypatch.setattr(Trainer, "take_step", ruin)
    with pytest.raises(UserError, match=r"0 more weights became NaN or infinite at step 2"):
        train_in(tmp_path, run, store_of(run))
    assert not (tmp_path / "model").exists()


def test_weights_that_an_update_ruined_are_never_saved(store_of, tmp_path, monkeypatch):
    run = tiny.shrink(RUNS["vae"], steps=9, log_every=100, checkpoint_every=2)
    toy = start(run, store_of(run), tmp_path)
    take_step = Trainer.take_step

    def ruin(self: Trainer, batch: Batch, logged: bool = False) -> None:
        take_step(self, batch, logged)
        if self.step == 4:
            next(self.method.model.parameters()).data.view(-1)[0] = float("nan")

    monkeypatch.setattr(Trainer, "take_step", ruin)
    with pytest.raises(UserError, match="became NaN or infinite at step 3") as caught:
        toy.fit(reader(run, store_of(run)))
    checkpoints = Checkpoints(tmp_path)
    assert checkpoints.steps() == [2]
    assert f"The last good state: {checkpoints.path(2)}" in str(caught.value)


def test_another_number_of_threads_is_said(store_of, tmp_path, monkeypatch, capsys):
    run = tiny.shrink(RUNS["vae"])
    first = start(run, store_of(run), tmp_path)
    with pytest.raises(KilledError):
        first.fit(reader(run, store_of(run), killed_at=5))
    there = torch.get_num_threads()
    start(run, store_of(run), tmp_path).resume()
    assert "threads" not in capsys.readouterr().out
    monkeypatch.setattr(torch, "get_num_threads", lambda: there + 1)
    start(run, store_of(run), tmp_path).resume()
    words = f"begun with {there} threads and resumed with {there + 1}, which sum in another order"
    assert words in capsys.readouterr().out


def test_a_run_goes_on_from_the_state_before_a_damaged_one(store_of, tmp_path, capsys):
    run = tiny.shrink(RUNS["vae"], steps=6, checkpoint_every=1)
    undisturbed = start(run, store_of(run))
    undisturbed.fit(reader(run, store_of(run)))
    killed = start(run, store_of(run), tmp_path)
    with pytest.raises(KilledError):
        killed.fit(reader(run, store_of(run), killed_at=5))
    newest = Checkpoints(tmp_path).path(5)
    newest.write_bytes(newest.read_bytes()[:-7])
    resumed = start(run, store_of(run), tmp_path)
    resumed.fit(reader(run, store_of(run)))
    said = capsys.readouterr().out
    assert f"{newest} is damaged and left aside" in said
    assert "resuming at step 4" in said
    assert_equal(everything(undisturbed), everything(resumed))


def test_one_model_is_trained_by_one_process_at_a_time(store_of, tmp_path):
    run = tiny.shrink(RUNS["vae"])
    lock = tmp_path / ".model.lock"
    with locked(lock, "a test"):
        owner = lock.read_text()
        with pytest.raises(UserError, match=r"training of .*/model is under way already: process"):
            train_in(tmp_path, run, store_of(run))
        assert lock.read_text() == owner
    assert not lock.exists()
    train_in(tmp_path, run, store_of(run))
    assert not lock.exists()


def test_steps_processes_and_seeds_have_seeds_of_their_own():
    seeds = {step_seed(s, t, r) for s in range(3) for t in range(50) for r in range(2)}
    assert len(seeds) == 300
    assert all(0 <= seed < 2**63 for seed in seeds)
    assert step_seed(1, 2, 0) == step_seed(1, 2, 0)


@pytest.mark.parametrize(
    ("name", "changes", "words"),
    [
        ("pix2pix", {"crop": 17}, "pictures of 16 pixels are smaller than the crop of 17"),
        ("pix2pix", {"crop": 12}, "takes multiples of 8, but samples are 12x12"),
        (
            "pix2pix",
            {"discriminator": {"layers": 3}},
            "Patch takes 24 or more, but samples are 16x16",
        ),
        ("cyclegan", {"crop": 4}, "Resnet takes 8 or more, but samples are 4x4"),
        ("voice_cyclegan", {"crop": 9}, "takes multiples of 4, but samples are 16x9"),
        ("vae", {"crop": 8}, "ConvEncoder takes 16x16, but samples are 8x8"),
        (
            "vae",
            {"crop": 8, "encoder": {"kind": "mlp"}},
            "MLPEncoder takes 16x16, but samples are 8x8",
        ),
        ("dcgan", {"crop": 8}, "ConvEncoder takes 16x16, but samples are 8x8"),
        (
            "classifier_digits",
            {"network": {"levels": 5}},
            "takes 32 or more, but samples are 16x16",
        ),
        ("vae", {"domains": ["digits"]}, "no domain 'digits' in split 'train', but test: digit"),
    ],
)
def test_what_does_not_fit_is_refused_before_the_first_step(
    name, changes, words, store_of, tmp_path
):
    run = tiny.shrink(RUNS[name], **changes)
    with pytest.raises(UserError, match=words):
        train_in(tmp_path, run, store_of(RUNS[name]))
    assert tiny.tree(tmp_path) == {}


def test_networks_that_cannot_be_built_are_refused(store_of, tmp_path):
    run = tiny.shrink(RUNS["voice_cyclegan"])
    vae = tiny.shrink(RUNS["vae"], domains=[run.source], crop=18)
    with pytest.raises(
        UserError, match=r"model can't learn from .*: height and width must be 8 or more"
    ):
        train_in(tmp_path, vae, store_of(run))


def test_sizes_that_fit_pass():
    check_size(tiny.build(RUNS["cyclegan"]), 16, 24)
