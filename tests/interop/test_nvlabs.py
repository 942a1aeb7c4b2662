"""Published SPADEs: equal to the original in what they make of label maps, or refused."""

from functools import partial
from pathlib import Path

import importing
import numpy as np
import pytest
import tiny
import torch
from original_spade import OriginalSpade, shown, trained
from PIL import Image
from stores import prepared
from strangers import bounded
from torch import Tensor
from typer.testing import CliRunner

from pipeline.backbones.label_maps import instance_edges, one_hot_channels
from pipeline.backbones.spade import SpadeParams
from pipeline.cli import app
from pipeline.codecs import ImageCodec
from pipeline.codecs.label_maps import LabelMap
from pipeline.datasets.folders import PictureFolderParams
from pipeline.errors import UserError
from pipeline.inference.finished import FinishedModel, as_translator, export, load, read_card
from pipeline.inference.pictures import translate_pictures
from pipeline.interop import nvlabs
from pipeline.interop.onnx import export_onnx
from pipeline.methods.imported import ImportedLabelMapsParams
from pipeline.methods.registry import load_run
from pipeline.samples import DatasetSpec

call, refused = partial(importing.call, "spade"), partial(importing.refused, "spade")


def draw(count: int, side: int, seed: int = 0) -> Tensor:
    """Numbers [2, side, side] in areas."""
    generator = torch.Generator().manual_seed(seed)
    small = torch.randint(count, (2, side // 8, side // 8), generator=generator)
    return small.repeat_interleave(8, dim=1).repeat_interleave(8, dim=2)


def original(planes: int, side: int = 64, **of: object) -> OriginalSpade:
    torch.manual_seed(1)
    network = OriginalSpade(planes, **of)
    return trained(network, torch.randn(2, planes, side, side))


def write(path: Path, state: object) -> Path:
    path.parent.mkdir(exist_ok=True)
    torch.save(state, path)
    return path


def imported(folder: Path, network: OriginalSpade, *options: object) -> FinishedModel:
    path = write(folder / "files/latest_net_G.pth", network.state_dict())
    return importing.imported("spade", path, folder, *options)


def pictures(labels: Tensor, instances: Tensor | None = None) -> np.ndarray:
    """Label maps uint8 [N, H, W, 3]: grey, or with the number of the instance beside."""
    others = (labels, labels) if instances is None else (instances // 256, instances % 256)
    return torch.stack([labels, *others], dim=3).to(torch.uint8).numpy()


@torch.no_grad()
def assert_equal(
    finished: FinishedModel, network: OriginalSpade, labels: np.ndarray, planes: Tensor
) -> None:
    expected = network(planes)
    assert expected.std() > 0.01
    assert (expected[0] - expected[1]).abs().max() > 1e-3
    x = finished.codec.to_sample(torch.from_numpy(labels), "source")
    found = as_translator(finished).translate(x, "target")
    torch.testing.assert_close(found, expected, atol=3e-5, rtol=0)


@pytest.mark.parametrize("norm", ["batch", "instance"])
@pytest.mark.parametrize("spectral", ["old", "new", "none"])
def test_a_generator_gives_what_the_original_gives(tmp_path, norm, spectral):
    network = original(13, norm=norm, spectral=spectral, side=128)
    finished = imported(tmp_path, network, "--labels", "facades")
    assert finished.params.generator == SpadeParams(width=4, hidden=8, norm=norm, spectral=False)
    labels = draw(13, 128)
    assert_equal(finished, network, pictures(labels), shown(labels, None, 13))


@pytest.mark.parametrize(
    ("upsampling", "side", "expected"),
    [
        ("normal", 64, SpadeParams(width=4, hidden=8, norm="batch", spectral=False)),
        ("more", 128, SpadeParams(width=4, levels=6, hidden=8, norm="batch", spectral=False)),
        (
            "most",
            256,
            SpadeParams(
                width=2, levels=7, max_multiplier=32, hidden=8, norm="batch", spectral=False
            ),
        ),
    ],
)
def test_each_number_of_doublings(tmp_path, upsampling, side, expected):
    network = original(5, upsampling=upsampling, side=side)
    options = ["--labels", 5, "--upsampling", upsampling, "--size", side]
    finished = imported(tmp_path, network, *options)
    assert finished.params.generator == expected
    labels = draw(5, side)
    assert_equal(finished, network, pictures(labels), shown(labels, None, 5))


def test_an_unknown_label_and_instances_are_shown_as_in_the_original(tmp_path):
    network = original(184)
    finished = imported(tmp_path, network, "--labels", "coco", "--size", 64)
    assert finished.codec.labels["source"].channels == 184
    numbers, instances = draw(183, 64), draw(60_000, 64, seed=5)
    stored = torch.where(numbers == 182, 255, numbers)
    planes = shown(numbers, instances, 183)
    assert_equal(finished, network, pictures(stored, instances), planes)
    # What is grey has each area as an instance.
    assert_equal(finished, network, pictures(stored), shown(numbers, numbers, 183))


def test_ade20k_counts_from_one(tmp_path):
    network = original(151)
    finished = imported(tmp_path, network, "--labels", "ade20k", "--size", 64)
    stored = draw(151, 64)
    numbers = torch.where(stored == 0, 150, stored - 1)
    assert_equal(finished, network, pictures(stored), shown(numbers, None, 151))


def test_cityscapes_doubles_once_more(tmp_path):
    network = original(36, upsampling="more", side=128)
    finished = imported(tmp_path, network, "--labels", "cityscapes", "--size", 128)
    assert finished.params.generator.levels == 6
    labels = draw(35, 128)
    assert_equal(finished, network, pictures(labels), shown(labels, labels, 35))


def test_planes_by_hand():
    levels = torch.tensor([[[0, 1, 2], [255, 2, 3]]])
    x = torch.from_numpy(pictures(levels)).permute(0, 3, 1, 2) / 127.5 - 1
    found = one_hot_channels(x, LabelMap(count=2, first=1, unknown=True))
    assert found[0].tolist() == [
        [[0, 1, 0], [0, 0, 0]],
        [[0, 0, 1], [0, 1, 0]],
        [[1, 0, 0], [1, 0, 1]],
    ]
    two = torch.tensor([[[[1.0, 1.0, 2.0], [1.0, 1.0, 2.0]], [[3.0, 3.0, 3.0], [4.0, 3.0, 3.0]]]])
    assert instance_edges(two)[0, 0].tolist() == [[1, 1, 1], [1, 1, 1]]
    assert instance_edges(two[:, :1])[0, 0].tolist() == [[0, 1, 1], [0, 1, 1]]


@pytest.mark.parametrize(
    ("label", "count"), [("ade20k", 96_492_483), ("coco", 97_480_899), ("cityscapes", 93_048_003)]
)
def test_the_published_sizes(monkeypatch, label, count):
    planes = {"ade20k": 151, "coco": 184, "cityscapes": 36}[label]
    with torch.device("meta"):
        state = OriginalSpade(planes, width=64, hidden=128, spectral="none").state_dict()
    monkeypatch.setattr(nvlabs, "load_tensors", lambda *_, **__: importing.zeros(state))
    found = nvlabs.read(Path("latest_net_G.pth"), "normal")
    assert found.network == SpadeParams(norm="batch", spectral=False)
    assert found.inputs == planes
    sizes = {name: value.numel() for name, value in found.weights.items()}
    assert sum(n for name, n in sizes.items() if ".norm." not in name) == count


@pytest.mark.parametrize(
    "layout", ["module.", "_orig_mod.", "wrapped", "before 1.0", "no counters"]
)
def test_layouts_of_files_change_nothing(tmp_path, layout):
    network = original(5)
    state = dict(network.state_dict())
    expected = nvlabs.read(write(tmp_path / "a.pth", state), "normal").weights
    if layout == "before 1.0":  # which held the weights as they were last computed, and no v
        plain = {
            name.replace("weight_orig", "weight"): value / value.flatten(1).norm()
            for name, value in state.items()
            if name.endswith("weight_orig")
        }
        state = {name: v for name, v in state.items() if not name.endswith("weight_v")} | plain
    elif layout == "no counters":
        state = {k: v for k, v in state.items() if not k.endswith("num_batches_tracked")}
    elif layout == "wrapped":
        state = {"state_dict": state, "epoch": 3}
    else:
        state = {layout + name: value for name, value in state.items()}
    found = nvlabs.read(write(tmp_path / "b.pth", state), "normal").weights
    if layout == "before 1.0":
        assert torch.equal(found["blocks.3.conv_1.weight"], state["up_0.conv_0.weight"])
    same = [
        name
        for name in expected
        if not name.endswith("num_batches_tracked")
        and not (layout == "before 1.0" and ".conv_" in name and name.endswith("weight"))
    ]
    assert len(same) > 100
    assert all(torch.equal(found[name], expected[name]) for name in same)


def test_the_card_claims_what_is_known_and_no_more(tmp_path):
    finished = imported(tmp_path, original(5), "--labels", "3+unknown+instances", "--size", 64)
    card = read_card(tmp_path / "it")
    assert card.run["labels"] == {"count": 3, "first": 0, "unknown": True, "instances": True}
    assert card.run["origin"] == "spade"
    assert not {"batch", "schedule", "ema"} & card.run.keys()
    assert load_run(card.run) == finished.params
    assert load(tmp_path / "it").codec.labels == {"source": finished.params.labels}
    with pytest.raises(UserError, match="can't be trained"):
        finished.params.build(card.data)


# The command


def test_label_maps_are_translated_by_the_command_and_others_refused(tmp_path):
    finished = imported(tmp_path, original(5), "--labels", 5, "--size", 64)
    folder = tmp_path / "maps"
    folder.mkdir()
    labels = draw(5, 64)[0].numpy().astype(np.uint8)
    Image.fromarray(labels).save(folder / "good.png")
    Image.fromarray(labels[:50, :40]).save(folder / "small.png")
    Image.fromarray(labels + 3).save(folder / "other.png")
    colours = Image.fromarray(labels).convert("P")
    colours.putpalette([value for n in range(256) for value in (n, 255 - n, 7)])
    colours.save(folder / "colours.png")
    out = tmp_path / "out"
    arguments = ["translate", str(tmp_path / "it"), str(folder), "-o", str(out)]
    result = CliRunner().invoke(app, arguments)
    assert result.exit_code == 1
    assert "other.png: expected a label map of levels 0 to 4, found 5, 6, 7" in result.stderr
    assert "colours.png: expected a grey label map, whose levels are labels" in result.stderr
    assert sorted(file.name for file in out.iterdir()) == ["good.png", "small.png"]
    expected = translate_pictures(finished, pictures(torch.from_numpy(labels)[None]), "target")[0]
    np.testing.assert_array_equal(np.asarray(Image.open(out / "good.png")), expected)
    assert Image.open(out / "small.png").size == (40, 50)
    with pytest.raises(ValueError, match="levels 0 to 4"):
        translate_pictures(finished, np.full((1, 8, 8, 3), 9, np.uint8), "target")


def test_a_data_set_whose_labels_were_mixed_is_refused(tmp_path):
    imported(tmp_path, original(5), "--labels", 5, "--size", 64)
    for name in ("source", "target"):
        (tmp_path / "own" / name).mkdir(parents=True)
        Image.fromarray(draw(5, 64)[0].numpy().astype(np.uint8)).save(
            tmp_path / "own" / name / "1.png"
        )
    folders = {split: {"source": "source", "target": "target"} for split in ("train", "test")}
    params = PictureFolderParams(root=str(tmp_path / "own"), folders=folders, size=64)
    prepared(params, tmp_path / "store")
    arguments = ["evaluate", "it", "--data", str(tmp_path / "store"), "--models", str(tmp_path)]
    result = CliRunner().invoke(app, [*arguments, "--out", str(tmp_path / "out")])
    assert result.exit_code == 1
    assert "takes source: as colours, whose resizing mixes labels" in result.stderr


def test_it_gives_the_same_in_onnxruntime(tmp_path):
    labels = LabelMap(count=3, unknown=True, instances=True)
    params = ImportedLabelMapsParams(
        source="source",
        target="target",
        origin="spade",
        labels=labels,
        generator=SpadeParams(width=2, levels=1, hidden=2, norm="batch", spectral=False),
        files={"target": {"name": "net.pth", "sha256": "0"}},
    )
    channels = {"source": 3, "target": 3}
    codec = ImageCodec(size=16, channels=channels, labels={"source": labels})
    data = DatasetSpec(specs={domain: codec.spec(domain) for domain in channels})
    model = params.build_model(data)
    export(tmp_path / "it", model, params=params, data=data, codec=codec, seed=0)
    assert export_onnx(load(tmp_path / "it"), tmp_path / "it.onnx", "target") < 1e-4


# Refusals

STATE = original(5).state_dict()


@pytest.mark.parametrize(
    ("state", "parts"),
    [
        pytest.param({}, ["fc.weight is missing; its keys are: none"], id="nothing"),
        pytest.param(
            OriginalSpade(5, style=16).state_dict(),
            ["a style code (--use_vae), which fixes the pictures' size"],
            id="a style code",
        ),
        pytest.param(
            {k: v for k, v in STATE.items() if k != "up_2.norm_s.mlp_beta.weight"},
            [
                "one of 5 input channels, width 4, batch norm",
                "missing: up_2.norm_s.mlp_beta.weight",
            ],
            id="one missing",
        ),
        pytest.param(
            {k: v for k, v in STATE.items() if k != "up_2.conv_0.weight_u"},
            ["missing: up_2.conv_0.weight", "unknown: up_2.conv_0.weight_v"],
            id="no vector",
        ),
        pytest.param(
            {**STATE, "up_2.conv_0.weight_u": torch.zeros(2)},
            ["missing: up_2.conv_0.weight"],
            id="another vector",
        ),
        pytest.param(
            {**STATE, "up_2.conv_0.weight_u": torch.zeros(8)},
            ["up_2.conv_0.weight: holds NaN or infinity"],
            id="no direction",
        ),
        pytest.param({**STATE, "extra": torch.zeros(1)}, ["unknown: extra"], id="too much"),
        pytest.param(
            {**STATE, "head_0.norm_0.mlp_gamma.weight": torch.zeros(64, 8, 5, 5)},
            ["head_0.norm_0.mlp_gamma.weight: expected [64, 8, 3, 3], found [64, 8, 5, 5]"],
            id="wider kernels",
        ),
        pytest.param(
            {**STATE, "fc.weight": torch.zeros(64, 0, 3, 3)},
            ["of 0 input channels"],
            id="no channels",
        ),
        pytest.param({**STATE, "conv_img.weight": torch.zeros(3)}, ["no convolution's"], id="flat"),
        pytest.param(
            {**STATE, "conv_img.weight": torch.zeros(3, 0, 3, 3)},
            ["its sizes are none of a network: width"],
            id="no width",
        ),
    ],
)
def test_files_that_hold_no_generator_are_refused(tmp_path, state, parts):
    path = write(tmp_path / "latest_net_G.pth", state)
    with bounded():
        said = refused(path, "--name", "it", "--models", tmp_path, "--labels", 5)
    for part in ["expected the weights of a generator of SPADE", *parts]:
        assert part in said
    assert not (tmp_path / "it").exists()


def test_what_cant_be_is_refused_before_anything_is_written(tmp_path):
    path = write(tmp_path / "latest_net_G.pth", STATE)
    coco = write(tmp_path / "coco.pth", original(184).state_dict())
    before = tiny.tree(tmp_path)
    cases = {
        (path,): "5 input channels are: --labels ade20k, cityscapes, coco, facades, or a count",
        (coco,): "of so many channels are: coco",
        (
            path,
            "--labels",
            "ade20k",
        ): "--labels ade20k makes 151 channels, but the generator takes 5",
        (path, "--labels", "5+unknown"): "makes 6 channels, but the generator takes 5",
        (path, "--labels", "five"): "--labels: found 'five', allowed: --labels ade20k",
        (path, "--labels", "0"): "--labels 0: count: Input should be greater than or equal to 1",
        (path, "--labels", "9999"): "less than or equal to 255",
        (path, "--labels", "5", "--size", 100): "takes multiples of 64, but samples are 100x100",
        (path, "--labels", "5", "--upsampling", "all"): "'all', allowed: normal, more, most",
        (path, "--labels", "5", "--upsampling", "most"): "it has no block up_4",
        (path, "--labels", "5", "--target", "source"): "both 'source'",
        (path, "--labels", "5", "--back", path): "--labels, --upsampling and --models alone",
        (tmp_path / "none", "--labels", "5"): "can't be read",
    }
    for arguments, reason in cases.items():
        assert reason in refused(*arguments, "--name", "it", "--models", tmp_path)
    assert tiny.tree(tmp_path) == before
