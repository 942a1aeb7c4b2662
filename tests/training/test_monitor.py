"""Previews of a run under way: pictures, warnings, and no influence on what is learnt."""

import copy
import json

import pytest
import tiny
import torch
from torch import nn
from trainers import train_in

from pipeline.capabilities import Reconstructor, Sampler, Translator
from pipeline.samples import DatasetSpec
from pipeline.training.history import History
from pipeline.training.monitor import Monitor
from pipeline.training.previews import draw, preview

RUNS = tiny.runs()


def fresh_preview(run, store):
    """Preview a store by a model with fresh weights."""
    data = run.select(store.spec)
    return preview(run.build_model(data), store, data)


@pytest.mark.parametrize("name", sorted(RUNS))
def test_a_preview_leaves_no_trace(name, store_of):
    run = RUNS[name]
    model = tiny.build(run).model.train()
    before = copy.deepcopy(model.state_dict())
    seen = preview(model, store_of(run), tiny.data_of(run))
    assert bool(seen) == (run.method != "classifier")
    assert model.training
    assert all(torch.equal(value, before[key]) for key, value in model.state_dict().items())
    for shown in seen:
        assert shown.output.shape[1:] == shown.real.shape[1:]
        assert all(torch.isfinite(row).all() for row in shown.rows)


def test_everything_that_a_model_can_do_is_previewed(store_of):
    found = {}
    for name in ("vae", "autoencoder", "vqvae", "code_prior", "dcgan", "hifigan", "cyclegan"):
        run = tiny.toy(name, tiny.zoo().runs[name]) if name not in RUNS else RUNS[name]
        previews = preview(tiny.build(run).model, store_of(run), tiny.data_of(run))
        found[name] = [shown.name for shown in previews]
    assert found == {
        "vae": ["samples", "reconstructions"],
        "autoencoder": ["reconstructions"],
        "vqvae": ["reconstructions"],
        "code_prior": ["samples"],
        "dcgan": ["samples"],
        "hifigan": [f"copies of {RUNS['hifigan'].domains[-1]}"],
        "cyclegan": ["horse to zebra", "zebra to horse"],
    }


class Everything(nn.Module, Translator, Sampler, Reconstructor):
    """Gives back what it is given, and ones."""

    directions = {"night": ("day",)}  # noqa: RUF012
    classes = 0

    def __init__(self):
        super().__init__()
        self.one = nn.Parameter(torch.ones(1))

    def translate(self, x, to):
        return x

    def sample(self, n, generator=None, condition=None):
        return torch.ones(n, 3, tiny.SIDE, tiny.SIDE)

    def reconstruct(self, x):
        return x


def test_a_model_of_many_capabilities_shows_them_all(picture_store):
    run = tiny.shrink(RUNS["cyclegan"], source="day", target="night")
    found = preview(Everything(), picture_store, run.select(picture_store.spec))
    assert [shown.name for shown in found] == ["day to night", "samples", "reconstructions"]
    (translated, samples, _) = found
    assert len(translated.rows) == 3  # and the counterparts
    assert samples.output.shape[0] == 64
    assert draw(found, picture_store.codec).shape[1] >= 8 * tiny.SIDE


def test_rows_are_source_output_way_back_and_truth(picture_store):
    both = tiny.shrink(RUNS["cyclegan"], source="day", target="night")
    one = tiny.shrink(RUNS["cut"], source="day", target="other")
    rows = [[len(found.rows) for found in fresh_preview(run, picture_store)] for run in (both, one)]
    assert rows == [[4, 4], [2]]  # "other" has no test split, so no truth either
    (found,) = fresh_preview(one, picture_store)
    assert found.name == "day to other"
    assert len(found.output) == 3  # test items


def test_a_run_keeps_a_picture_of_each_tenth_and_the_warnings(store_of, tmp_path):
    run = tiny.shrink(RUNS["vae"], steps=24, show_every=1)
    train_in(tmp_path, run, store_of(run), logs=tmp_path / "logs")
    names = tiny.names_in(tmp_path / "curves/samples")
    assert names == [f"{step:08d}.png" for step in (3, 5, 8, 10, 12, 15, 17, 20, 22, 24)]
    last = (tmp_path / "curves/samples/00000024.png").read_bytes()
    assert last == (tmp_path / "logs/samples.png").read_bytes()
    assert last == (tmp_path / "model/samples.png").read_bytes()
    warnings = json.loads((tmp_path / "curves/warnings.json").read_text())
    assert all(warning.keys() == {"text", "first", "last"} for warning in warnings)


def test_previewing_more_often_teaches_nothing_else(store_of, tmp_path):
    for place, every in (("often", 1), ("seldom", 6)):
        run = tiny.shrink(RUNS["pix2pix"], show_every=every, inference="train")
        train_in(tmp_path / place, run, store_of(run), logs=tmp_path / place / "logs")
    often, seldom = (tiny.tree(tmp_path / place / "model") for place in ("often", "seldom"))
    assert often["model.safetensors"] == seldom["model.safetensors"]
    assert often["samples.png"] == seldom["samples.png"]


def test_previews_are_ten_a_run_and_a_thousand_steps_apart_at_most(picture_store, tmp_path):
    def every(**fields) -> int:
        run = tiny.shrink(RUNS["cyclegan"]).model_copy(update=fields)
        data = DatasetSpec(specs={})
        return Monitor(run, picture_store, data, tmp_path, None).every

    assert every(steps=500) == 50
    assert every(steps=7) == 1
    assert every(steps=200_000) == 1000
    assert every(steps=200_000, show_every=20) == 20


def test_a_collapse_is_said_once_with_its_steps(picture_store, tmp_path):
    run = tiny.shrink(RUNS["cyclegan"], source="day", target="night", show_every=1)
    data = run.select(picture_store.spec)
    model = run.build_model(data)
    for parameter in model.parameters():
        torch.nn.init.zeros_(parameter)  # whatever comes in, grey goes out
    history = History()
    monitor = Monitor(run, picture_store, data, tmp_path / "samples", None)
    found = [monitor(step, model, history) for step in (1, 2, 3)]
    assert sorted(found[0]) == [
        "day to night: outputs are all alike (mode collapse)",
        "night to day: outputs are all alike (mode collapse)",
    ]
    assert found[1:] == [[], []]
    assert [(w["first"], w["last"]) for w in history.warnings] == [(1, 3), (1, 3)]
    restored = History()
    restored.restore(history.state())
    assert restored.warnings == history.warnings
