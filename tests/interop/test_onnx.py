"""ONNX files: what onnxruntime makes of them, what they say of themselves, what is refused."""

import json
import re
import sys
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import onnx
import onnxruntime
import pytest
import tiny
import torch
from exported import export_model
from torch import Tensor, nn
from typer.testing import CliRunner

from pipeline.capabilities import Translator
from pipeline.cli import app
from pipeline.codecs import MelCodec
from pipeline.errors import UserError
from pipeline.inference.finished import FinishedModel, as_translator, load
from pipeline.inference.translation import translate_any_size
from pipeline.interop.onnx import TOLERANCE, export_onnx

RESNET = {"kind": "resnet", "width": 4, "blocks": 1}
UNET = {"kind": "unet", "width": 4, "depth": 3}
VAE = {"kind": "vae", "width": 4, "blocks": 1}


def finish(folder: Path, name: str, **changes: Any) -> FinishedModel:
    """A shipped block at a toy size, with random weights that bring every layer to life."""
    run = tiny.shrink(tiny.runs()[name], **changes)
    torch.manual_seed(0)
    model = run.build_model(tiny.data_of(run))
    for key, value in model.state_dict().items():
        if key.endswith("running_var"):
            value.uniform_(0.5, 2)
        elif value.is_floating_point():
            value.normal_(0, 0.3)
    return export_model(folder / name, model, run)


def session_of(file: Path) -> onnxruntime.InferenceSession:
    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = 1
    return onnxruntime.InferenceSession(file, options, providers=["CPUExecutionProvider"])


@torch.no_grad()
def agrees(file: Path, finished: FinishedModel, to: str, *shapes: tuple[int, ...]) -> None:
    """Check that onnxruntime gives what the model gives, at each shape."""
    session, model = session_of(file), as_translator(finished)
    for shape in shapes:
        x = torch.randn(shape)
        expected = model.translate(x, to).numpy()
        (found,) = session.run(["output"], {"input": x.numpy()})
        assert expected.std() > 0.05
        np.testing.assert_allclose(found, expected, rtol=0, atol=TOLERANCE)


def facts_of(file: Path) -> dict[str, str]:
    found: dict[str, str] = session_of(file).get_modelmeta().custom_metadata_map
    return found


def call(*arguments: object) -> str:
    """Run the command; return what it says, of its success or its failure."""
    result = CliRunner().invoke(app, ["export", *map(str, arguments)])
    assert result.exit_code in (0, 1), result.output
    return result.output if result.exit_code == 0 else result.stderr


@pytest.fixture(scope="module")
def cyclegan(tmp_path_factory: pytest.TempPathFactory) -> FinishedModel:
    return finish(tmp_path_factory.mktemp("models"), "cyclegan")


@pytest.fixture(scope="module")
def zebra(cyclegan: FinishedModel, tmp_path_factory: pytest.TempPathFactory) -> Path:
    file = tmp_path_factory.mktemp("files") / "made/zebra.onnx"
    assert export_onnx(cyclegan, file) <= TOLERANCE
    return file


# What runs


def test_a_cyclegan_gives_the_same_in_onnxruntime(cyclegan: FinishedModel, zebra: Path) -> None:
    agrees(zebra, cyclegan, "zebra", (1, 3, 8, 8), (3, 3, 24, 40), (2, 3, 128, 16))
    assert [file.name for file in zebra.parent.iterdir()] == ["zebra.onnx"]


@pytest.mark.parametrize(
    "generator",
    [
        {**RESNET, "upsample": "resize", "norm": "batch", "residual": True},
        # One channel: the two memory layouts can't be told apart.
        {**RESNET, "width": 1, "downsample": "blur", "upsample": "blur"},
        VAE,
    ],
)
def test_a_pix2pix_gives_the_same_in_onnxruntime(tmp_path: Path, generator: dict[str, Any]) -> None:
    finished = finish(tmp_path, "pix2pix", generator=generator, inference="eval")
    export_onnx(finished, tmp_path / "scene.onnx", "scene")
    agrees(tmp_path / "scene.onnx", finished, "scene", (1, 3, 32, 32), (2, 3, 160, 64))


def test_any_size_by_what_the_metadata_says(cyclegan: FinishedModel, zebra: Path) -> None:
    facts = facts_of(zebra)
    multiple, smallest = int(facts["multiple"]), int(facts["smallest"])
    x = torch.randn(1, 3, 7, 50)
    below, right = (-(-max(side, smallest) // multiple) * multiple - side for side in (7, 50))
    padded = np.pad(x.numpy(), ((0, 0), (0, 0), (0, below), (0, right)), mode="reflect")
    (found,) = session_of(zebra).run(["output"], {"input": padded})
    with torch.no_grad():
        expected = translate_any_size(as_translator(cyclegan), x, "zebra").numpy()
    np.testing.assert_allclose(found[..., :7, :50], expected, rtol=0, atol=TOLERANCE)


def test_a_unit_gives_the_same_in_onnxruntime(tmp_path: Path) -> None:
    finished = finish(tmp_path, "cyclegan_vae")
    export_onnx(finished, tmp_path / "back.onnx", "horse")
    agrees(tmp_path / "back.onnx", finished, "horse", (1, 3, 8, 8), (2, 3, 36, 52))


# What a file says


def test_a_picture_model_says_what_it_takes(cyclegan: FinishedModel, zebra: Path) -> None:
    facts = facts_of(zebra)
    codec = facts.pop("codec")
    assert facts == {
        "crossdomain": cyclegan.card.version,
        "model": "cyclegan",
        "source": "horse",
        "target": "zebra",
        "kind": "image",
        "source_channels": "3",
        "target_channels": "3",
        "range": "[-1, 1]",
        "multiple": "4",
        "smallest": "8",
        "chunk": "any",
        "inference": "eval",
    }
    assert json.loads(codec) == cyclegan.codec.model_dump(mode="json")
    assert "[batch, 3, height, width] of horse" in onnx.load(zebra).doc_string
    assert session_of(zebra).get_inputs()[0].shape == ["batch", 3, "4*rows", "4*columns"]


def test_a_sound_model_carries_its_convention_and_statistics(tmp_path: Path) -> None:
    finished = finish(tmp_path, "voice_cyclegan")
    file = tmp_path / "voice.onnx"
    export_onnx(finished, file)
    agrees(file, finished, "beatrice", (1, 1, tiny.SIDE, 8), (3, 1, tiny.SIDE, 52))
    facts = facts_of(file)
    assert MelCodec.model_validate_json(facts["codec"]) == finished.codec
    assert (facts["kind"], facts["range"]) == ("mel", "standardised")
    assert f"[batch, 1, {tiny.SIDE}, frames] of arthur" in onnx.load(file).doc_string
    assert session_of(file).get_inputs()[0].shape == ["batch", 1, tiny.SIDE, "4*columns"]


def test_one_direction_of_many_is_that_of_all_its_sources(tmp_path: Path) -> None:
    network = {"width": 8, "blocks": 4, "dense": 1, "bank": 3, "latent": 4, "embedding": 3}
    speakers = ["arthur", "beatrice", "cecil"]
    finished = finish(tmp_path, "adain_world", domains=speakers, network=network)
    file = tmp_path / "voice.onnx"
    with pytest.raises(UserError, match="leads to arthur, beatrice, cecil: name one by --to"):
        export_onnx(finished, file)
    export_onnx(finished, file, "beatrice")
    agrees(file, finished, "beatrice", (1, 1, tiny.SIDE, 8), (3, 1, tiny.SIDE, 56))
    facts = facts_of(file)
    assert (facts["source"], facts["target"]) == ("arthur, cecil", "beatrice")
    assert (facts["multiple"], facts["smallest"]) == ("8", "8")
    assert "arthur or cecil -> beatrice by adain_world" in onnx.load(file).doc_string
    assert session_of(file).get_inputs()[0].shape == ["batch", 1, tiny.SIDE, "8*columns"]


def test_files_repeat_and_name_no_path_of_this_machine(
    cyclegan: FinishedModel, zebra: Path, tmp_path: Path
) -> None:
    layers = [type(layer) for layer in cyclegan.model.modules()]
    export_onnx(cyclegan, tmp_path / "again.onnx")
    assert [type(layer) for layer in cyclegan.model.modules()] == layers
    content = zebra.read_bytes()
    assert content == (tmp_path / "again.onnx").read_bytes()
    assert str(Path(tiny.__file__).parents[1]).encode() not in content
    assert b"site-packages" not in content


# Refusals


class Doubled(nn.Module, Translator):
    """A translator of pictures that is what a test needs it to be."""

    directions = {"zebra": ("horse",)}  # noqa: RUF012
    behaviour = "noise"

    def __init__(self) -> None:
        super().__init__()
        self.weight = nn.Parameter(torch.ones(()))

    def translate(self, x: Tensor, to: str) -> Tensor:
        if self.behaviour == "noise":
            return self.weight * x + torch.randn_like(x)
        if self.behaviour == "branch" and x.sum() > 0:
            return x
        return self.weight * x * torch.nan


def doubled(beside: FinishedModel, behaviour: str) -> FinishedModel:
    model = Doubled()
    model.behaviour = behaviour
    return replace(beside, name="doubled", model=model)


@pytest.mark.parametrize("behaviour", ["noise", "nan"])
def test_what_onnxruntime_does_not_repeat_is_not_written(
    cyclegan: FinishedModel, tmp_path: Path, behaviour: str
) -> None:
    file = tmp_path / "zebra.onnx"
    file.write_bytes(b"an older file")
    with pytest.raises(UserError, match="onnxruntime differs from torch by"):
        export_onnx(doubled(cyclegan, behaviour), file)
    assert tiny.tree(tmp_path) == {"zebra.onnx": b"an older file"}


def test_what_torch_cant_trace_is_said_in_a_line(cyclegan: FinishedModel, tmp_path: Path) -> None:
    with pytest.raises(UserError, match=r"^torch can't export 'doubled' to ONNX: [^\n]+$"):
        export_onnx(doubled(cyclegan, "branch"), tmp_path / "zebra.onnx")


def test_dropout_and_batch_statistics_are_refused_with_a_way_out(tmp_path: Path) -> None:
    generator = {**UNET, "depth": 6}  # deep enough that a block drops out
    finished = finish(tmp_path, "pix2pix", generator=generator, inference="train")
    file = tmp_path / "scene.onnx"
    with pytest.raises(UserError, match=r"dropout and batch statistics on .*inference: eval"):
        export_onnx(finished, file)
    assert not file.exists()
    card = tmp_path / "pix2pix/params.json"  # the way out that the message names
    card.write_text(re.sub(r'"inference": ?"train"', '"inference": "eval"', card.read_text()))
    finished = load(tmp_path / "pix2pix")
    export_onnx(finished, file)
    agrees(file, finished, "scene", (1, 3, 64, 64), (2, 3, 192, 64))


def test_draws_of_a_latent_are_refused(tmp_path: Path) -> None:
    finished = finish(tmp_path, "pix2pix", generator=VAE, inference="train")
    with pytest.raises(UserError, match=r"with draws of its latent on .*inference: eval"):
        export_onnx(finished, tmp_path / "scene.onnx")
    assert not (tmp_path / "scene.onnx").exists()


def test_the_train_mode_is_no_matter_where_nothing_heeds_it(tmp_path: Path) -> None:
    generator = {**UNET, "norm": "instance", "dropout": False}
    finished = finish(tmp_path, "pix2pix", generator=generator, inference="train")
    export_onnx(finished, tmp_path / "scene.onnx")
    agrees(tmp_path / "scene.onnx", finished, "scene", (1, 3, 16, 8), (3, 3, 24, 64))


# The command


@pytest.mark.parametrize("arguments", [["--onnx"], ["-o", "made/horse.onnx", "--to", "horse"]])
def test_the_command_writes_where_it_is_told_or_here(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, arguments: list[str]
) -> None:
    finish(tmp_path / "models", "cyclegan")
    monkeypatch.chdir(tmp_path)
    said = call("cyclegan", *arguments, "--models", "models")
    told = "--to" in arguments
    file, to = ("made/horse.onnx", "horse") if told else ("cyclegan-to-zebra.onnx", "zebra")
    assert said.startswith(f"{file}: cyclegan to {to}, ")
    assert facts_of(Path(file))["target"] == to


def test_the_command_refuses_before_anything_is_written(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in ("cyclegan", "vae"):
        finish(tmp_path, name)
    (tmp_path / "folder.onnx").mkdir()
    model, file, before = tmp_path / "cyclegan", tmp_path / "out.onnx", tiny.tree(tmp_path)
    assert "ends in .onnx" in call(model, "-o", tmp_path / "out.pt")
    assert "ends in .onnx" in call(model, "-o", tmp_path / "folder.onnx")
    assert "zebra and horse, not to 'cow'" in call(model, "-o", file, "--to", "cow")
    assert "can't translate" in call(tmp_path / "vae", "-o", file)
    monkeypatch.setitem(sys.modules, "onnxruntime", None)
    message = call(model, "-o", file)
    assert "not installed: onnxruntime. Install the extra: pip install '.[onnx]'" in message
    assert tiny.tree(tmp_path) == before


def test_the_command_explains_itself() -> None:
    assert "  crossdomain export cyclegan --onnx" in call("--help")
