"""Published VQGANs: equal to the original in what they give, or refused with the reason."""

import copy
import hashlib
import sys
import types
from functools import partial
from pathlib import Path

import importing
import pytest
import tiny
import torch
import yaml
from original_taming import CONFIG, OriginalGumbelVQ, OriginalVQModel

from pipeline.backbones.vqgan import VqganParams
from pipeline.errors import UserError
from pipeline.inference.finished import FinishedModel, read_card
from pipeline.interop import taming
from pipeline.interop.taming import read, read_config
from pipeline.methods.registry import load_run
from pipeline.nn.quantiser import QuantiserParams


def changed(**fields: object) -> dict:
    """A configuration with other values of the network, or of the codebook."""
    config = copy.deepcopy(CONFIG)
    params = config["model"]["params"]
    for name, value in fields.items():
        (params if name in ("embed_dim", "n_embed") else params["ddconfig"])[name] = value
    return config


SMALL = {
    "f16": changed(
        ch=32, z_channels=32, embed_dim=16, n_embed=64, resolution=64, attn_resolutions=[4]
    ),
    "f4": changed(
        ch=32,
        z_channels=8,
        embed_dim=8,
        n_embed=32,
        resolution=32,
        ch_mult=[1, 2, 2],
        num_res_blocks=1,
        attn_resolutions=[16, 32],
    ),
    "grey, no attention": changed(
        ch=32,
        z_channels=8,
        embed_dim=4,
        n_embed=32,
        resolution=32,
        ch_mult=[1, 2],
        attn_resolutions=[],
        in_channels=1,
        out_ch=1,
    ),
}


def of_class(config: dict, target: str, **fields: object) -> dict:
    """The configuration of another class, with more keys."""
    found = copy.deepcopy(config)
    found["model"]["target"] = target
    found["model"]["params"] |= fields
    return found


GUMBEL = of_class(
    changed(ch=32, z_channels=8, embed_dim=8, n_embed=64, resolution=32, ch_mult=[1, 2, 2])
    | {"base_learning_rate": 4.5e-6},
    "taming.models.vqgan.GumbelVQ",
    kl_weight=1e-8,
    monitor="val/rec_loss",
    temperature_scheduler_config={
        "target": "taming.lr_scheduler.LambdaWarmUpCosineScheduler",
        "params": {"warm_up_steps": 0, "lr_max": 1.0, "lr_min": 1.0e-6},
    },
)


def within(config: dict, target: str) -> dict:
    """The configuration of what was trained on a VQGAN."""
    first = {
        "target": config["model"]["target"],
        "params": {**config["model"]["params"], "lossconfig": {"target": "torch.nn.Identity"}},
    }
    params = {"image_size": 8, "unet_config": {"target": "x"}, "first_stage_config": first}
    return {"model": {"target": target, "params": params}}


def original(config: dict) -> OriginalVQModel:
    """Weights such that every layer has a say, and codes lie among the vectors."""
    torch.manual_seed(1)
    gumbel = config["model"]["target"].endswith("GumbelVQ")
    network = (OriginalGumbelVQ if gumbel else OriginalVQModel)(config).eval()
    for name, parameter in network.named_parameters():
        if "norm" in name and name.endswith("weight"):
            parameter.data.uniform_(0.5, 1.5)
        elif name.endswith("bias"):
            parameter.data.normal_(0, 0.1)
    return network


def write(folder: Path, config: dict, state: object) -> Path:
    folder.mkdir(exist_ok=True)
    torch.save(state, folder / "last.ckpt")
    (folder / "model.yaml").write_text(yaml.safe_dump(config))
    return folder / "last.ckpt"


ORIGIN = "taming"
call, refused = partial(importing.call, ORIGIN), partial(importing.refused, ORIGIN)


def imported(folder: Path, config: dict, state: object) -> FinishedModel:
    return importing.imported(ORIGIN, write(folder / "files", config, state), folder)


@torch.no_grad()
def assert_equal_outputs(theirs: OriginalVQModel, finished: FinishedModel, config: dict) -> None:
    dd = config["model"]["params"]["ddconfig"]
    generator = torch.Generator().manual_seed(0)
    shape = (2, dd["in_channels"], dd["resolution"], dd["resolution"])
    x = torch.rand(shape, generator=generator) * 2 - 1
    expected = theirs(x)
    assert expected.std() > 0.02
    codes = theirs.encode(x)
    assert len(codes.unique()) > 2
    assert torch.equal(finished.model.encode_codes(x), codes)
    drawn, _ = finished.model(x)
    torch.testing.assert_close(drawn, expected, atol=3e-5, rtol=0)
    torch.testing.assert_close(
        finished.model.reconstruct(x), expected.clamp(-1, 1), atol=3e-5, rtol=0
    )


@pytest.mark.parametrize("name", sorted(SMALL))
def test_an_imported_vqgan_gives_what_the_original_gives(tmp_path, name):
    config = SMALL[name]
    theirs = original(config)
    extra = {"loss.discriminator.main.0.weight": torch.zeros(3)}
    state = {"epoch": 3, "state_dict": {**theirs.state_dict(), **extra}}
    finished = imported(tmp_path, config, state)
    assert_equal_outputs(theirs, finished, config)
    assert finished.capabilities == ("reconstruct", "codes")


def test_a_gumbel_vqgan_gives_what_is_likeliest_in_the_original(tmp_path):
    theirs = original(GUMBEL)
    finished = imported(tmp_path, GUMBEL, {"state_dict": theirs.state_dict()})
    assert_equal_outputs(theirs, finished, GUMBEL)
    assert finished.capabilities == ("reconstruct", "codes")
    codes = torch.randint(64, (2, 8, 8))
    torch.testing.assert_close(
        finished.model.decode_codes(codes), theirs.decoded(codes).clamp(-1, 1), atol=3e-5, rtol=0
    )
    assert read_card(tmp_path / "it").run["quantiser"] == {"kind": "gumbel", "codes": 64, "dim": 8}


@torch.no_grad()
def test_the_likeliest_codes_are_those_most_often_drawn():
    theirs = original(GUMBEL)
    theirs.quantize.proj.weight.data.mul_(40)  # so that a hundred draws tell
    x = torch.rand(1, 3, 32, 32) * 2 - 1
    torch.manual_seed(0)
    often = torch.stack([theirs.drawn(x) for _ in range(100)]).mode(dim=0).values
    assert (often == theirs.encode(x)).float().mean() > 0.7


DEFAULTS = {"resamp_with_conv": True, "give_pre_end": False, "tanh_out": False}


@pytest.mark.parametrize(
    "config",
    [
        pytest.param(changed(**DEFAULTS), id="of taming"),
        pytest.param(changed(attn_type="none"), id="a key that taming doesn't know"),
        pytest.param(
            of_class(
                changed(**DEFAULTS, use_linear_attn=False, attn_type="vanilla"),
                "ldm.models.autoencoder.VQModel",
                remap=None,
                sane_index_shape=False,
                use_ema=False,
                lr_g_factor=1.0,
            ),
            id="of latent diffusion",
        ),
        pytest.param(
            of_class(CONFIG, "ldm.models.autoencoder.VQModelInterface"), id="an interface"
        ),
        pytest.param(of_class(CONFIG, "taming.models.vqgan.VQNoDiscModel"), id="no discriminator"),
    ],
)
def test_defaults_that_are_written_out_change_nothing(tmp_path, config):
    path = write(tmp_path, config, {}).with_name("model.yaml")
    target, model = read_config(path)
    assert (target, model.network(target)) == (config["model"]["target"], VqganParams())
    assert model.quantiser(target) == QuantiserParams()


def test_a_vqgan_without_attention_gives_what_the_original_gives(tmp_path):
    config = of_class(
        changed(
            ch=32,
            z_channels=3,
            embed_dim=3,
            n_embed=32,
            resolution=32,
            ch_mult=[1, 2, 2],
            attn_resolutions=[16],
            attn_type="none",
        ),
        "ldm.models.autoencoder.VQModelInterface",
    )
    theirs = original(config)
    assert not any("attn" in name for name in theirs.state_dict())
    averages = {"model_ema.decay": torch.tensor(0.9), "model_ema.encoderconv_inbias": torch.ones(3)}
    finished = imported(tmp_path, config, {"state_dict": {**theirs.state_dict(), **averages}})
    assert_equal_outputs(theirs, finished, config)


@pytest.mark.parametrize(
    ("target", "config"),
    [
        (
            "ldm.models.diffusion.ddpm.LatentDiffusion",
            of_class(SMALL["f4"], "ldm.models.autoencoder.VQModelInterface"),
        ),
        ("taming.models.cond_transformer.Net2NetTransformer", SMALL["f4"]),
        ("taming.models.cond_transformer.Net2NetTransformer", GUMBEL),
    ],
)
@pytest.mark.parametrize("compiled", ["", "_orig_mod."])
def test_a_vqgan_is_found_within_what_was_trained_on_it(tmp_path, target, config, compiled):
    theirs = original(config)
    state = {
        "betas": torch.zeros(4),
        "model.diffusion_model.out.2.weight": torch.zeros(3),
        "cond_stage_model.quantize.embedding.weight": torch.zeros(2, 2),
        "first_stage_model.loss.discriminator.main.0.weight": torch.zeros(2),
        **{f"first_stage_model.{compiled}{k}": v for k, v in theirs.state_dict().items()},
    }
    finished = imported(tmp_path, within(config, target), {"state_dict": state, "epoch": 1})
    assert_equal_outputs(theirs, finished, config)


def test_a_trainers_objects_beside_the_weights_are_not_looked_at(tmp_path, monkeypatch):
    ran = []

    class ModelCheckpoint:
        def __setstate__(self, state: object) -> None:
            ran.append(state)

        def __getstate__(self) -> dict:
            return {"best": 1}

    module = types.ModuleType("some_trainer")
    module.ModelCheckpoint = ModelCheckpoint
    ModelCheckpoint.__module__ = "some_trainer"
    ModelCheckpoint.__qualname__ = "ModelCheckpoint"
    monkeypatch.setitem(sys.modules, "some_trainer", module)
    config = SMALL["f4"]
    theirs = original(config)
    state = {
        "callbacks": {ModelCheckpoint: {"best": torch.ones(1)}, "it": ModelCheckpoint()},
        "state_dict": theirs.state_dict(),
    }
    finished = imported(tmp_path, config, state)
    assert not ran
    assert_equal_outputs(theirs, finished, config)


def test_the_published_size(monkeypatch, tmp_path):
    path = write(tmp_path, CONFIG, {})
    with torch.device("meta"):
        state = importing.zeros(OriginalVQModel(CONFIG).state_dict())
    monkeypatch.setattr(taming, "load_tensors", lambda *_, **__: state)
    found = read(path, tmp_path / "model.yaml")
    assert found.network == VqganParams()
    assert (found.channels, found.size) == (3, 256)
    ours = sum(value.numel() for name, value in found.weights.items() if "shares" not in name)
    assert ours == 72_141_699


def test_the_card_claims_what_is_known_and_no_more(tmp_path):
    config = SMALL["f4"]
    finished = imported(tmp_path, config, {"state_dict": original(config).state_dict()})
    card = read_card(tmp_path / "it")
    content = (tmp_path / "files/last.ckpt").read_bytes()
    assert card.run["file"]["sha256"] == hashlib.sha256(content).hexdigest()
    assert card.run["origin"] == "taming"
    assert not {"batch", "schedule", "ema"} & card.run.keys()
    assert load_run(card.run) == finished.params
    with pytest.raises(UserError, match="can't be trained"):
        finished.params.build(card.data)


STATE = OriginalVQModel(SMALL["f4"]).state_dict()


@pytest.mark.parametrize(
    ("state", "parts"),
    [
        pytest.param(torch.zeros(3), ["it holds a Tensor"], id="a tensor"),
        pytest.param({"state_dict": {}}, ["missing: encoder.conv_in.weight"], id="nothing"),
        pytest.param(
            {"state_dict": {k: v for k, v in STATE.items() if k != "quant_conv.bias"}},
            ["missing: quant_conv.bias"],
            id="one missing",
        ),
        pytest.param(
            {"state_dict": {**STATE, "extra": torch.zeros(1)}}, ["unknown: extra"], id="too much"
        ),
        pytest.param(
            {"state_dict": {**STATE, "quantize.embed.weight": torch.zeros(1)}},
            ["unknown: quantize.embed.weight"],
            id="a codebook of logits",
        ),
        pytest.param(
            {"state_dict": {**STATE, "first_stage_model.quant_conv.bias": torch.zeros(1)}},
            ["missing: encoder.conv_in.weight"],
            id="almost nothing within",
        ),
        pytest.param(
            {"state_dict": {**STATE, "quantize.embedding.weight": torch.zeros(3, 8)}},
            ["quantiser.codebook: expected [32, 8], found [3, 8]"],
            id="another shape",
        ),
    ],
)
def test_files_that_hold_no_vqgan_are_refused(tmp_path, state, parts):
    path = write(tmp_path / "files", SMALL["f4"], state)
    message = refused(path, "--name", "it", "--models", tmp_path)
    for part in ["expected the weights of a VQGAN", *parts]:
        assert part in message
    assert not (tmp_path / "it").exists()


@pytest.mark.parametrize(
    ("config", "parts"),
    [
        pytest.param({}, ["expected model.target and model.params"], id="empty"),
        pytest.param(
            {"model": {"target": "ldm.models.autoencoder.AutoencoderKL", "params": {}}},
            [
                "model.target: found ldm.models.autoencoder.AutoencoderKL, allowed: "
                "taming.models.vqgan.VQModel, "
            ],
            id="another model",
        ),
        pytest.param(
            within(of_class(CONFIG, "ldm.models.autoencoder.AutoencoderKL"), "x"),
            ["model.params.first_stage_config.target: found ldm.models.autoencoder.AutoencoderKL"],
            id="another model within",
        ),
        pytest.param(
            within(changed(resamp_with_conv=False), "x"),
            ["model.params.first_stage_config.params.ddconfig.resamp_with_conv: Input should be"],
            id="other resampling",
        ),
        pytest.param(changed(attn_type="linear"), ["ddconfig.attn_type"], id="linear attention"),
        pytest.param(changed(tanh_out=True), ["ddconfig.tanh_out"], id="a tanh at the end"),
        pytest.param(
            of_class(CONFIG, "taming.models.vqgan.VQModel", remap="used.npy"),
            ["model.params.remap: ", "found used.npy, allowed: null; it gives the codes in use"],
            id="codes with other numbers",
        ),
        pytest.param(
            of_class(changed(z_channels=64), "taming.models.vqgan.GumbelVQ"),
            ["logits of vectors of embed_dim as of z_channels, but these are 256 and 64"],
            id="logits of other vectors",
        ),
        pytest.param(changed(double_z=True), ["model.params.ddconfig.double_z"], id="a KL model"),
        pytest.param(changed(in_channels=1), ["in_channels and out_ch differ"], id="channels"),
        pytest.param(changed(attn_resolutions=[17]), ["do not divide 256"], id="attention"),
        pytest.param(changed(ch=0), ["ddconfig.ch"], id="no channels"),
    ],
)
def test_configurations_that_cant_be_are_refused(tmp_path, config, parts):
    path = write(tmp_path / "files", config, {"state_dict": {}})
    message = refused(path, "--name", "it", "--models", tmp_path)
    for part in ["model.yaml", *parts]:
        assert part in message


@pytest.mark.parametrize("text", ["model: 2001-99-99", "model: [", "? [a]\n: b", "\xe9"])
def test_a_configuration_that_is_no_yaml_is_refused(tmp_path, text):
    path = write(tmp_path / "files", {}, {"state_dict": {}})
    path.with_name("model.yaml").write_text(text, encoding="latin-1")
    said = refused(path, "--name", "it", "--models", tmp_path)
    assert "model.yaml: expected model.target and model.params" in said


def test_what_cant_be_is_refused_before_anything_is_written(tmp_path):
    path = write(tmp_path / "files", SMALL["f4"], {"state_dict": STATE})
    (tmp_path / "alone").mkdir()
    lonely = tmp_path / "alone/last.ckpt"
    lonely.write_bytes(path.read_bytes())
    before = tiny.tree(tmp_path)
    cases = {
        (tmp_path / "none", "--config", path.with_name("model.yaml")): "can't be read",
        (lonely,): "expected the model's yaml",
        (path, "--size", 64): "--name, --config and --models alone",
        (path, "--config", tmp_path / "no.yaml"): "can't be read",
    }
    for arguments, reason in cases.items():
        assert reason in refused(*arguments, "--name", "it", "--models", tmp_path)
    assert tiny.tree(tmp_path) == before
    content = {"model": {"target": "taming.models.vqgan.VQModel", "params": {}}}
    (tmp_path / "other.yaml").write_text(yaml.safe_dump(content))
    with pytest.raises(UserError, match="no VQGAN's configuration"):
        read_config(tmp_path / "other.yaml")
