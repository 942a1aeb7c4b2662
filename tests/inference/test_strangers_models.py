"""Finished models that strangers made: what they claim costs nothing, and is held against them."""

import json
import struct
from pathlib import Path

import pytest
import tiny
import torch
from exported import export_one
from safetensors.torch import load_file, save_file
from strangers import bounded, edited

from pipeline.cli.commands.models import table
from pipeline.errors import UserError
from pipeline.inference.finished import load, outline


@pytest.fixture(scope="module")
def finished(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A translator of toy size."""
    folder = tmp_path_factory.mktemp("models") / "cyclegan"
    export_one(folder, tiny.runs()["cyclegan"])
    return folder


@pytest.mark.parametrize(
    ("keys", "value"),
    [
        (("run", "generator", "blocks"), 10**9),
        (("run", "generator", "width"), 10**9),
        (("run", "generator"), {"kind": "unet", "depth": 10**6}),
        (("run", "steps"), 10**4000),
        (("seed",), 10**4000),
        (("data", "specs", "horse", "height"), 10**12),
    ],
)
def test_what_no_network_has_is_refused_at_once(finished, tmp_path, keys, value):
    folder = edited(finished, tmp_path / "it", *keys, value=value)
    with bounded(), pytest.raises(UserError, match=f"{keys[-1]}.*less than") as refused:
        outline(folder)
    assert len(str(refused.value)) < 1000
    with bounded():
        assert "less than" in table(tmp_path)


def test_a_network_that_its_weights_are_not_of_costs_no_memory(finished, tmp_path):
    folder = edited(finished, tmp_path / "it", "run", "generator", "width", value=2**14)
    with bounded(), pytest.raises(UserError, match="weights of another network") as refused:
        load(folder)
    assert "expected F32 [16384, " in str(refused.value)


def rewritten(folder: Path, **changed: torch.Tensor | None) -> None:
    path = folder / "model.safetensors"
    weights = load_file(path)
    for name, value in changed.items():
        weights.pop(name, None)
        if value is not None:
            weights[name] = value
    save_file(weights, path)


def test_weights_of_other_names_types_and_shapes_are_named(finished, tmp_path):
    folder = edited(finished, tmp_path / "it", "seed", value=1)
    weights = load_file(folder / "model.safetensors")
    first, second, third = sorted(weights)[:3]
    half, other = weights[second].half(), torch.zeros(1)
    changed = {first: None, second: half, third: torch.zeros(7), "other": other}
    rewritten(folder, **changed)
    with pytest.raises(UserError) as refused:
        load(folder)
    missing, kind = f"missing: {first}", f"{second}: expected F32"
    for words in (missing, kind, "found F16", f"{third}: ", "unknown: other"):
        assert words in str(refused.value)


def test_a_header_that_is_larger_than_any_is_not_read(finished, tmp_path):
    folder = edited(finished, tmp_path / "it", "seed", value=1)
    (folder / "model.safetensors").write_bytes(struct.pack("<Q", 90 * 2**20))
    with bounded(), pytest.raises(UserError, match="a header of"):
        load(folder)


def test_models_on_models_without_end_are_refused(finished, tmp_path):
    card = json.loads((finished / "params.json").read_text())
    for _ in range(40):
        card = {**card, "pretrained": card}
    folder = edited(finished, tmp_path / "it", "pretrained", value=card)
    with bounded(), pytest.raises(UserError, match="built on more than 3 models"):
        outline(folder)


@pytest.mark.parametrize("file", ["params.json", "codec.json"])
@pytest.mark.parametrize(
    ("content", "words"),
    [
        pytest.param("[" * 100_000, "within each other", id="deep"),
        pytest.param('{"a":' * 500 + "1" + "}" * 500, "within each other", id="deep objects"),
        pytest.param(f'{{"seed": {"1" * 5000}}}', "digits", id="a huge whole number"),
        pytest.param('{"seed": NaN}', "NaN is no number", id="NaN"),
        pytest.param('{"seed": -Infinity}', "-Infinity is no number", id="infinity"),
        pytest.param("[" + "[]," * 10**6 + "0]", "values, allowed", id="many values"),
        pytest.param(" " * (2**26 + 1), "bytes, allowed", id="long"),
        pytest.param(
            json.dumps({"kind": "image", **dict.fromkeys(range(200_000))}),
            "more",
            id="strange keys",
        ),
        pytest.param("\ud800", "", id="no text"),
    ],
)
def test_json_that_no_card_is_is_refused_in_words(finished, tmp_path, file, content, words):
    folder = edited(finished, tmp_path / "it", "seed", value=1)
    (folder / file).write_bytes(content.encode("utf-8", "surrogatepass"))
    with bounded(), pytest.raises(UserError, match="can't be loaded by this version") as refused:
        outline(folder)
    assert words in str(refused.value)
    assert len(str(refused.value)) < 6000
