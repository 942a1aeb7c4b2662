"""Published generators: read from every layout, and equal to the original in what they give."""

import hashlib
from collections import OrderedDict
from functools import partial
from pathlib import Path

import importing
import numpy as np
import pytest
import tiny
import torch
from originals import OriginalResnet, OriginalUnet, trained
from PIL import Image
from pydantic import ValidationError
from torch import Tensor, nn
from typer.testing import CliRunner

from pipeline.backbones import ResnetParams, UnetParams
from pipeline.cli import app
from pipeline.errors import UserError
from pipeline.inference.finished import FinishedModel, as_translator, load, read_card
from pipeline.inference.pictures import translate_picture
from pipeline.interop import junyanz
from pipeline.interop.junyanz import read
from pipeline.methods.registry import load_run
from pipeline.params import Params

ORIGIN = "junyanz"
call, refused = partial(importing.call, ORIGIN), partial(importing.refused, ORIGIN)


def imported(folder: Path, state: object, *options: object, **how: object) -> FinishedModel:
    """Import a checkpoint of ``state``."""
    torch.save(state, folder / "latest_net_G.pth", **how)
    return importing.imported(ORIGIN, folder / "latest_net_G.pth", folder, *options)


@torch.no_grad()
def assert_equal_outputs(
    original: nn.Module, finished: FinishedModel, mode: str, side: int = 32
) -> None:
    """In one mode, with the same dropout; for two pictures, which differ much."""
    model = as_translator(finished)
    assert finished.params.inference == mode
    original.train(mode == "train")
    inputs = next(original.parameters()).shape[1]
    for number in range(2):
        x = torch.rand(1, inputs, side, side) * 2 - 1
        torch.manual_seed(number)
        expected = original(x)
        torch.manual_seed(number)
        found = model.translate(x, "target")
        assert expected.std() > 0.02  # neither grey nor saturated, so equality means something
        assert expected.abs().mean() < 0.95
        torch.testing.assert_close(found, expected, atol=3e-5, rtol=0)


# Equal to the original


@pytest.mark.parametrize("blocks", [6, 9])
@pytest.mark.parametrize(
    ("norm", "dropout", "mode"),
    [
        ("instance", False, "eval"),
        ("instance", True, "eval"),
        ("batch", False, "train"),
        ("batch", True, "eval"),
        ("none", False, "eval"),
        ("none", True, "eval"),
    ],
)
def test_a_resnet_gives_what_the_original_gives(tmp_path, blocks, norm, dropout, mode):
    original = trained(OriginalResnet(norm=norm, dropout=dropout, blocks=blocks))
    finished = imported(tmp_path, original.state_dict())
    assert finished.params.generator == ResnetParams(width=4, blocks=blocks, norm=norm)
    assert_equal_outputs(original, finished, mode)


@pytest.mark.parametrize("depth", [5, 7, 8])
@pytest.mark.parametrize(
    ("norm", "mode"), [("batch", "train"), ("instance", "eval"), ("none", "eval")]
)
def test_a_unet_gives_what_the_original_gives(tmp_path, depth, norm, mode):
    original = trained(OriginalUnet(norm=norm, depth=depth))
    finished = imported(tmp_path, original.state_dict())
    assert finished.params.generator == UnetParams(width=2, depth=depth, norm=norm)
    assert finished.codec.size == 2**depth
    assert_equal_outputs(original, finished, mode, side=2**depth)


@pytest.mark.parametrize(
    ("down", "up", "dropout"),
    [(True, True, False), (True, False, False), (False, True, True), (True, True, True)],
)
@pytest.mark.parametrize("norm", ["instance", "batch", "none"])
def test_a_resnet_of_cut_gives_what_the_original_gives(tmp_path, down, up, dropout, norm):
    original = trained(OriginalResnet(norm=norm, dropout=dropout, blurs_down=down, blurs_up=up))
    assert any(key.endswith(".filt") for key in original.state_dict())
    finished = imported(tmp_path, original.state_dict())
    assert finished.params.generator == ResnetParams(
        width=4,
        blocks=6,
        norm=norm,
        downsample="blur" if down else "stride",
        upsample="blur" if up else "transpose",
    )
    assert_equal_outputs(original, finished, "train" if norm == "batch" and not dropout else "eval")


def test_dropout_and_batch_statistics_can_be_off(tmp_path):
    original = trained(OriginalUnet(dropout=False))
    finished = imported(tmp_path, original.state_dict(), "--no-dropout")
    assert_equal_outputs(original, finished, "train", side=128)
    (tmp_path / "other").mkdir()
    finished = imported(tmp_path / "other", original.state_dict(), "--eval")
    assert_equal_outputs(original, finished, "eval", side=128)


def test_dropout_with_instance_norm_can_be_on(tmp_path):
    original = trained(OriginalUnet(norm="instance"))
    finished = imported(tmp_path, original.state_dict(), "--train")
    assert_equal_outputs(original, finished, "train", side=128)


@pytest.mark.parametrize("build", [OriginalResnet, OriginalUnet])
def test_channels_may_differ(tmp_path, build):
    original = trained(build(inputs=1, outputs=3, norm="instance"))
    finished = imported(tmp_path, original.state_dict())
    assert finished.codec.channels == {"source": 1, "target": 3}
    assert_equal_outputs(original, finished, "eval", side=128)


# Layouts


@pytest.mark.parametrize("build", [OriginalResnet, OriginalUnet])
def test_statistics_of_old_instance_norms_have_no_say(tmp_path, build):
    original = trained(build(norm="instance of old", dropout=False))
    assert any(key.endswith("running_var") for key in original.state_dict())
    finished = imported(tmp_path, original.state_dict())
    assert finished.params.generator.norm == "instance"
    fresh = build(norm="instance", dropout=False)
    fresh.load_state_dict(original.state_dict(), strict=False)
    assert_equal_outputs(fresh, finished, "eval", side=128)


@pytest.mark.parametrize(
    "layout", ["prefixed", "wrapped", "both", "old file", "no counters", "half"]
)
def test_layouts_of_files_change_nothing(tmp_path, layout):
    original = trained(OriginalUnet())
    if layout == "half":
        original = original.half().float()
    state = original.state_dict()
    if layout == "half":
        state = OrderedDict((key, value.half()) for key, value in state.items())
    if layout in ("prefixed", "both"):
        state = nn.DataParallel(original).state_dict()
        assert all(key.startswith("module.") for key in state)
    if layout in ("wrapped", "both"):
        state = {"epoch": 200, "state_dict": state}
    if layout == "no counters":  # as before torch 0.4.1
        state = OrderedDict((k, v) for k, v in state.items() if "num_batches" not in k)
    finished = imported(tmp_path, state, _use_new_zipfile_serialization=layout != "old file")
    assert_equal_outputs(original, finished, "train", side=128)


@pytest.mark.parametrize(
    ("build", "network", "count"),
    [
        pytest.param(
            lambda: OriginalUnet(width=64, depth=8), UnetParams(), 54_413_955, id="unet-256"
        ),
        pytest.param(
            lambda: OriginalResnet(width=64, blocks=9), ResnetParams(), 11_378_179, id="resnet-9"
        ),
    ],
)
def test_published_sizes(monkeypatch, build, network, count):
    with torch.device("meta"):
        state = importing.zeros(build().state_dict())
    monkeypatch.setattr(junyanz, "load_tensors", lambda *_, **__: state)
    generator = read(Path("latest_net_G.pth"))
    assert (generator.network, generator.inputs, generator.outputs) == (network, 3, 3)
    assert sum(w.numel() for n, w in generator.weights.items() if not is_statistic(n)) == count


def is_statistic(name: str) -> bool:
    return "running_" in name or "num_batches" in name


# Directions


def test_two_generators_make_a_model_of_both_ways(tmp_path):
    ahead, back = (trained(OriginalResnet(inputs=i, outputs=4 - i)) for i in (1, 3))
    torch.save(back.state_dict(), tmp_path / "latest_net_G_B.pth")
    options = ["--back", tmp_path / "latest_net_G_B.pth", "--source", "map", "--target", "aerial"]
    finished = imported(tmp_path, ahead.state_dict(), *options, "--size", 64)
    assert as_translator(finished).directions == {"aerial": ("map",), "map": ("aerial",)}
    assert finished.codec.channels == {"map": 1, "aerial": 3}
    assert finished.codec.size == 64
    for network, channels, to in ((ahead, 1, "aerial"), (back, 3, "map")):
        x = torch.rand(1, channels, 32, 32) * 2 - 1
        found = as_translator(finished).translate(x, to)
        torch.testing.assert_close(found, network(x), atol=3e-5, rtol=0)


def test_the_card_claims_what_is_known_and_no_more(tmp_path):
    finished = imported(tmp_path, OriginalResnet().state_dict())
    content = (tmp_path / "latest_net_G.pth").read_bytes()
    card = read_card(tmp_path / "it")
    assert card.run == {
        "source": "source",
        "target": "target",
        "method": "imported",
        "data": "unknown",
        "steps": 0,
        "origin": "junyanz",
        "generator": ResnetParams(width=4, blocks=6).model_dump(),
        "inference": "eval",
        "files": {
            "target": {
                "name": "latest_net_G.pth",
                "sha256": hashlib.sha256(content).hexdigest(),
            }
        },
    }
    assert load_run(card.run) == finished.params
    assert as_translator(finished).directions == {"target": ("source",)}
    with pytest.raises(UserError, match="can't be trained"):
        finished.params.build(card.data)
    with pytest.raises(ValidationError, match="imported"):  # in params.yaml it has no place
        Params(seed=0, models={"it": card.run})
    with pytest.raises(ValidationError, match="expected files for 'target'"):
        load_run({**card.run, "files": {"source": card.run["files"]["target"]}})


# The command


def test_an_imported_model_is_listed_and_translates(tmp_path):
    imported(tmp_path, trained(OriginalResnet()).state_dict(), "--target", "zebra")
    listed = CliRunner().invoke(app, ["models", "--models", str(tmp_path)]).output
    assert listed.splitlines()[1].split()[:4] == ["it", "imported", "unknown", "0"]
    assert listed.rstrip().endswith("translate source -> zebra")
    tiny.write_picture(tmp_path / "in.png", 1, 19, 30)
    out = tmp_path / "out.png"
    arguments = ["translate", str(tmp_path / "it"), str(tmp_path / "in.png"), "-o", str(out)]
    assert CliRunner().invoke(app, arguments).exit_code == 0
    expected = translate_picture(
        load(tmp_path / "it"), np.asarray(Image.open(tmp_path / "in.png")), "zebra"
    )
    np.testing.assert_array_equal(np.asarray(Image.open(out)), expected)


def test_the_command_explains_itself_with_examples():
    text = CliRunner().invoke(app, ["import", "--help"]).output
    assert "Examples:" in text
    assert "  crossdomain import junyanz" in text


# Refusals


def without(state: dict[str, Tensor], *keys: str) -> dict[str, Tensor]:
    return {key: value for key, value in state.items() if key not in keys}


RESNET, UNET = OriginalResnet(width=2).state_dict(), OriginalUnet(width=1).state_dict()
CUT = OriginalResnet(width=2, blurs_down=True, blurs_up=True).state_dict()
BARE = OriginalResnet(width=2, norm="none").state_dict()


@pytest.mark.parametrize(
    ("content", "parts"),
    [
        pytest.param(torch.zeros(3), ["holds a Tensor"], id="a tensor"),
        pytest.param({}, ["its keys are: none"], id="nothing"),
        pytest.param({"epoch": 3, "loss": 0.1}, ["no tensors: epoch, loss"], id="numbers"),
        pytest.param(
            {f"model.{n}.weight": torch.zeros(1) for n in (0, 2, 5, 8, 11, 14)},
            ["model.0.weight, model.2.weight", "... (6)"],
            id="a discriminator",
        ),
        pytest.param(
            without(RESNET, "model.12.conv_block.5.bias"),
            ["ResNet of 6 blocks, width 2", "missing: model.12.conv_block.5.bias"],
            id="a weight is missing",
        ),
        pytest.param(
            without(RESNET, "model.23.weight"), ["model.23.weight is missing"], id="no last layer"
        ),
        pytest.param(
            without(RESNET, *(key for key in RESNET if "conv_block" in key)),
            ["model.17.weight is missing"],
            id="no blocks",
        ),
        pytest.param(
            {**RESNET, "model.9.filt": torch.zeros(1)}, ["unknown: model.9.filt"], id="one too many"
        ),
        pytest.param(
            {**RESNET, "model.1.weight": torch.zeros(2)},
            ["model.1.weight is no convolution's", "[2]"],
            id="no convolution",
        ),
        pytest.param(
            {**CUT, "model.11.filt": torch.full((8, 1, 3, 3), 1 / 9)},
            ["antialiased", "model.11.filt is another filter than CUT's"],
            id="another filter",
        ),
        pytest.param(
            without(CUT, "model.18.filt") | {"model.22.filt": torch.zeros(4, 1, 5, 5)},
            ["model.25.weight is missing"],
            id="no filter",
        ),
        pytest.param(
            without(CUT, "model.22.filt"), ["missing: model.22.filt"], id="one filter missing"
        ),
        pytest.param(
            {**BARE, "model.4.bias": torch.zeros(4)},
            ["no norm", "unknown: model.4.bias"],
            id="a bias where there are none",
        ),
        pytest.param(
            without(RESNET, "model.1.bias"),
            ["no norm", "unknown: model.10.conv_block.1.bias"],
            id="the first bias is missing",
        ),
        pytest.param(without(BARE, "model.23.bias"), ["missing: model.23.bias"], id="no last bias"),
        pytest.param(
            {**UNET, "model.model.1.model.1.weight": torch.zeros(2, 9, 4, 4)},
            ["U-Net of 7 levels", "expected [2, 1, 4, 4], found [2, 9, 4, 4]"],
            id="another shape",
        ),
        pytest.param(
            {
                "model.model.0.weight": torch.zeros(2, 3, 4, 4),
                "model.model.3.weight": torch.zeros(4, 3, 4, 4),
            },
            ["depth", "greater than or equal to 2"],
            id="no levels",
        ),
        pytest.param(OriginalResnet(width=1), ["a whole pickled network"], id="code"),
    ],
)
def test_files_that_hold_no_generator_are_refused(tmp_path, content, parts):
    torch.save(content, tmp_path / "net.pth")
    message = refused(tmp_path / "net.pth", "--name", "it", "--models", tmp_path)
    for part in ["net.pth", "expected the weights of a generator", *parts]:
        assert part in message
    assert [file.name for file in tmp_path.iterdir()] == ["net.pth"]


@pytest.mark.parametrize("content", [b"", b"nonsense", b"PK\x03\x04 and no more", b"\x80\x02."])
def test_damaged_files_are_refused(tmp_path, content):
    (tmp_path / "net.pth").write_bytes(content)
    message = refused(tmp_path / "net.pth", "--name", "it", "--models", tmp_path)
    assert "damaged" in message


def test_what_cant_be_is_refused_before_anything_is_written(tmp_path):
    files = {
        "resnet": OriginalResnet(width=2),
        "nine": OriginalResnet(width=2, blocks=9),
        "noisy": OriginalResnet(width=2, dropout=True),
        "unet": OriginalUnet(width=1),
        "lab": OriginalResnet(inputs=1, outputs=2, width=1),
        "grey": OriginalResnet(inputs=1, outputs=3, width=2),
    }
    for name, network in files.items():
        torch.save(network.state_dict(), tmp_path / name)
    (tmp_path / "taken").mkdir()
    before = tiny.tree(tmp_path)
    cases = {
        ("none",): "can't be read",
        (".",): "can't be read",
        ("lab",): "1 or 3 channels, found 1 channels in and 2 out",
        ("unet", "--size", 100): "multiples of 128",
        ("noisy", "--train"): "leave --train out",
        ("resnet", "--back", tmp_path / "nine"): "of one kind",
        ("grey", "--back", tmp_path / "resnet"): "a way back from 3 to 1 channels",
        ("resnet", "--target", "a.b"): "name of a domain",
        ("resnet", "--target", "source"): "both 'source'",
        ("resnet", "--name", "taken"): "there already",
        ("resnet", "--name", "../elsewhere"): "expected a name",
        ("resnet", "--name", ".hidden"): "expected a name",
    }
    for (file, *options), reason in cases.items():
        named = [] if "--name" in options else ["--name", "it"]
        assert reason in refused(tmp_path / file, *named, "--models", tmp_path, *options)
    result = CliRunner().invoke(app, ["import", "runwayml", "x.pth", "--name", "it"])
    assert "allowed: junyanz" in result.stderr
    assert tiny.tree(tmp_path) == before
