"""Published Vocos models: equal to the original in what they give, or refused with the reason."""

import copy
from functools import partial
from pathlib import Path
from typing import Any

import importing
import pytest
import torch
import yaml
from original_vocos import PUBLISHED, OriginalVocos, config_of, lively
from safetensors.torch import save_file

from pipeline.backbones.vocos import VocosParams
from pipeline.codecs.spectrogram import log_mel
from pipeline.conventions import VOCOS
from pipeline.inference.finished import FinishedModel, as_vocoder, read_card
from pipeline.interop.gemelo import read_config
from pipeline.methods.registry import load_run

SIZES = {"dim": 24, "intermediate_dim": 40, "num_layers": 2}
SMALL = config_of(**SIZES)
HOP = 256


def write(folder: Path, config: object, state: object, name: str = "pytorch_model.bin") -> Path:
    torch.save(state, folder / name)
    (folder / "config.yaml").write_text(yaml.safe_dump(config))
    return folder / name


ORIGIN = "vocos"
refused = partial(importing.refused, ORIGIN)


def imported(folder: Path, config: object, state: object) -> FinishedModel:
    return importing.imported(ORIGIN, write(folder, config, state), folder)


@torch.no_grad()
def assert_equal_outputs(original: OriginalVocos, finished: FinishedModel, cut: int) -> None:
    for frames in (2, 9, 40):
        x = torch.randn(2, 100, frames) * 2 - 5
        expected = original.decode(x)
        found = as_vocoder(finished).vocode(x)
        assert found.shape == (2, frames * HOP)
        assert expected.std() > 0.02
        torch.testing.assert_close(found[:, cut : frames * HOP - cut], expected, atol=1e-5, rtol=0)


@pytest.mark.parametrize(("padding", "cut"), [("center", HOP // 2), ("same", 0)])
def test_an_imported_vocoder_gives_what_the_original_gives(tmp_path, padding, cut):
    config = config_of(padding, **SIZES)
    original = lively(OriginalVocos(config))
    finished = imported(tmp_path, config, original.state_dict())
    assert_equal_outputs(original, finished, cut)
    assert not any("istft" in name for name in finished.model.state_dict())


def test_its_frames_are_the_originals(tmp_path):
    wave = torch.randn(2, HOP * 12) * 0.1
    original = OriginalVocos(config_of("same", **SIZES))
    ours = log_mel(wave, VOCOS)
    torch.testing.assert_close(ours, original.feature_extractor(wave), atol=1e-4, rtol=0)
    centred = OriginalVocos(SMALL).feature_extractor(wave)
    assert centred.shape[-1] == ours.shape[-1] + 1
    # A frame of ours is centred half a hop later; what is moved by that has the original's frames.
    moved = log_mel(torch.nn.functional.pad(wave, (HOP // 2, 0)), VOCOS)
    torch.testing.assert_close(moved[..., 2:-3], centred[..., 2:-4], atol=1e-4, rtol=0)


@pytest.mark.parametrize("layout", ["safetensors", "training", "half", "generator alone"])
def test_layouts_of_files_change_nothing(tmp_path, layout):
    original = lively(OriginalVocos(SMALL))
    if layout == "half":
        original.backbone.half().float(), original.head.out.half().float()
    state, config, name = original.state_dict(), SMALL, "pytorch_model.bin"
    if layout == "half":
        state = {key: value.half() for key, value in state.items()}
    if layout == "generator alone":
        state = {key: x for key, x in state.items() if not key.startswith("feature_extractor")}
    if layout == "training":
        state |= {f"multiresddisc.{n}": torch.zeros(1) for n in range(2)}
        state |= {"melspec_loss.mel_spec.mel_scale.fb": torch.zeros(1)}
        state = {"epoch": 3, "state_dict": state}
        config = {"seed_everything": 4444, "model": {"init_args": {"sample_rate": 1, **SMALL}}}
    path = write(tmp_path, config, state, name)
    if layout == "safetensors":
        path.unlink()
        path = path.with_suffix(".safetensors")
        save_file(state, path)
    assert_equal_outputs(original, importing.imported(ORIGIN, path, tmp_path), HOP // 2)


def test_the_published_configuration(tmp_path):
    network, convention = read_config(write(tmp_path, PUBLISHED, {}).with_name("config.yaml"))
    assert network == VocosParams()
    assert convention == VOCOS
    published = OriginalVocos(PUBLISHED).parameters()
    assert sum(p.numel() for p in published) == 13_531_650  # 13.5 M in its list of models


def test_the_card_says_whose_it_is(tmp_path):
    finished = imported(tmp_path, SMALL, OriginalVocos(SMALL).state_dict())
    card = read_card(tmp_path / "it")
    assert card.run["origin"] == "vocos"
    assert card.run["generator"]["kind"] == "vocos"
    assert load_run(card.run) == finished.params
    assert finished.capabilities == ("vocode",)
    assert as_vocoder(finished).convention == VOCOS


STATE = OriginalVocos(SMALL).state_dict()


def changed(part: str, class_path: str | None = None, **arguments: object) -> dict[str, Any]:
    config = copy.deepcopy(SMALL)
    config[part]["init_args"] |= arguments
    config[part]["class_path"] = class_path or config[part]["class_path"]
    return config


@pytest.mark.parametrize(
    ("config", "parts"),
    [
        pytest.param({}, ["feature_extractor: Field required"], id="nothing"),
        pytest.param(
            changed("feature_extractor", "vocos.feature_extractors.EncodecFeatures"),
            ["feature_extractor.class_path", "MelSpectrogramFeatures"],
            id="codes",
        ),
        pytest.param(
            changed("backbone", "vocos.models.VocosResNetBackbone"),
            ["backbone.class_path", "VocosBackbone"],
            id="another backbone",
        ),
        pytest.param(
            changed("backbone", adanorm_num_embeddings=4),
            ["backbone.init_args.adanorm_num_embeddings"],
            id="conditional",
        ),
        pytest.param(
            changed("head", "vocos.heads.IMDCTSymExpHead"),
            ["head.class_path", "ISTFTHead"],
            id="another head",
        ),
        pytest.param(changed("head", dim=32), ["dim of backbone and head differ: 24 and 32"]),
        pytest.param(
            changed("head", hop_length=128), ["hop_length of features and head differ: 256 and 128"]
        ),
        pytest.param(
            changed("head", padding="same"),
            ["padding of features and head differ: center and same"],
        ),
        pytest.param(
            changed("backbone", input_channels=80), ["n_mels and input_channels differ: 100 and 80"]
        ),
        pytest.param(changed("head", n_fft=300), ["n_fft of at least two hops"], id="short"),
    ],
)
def test_configurations_that_cant_be_are_refused(tmp_path, config, parts):
    message = refused(write(tmp_path, config, STATE), "--name", "it", "--models", tmp_path)
    for part in ["config.yaml is no configuration of a Vocos of mel frames", *parts]:
        assert part in message
    assert not (tmp_path / "it").exists()


@pytest.mark.parametrize(
    ("state", "parts"),
    [
        pytest.param({}, ["missing: backbone.embed.weight"], id="nothing"),
        pytest.param({**STATE, "extra": torch.zeros(1)}, ["unknown: extra"], id="too much"),
        pytest.param(
            {**STATE, "head.out.bias": torch.zeros(2)}, ["expected [1026], found [2]"], id="shape"
        ),
        pytest.param(
            {**STATE, "feature_extractor.mel_spec.mel_scale.fb": torch.zeros(513, 100)},
            ["HTK's mel filters without area norm"],
            id="other frames",
        ),
        pytest.param(OriginalVocos(SMALL), ["a whole pickled network"], id="code"),
    ],
)
def test_files_that_hold_no_vocos_are_refused(tmp_path, state, parts):
    message = refused(write(tmp_path, SMALL, state), "--name", "it", "--models", tmp_path)
    for part in [*parts, "pytorch_model.bin"]:
        assert part in message


def test_damaged_safetensors_are_refused(tmp_path):
    path = write(tmp_path, SMALL, STATE).with_suffix(".safetensors")
    for content in (b"", b"\xff" * 64, b"\x10" + b"\0" * 7 + b"{" * 16):
        path.write_bytes(content)
        message = refused(path, "--name", "it", "--models", tmp_path)
        assert "expected the weights of a Vocos" in message


def test_a_configuration_is_looked_for_beside_the_weights(tmp_path):
    path = write(tmp_path, SMALL, STATE)
    (tmp_path / "config.yaml").unlink()
    message = refused(path, "--name", "it", "--models", tmp_path)
    assert "expected the model's yaml beside its weights" in message
    message = refused(path, "--name", "it", "--models", tmp_path, "--config", tmp_path / "no.yaml")
    assert "expected the generator's configuration (--config)" in message
