"""Published vocoders: equal to the original in what they give, or refused with the reason."""

import hashlib
import json
from functools import partial
from pathlib import Path

import importing
import pytest
import tiny
import torch
from original_hifigan import CONFIGS, PUBLISHED, OriginalHifigan, lively
from typer.testing import CliRunner

from pipeline.backbones.hifigan import V1, V2, V3
from pipeline.cli import app
from pipeline.conventions import HIFI_GAN
from pipeline.errors import UserError
from pipeline.inference.finished import FinishedModel, as_vocoder, read_card
from pipeline.interop import jik876
from pipeline.interop.jik876 import fold, read, read_config
from pipeline.methods.registry import load_run

SMALL = {
    "v1": {**CONFIGS["v1"], "upsample_initial_channel": 32},
    "v3": {**CONFIGS["v3"], "upsample_initial_channel": 32},
    "16 kHz": {
        **CONFIGS["v3"],
        "upsample_initial_channel": 16,
        "upsample_rates": [5, 4, 10],
        "upsample_kernel_sizes": [11, 8, 20],
        "sampling_rate": 16000,
        "hop_size": 200,
        "win_size": 800,
        "num_mels": 40,
        "fmin": 50,
        "fmax": None,
    },
}


def write(folder: Path, config: dict, state: object, name: str = "generator_v1") -> Path:
    torch.save(state, folder / name)
    (folder / "config.json").write_text(json.dumps(config))
    return folder / name


ORIGIN = "hifigan"
call, refused = partial(importing.call, ORIGIN), partial(importing.refused, ORIGIN)


def imported(folder: Path, config: dict, state: object, *options: object) -> FinishedModel:
    return importing.imported(ORIGIN, write(folder, config, state), folder, *options)


@torch.no_grad()
def assert_equal_outputs(original: OriginalHifigan, finished: FinishedModel, mels: int) -> None:
    for frames in (1, 9, 40):
        x = torch.randn(2, mels, frames) * 2 - 5
        expected = original(x)[:, 0]
        found = as_vocoder(finished).vocode(x)
        assert expected.std() > 0.02  # neither silence nor saturation
        assert expected.abs().mean() < 0.95
        torch.testing.assert_close(found, expected, atol=3e-5, rtol=0)


@pytest.mark.parametrize("version", sorted(SMALL))
def test_an_imported_vocoder_gives_what_the_original_gives(tmp_path, version):
    config = SMALL[version]
    original = lively(OriginalHifigan(config))
    finished = imported(tmp_path, config, {"generator": original.state_dict()})
    assert_equal_outputs(original, finished, config["num_mels"])
    assert not any("original" in name for name in finished.model.state_dict())


def test_the_convention_comes_from_the_configuration(tmp_path):
    network, convention = read_config(write(tmp_path, SMALL["v1"], {}).with_name("config.json"))
    assert convention == HIFI_GAN
    assert network == V1.model_copy(update={"channels": 32})
    config = SMALL["16 kHz"]
    finished = imported(tmp_path, config, {"generator": OriginalHifigan(config).state_dict()})
    convention = as_vocoder(finished).convention
    assert convention == finished.codec.convention
    assert (convention.rate, convention.hop, convention.win) == (16000, 200, 800)
    assert (convention.mels, convention.fmin, convention.fmax) == (40, 50, 8000)


@pytest.mark.parametrize(("version", "network"), [("v1", V1), ("v2", V2), ("v3", V3)])
def test_published_sizes(monkeypatch, tmp_path, version, network):
    path = write(tmp_path, CONFIGS[version], {})
    with torch.device("meta"):
        state = importing.zeros(OriginalHifigan(CONFIGS[version]).state_dict())
    state |= {name: value + 1 for name, value in state.items() if name.endswith("weight_v")}
    monkeypatch.setattr(jik876, "load_tensors", lambda *_, **__: state)
    found = read(path, tmp_path / "config.json")
    assert found.network == network


@pytest.mark.parametrize("layout", ["bare", "prefixed", "new weight norm", "folded", "half"])
def test_layouts_of_files_change_nothing(tmp_path, layout):
    config = SMALL["v3"]
    original = lively(OriginalHifigan(config))
    if layout == "half":
        original = original.half().float()
    state = original.state_dict()
    if layout == "prefixed":
        state = {f"module.{name}": value for name, value in state.items()}
    if layout == "new weight norm":
        new = {"weight_g": "parametrizations.weight.original0"}
        new["weight_v"] = "parametrizations.weight.original1"
        ends = {name: name.rpartition(".") for name in state}
        state = {f"{end[0]}.{new.get(end[2], end[2])}": state[name] for name, end in ends.items()}
    if layout == "folded":
        state = fold(state)
        assert not any(name.endswith("weight_g") for name in state)
    if layout == "half":
        state = {name: value.half() for name, value in state.items()}
    whole = state if layout == "bare" else {"generator": state}
    assert_equal_outputs(original, imported(tmp_path, config, whole), 80)


def test_the_card_claims_what_is_known_and_no_more(tmp_path):
    config = SMALL["v3"]
    finished = imported(tmp_path, config, {"generator": OriginalHifigan(config).state_dict()})
    content = (tmp_path / "generator_v1").read_bytes()
    card = read_card(tmp_path / "it")
    assert card.run == {
        "method": "imported_vocoder",
        "data": "unknown",
        "steps": 0,
        "origin": "hifigan",
        "generator": V3.model_copy(update={"channels": 32}).model_dump(mode="json"),
        "convention": HIFI_GAN.model_dump(),
        "file": {"name": "generator_v1", "sha256": hashlib.sha256(content).hexdigest()},
    }
    assert load_run(card.run) == finished.params
    assert card.data.specs == {}
    assert finished.capabilities == ("vocode",)
    with pytest.raises(UserError, match="can't be trained"):
        finished.params.build(card.data)


def test_an_imported_vocoder_is_listed_and_another_configuration_can_be_named(tmp_path):
    config = SMALL["v3"]
    path = write(tmp_path, {}, {"generator": OriginalHifigan(config).state_dict()})
    (tmp_path / "other.json").write_text(json.dumps(config))
    options = ["--config", tmp_path / "other.json", "--name", "it", "--models", tmp_path]
    result = call(path, *options)
    assert result.exit_code == 0, result.output
    assert "80 mels of 0 to 8000 Hz, a frame every 256 samples at 22050 Hz" in result.output
    listed = CliRunner().invoke(app, ["models", "--models", str(tmp_path)]).output
    assert listed.splitlines()[1].split()[:2] == ["it", "imported_vocoder"]
    assert listed.rstrip().endswith("vocode")


def without(state: dict, *names: str) -> dict:
    return {key: value for key, value in state.items() if key not in names}


STATE = OriginalHifigan(SMALL["v3"]).state_dict()


@pytest.mark.parametrize(
    ("state", "parts"),
    [
        pytest.param(torch.zeros(3), ["it holds a Tensor"], id="a tensor"),
        pytest.param({"mpd": {}, "steps": 3}, ["no tensors: mpd, steps"], id="discriminators"),
        pytest.param(OriginalHifigan(SMALL["v3"]), ["a whole pickled network"], id="code"),
        pytest.param({}, ["missing: conv_pre.weight", "... and"], id="nothing"),
        pytest.param(without(STATE, "ups.1.bias"), ["missing: ups.1.bias"], id="one missing"),
        pytest.param(
            without(STATE, "ups.1.weight_g"),
            ["missing: ups.1.weight", "unknown: ups.1.weight_v"],
            id="half of a weight",
        ),
        pytest.param({**STATE, "extra": torch.zeros(1)}, ["unknown: extra"], id="too much"),
        pytest.param(
            {**STATE, "conv_post.bias": torch.zeros(2)},
            ["conv_post.bias: expected [1], found [2]"],
            id="another shape",
        ),
    ],
)
def test_files_that_hold_no_generator_are_refused(tmp_path, state, parts):
    path = write(tmp_path, SMALL["v3"], state)
    message = refused(path, "--name", "it", "--models", tmp_path)
    for part in ["expected the weights of a generator of HiFi-GAN", *parts]:
        assert part in message
    assert not (tmp_path / "it").exists()


@pytest.mark.parametrize(
    ("config", "parts"),
    [
        pytest.param("", ["no configuration", "no JSON"], id="empty"),
        pytest.param(json.dumps(PUBLISHED), ["resblock: Field required"], id="keys missing"),
        pytest.param(
            json.dumps({**SMALL["v3"], "hop_size": 200}),
            ["make 256 samples of a frame, but hop_size is 200"],
            id="another hop",
        ),
        pytest.param(
            json.dumps({**SMALL["v3"], "upsample_rates": [8, 32]}), ["2 rates, but 3"], id="rates"
        ),
        pytest.param(
            json.dumps({**SMALL["v3"], "fmax": 20000}), ["fmax <= rate / 2"], id="convention"
        ),
    ],
)
def test_configurations_that_cant_be_are_refused(tmp_path, config, parts):
    path = write(tmp_path, {}, {"generator": STATE})
    (tmp_path / "config.json").write_text(config)
    message = refused(path, "--name", "it", "--models", tmp_path)
    for part in ["config.json", *parts]:
        assert part in message


def test_what_cant_be_is_refused_before_anything_is_written(tmp_path):
    path = write(tmp_path, SMALL["v3"], {"generator": STATE})
    (tmp_path / "alone").mkdir()
    lonely = tmp_path / "alone/generator"
    lonely.write_bytes(path.read_bytes())
    (tmp_path / "taken").mkdir()
    before = tiny.tree(tmp_path)
    cases = {
        (tmp_path / "none",): "can't be read",
        (lonely,): "expected the generator's configuration (--config)",
        (path, "--back", path): "--name, --config and --models alone",
        (path, "--size", 64): "--name, --config and --models alone",
        (path, "--name", "taken"): "there already",
    }
    for arguments, reason in cases.items():
        named = [] if "--name" in arguments else ["--name", "it"]
        assert reason in refused(*arguments, *named, "--models", tmp_path)
    result = CliRunner().invoke(
        app, ["import", "junyanz", str(path), "--name", "it", "--config", str(path)]
    )
    expected = (
        "of a picture translator's options there are --name, --back, --source, --target, --size, "
        "--dropout, --train and --models alone, found --config"
    )
    assert expected in result.stderr
    assert tiny.tree(tmp_path) == before
