"""Translators between the latents of a finished VQ model: what is shared, frozen and refused."""

from pathlib import Path

import pytest
import tiny
import torch
from lightning_fabric import Fabric
from pydantic import ValidationError
from safetensors.torch import load_file
from torch import nn

from pipeline.inference.finished import export
from pipeline.methods.base import LatentTranslationMethod, RunParams
from pipeline.models.latent_translator import LatentTranslator
from pipeline.training.trainer import Trainer

RUNS = {name: tiny.runs()[name] for name in ("pix2pix_vqgan", "cyclegan_vqgan")}


@pytest.fixture(params=sorted(RUNS))
def run(request: pytest.FixtureRequest) -> RunParams:
    return RUNS[request.param]


def toy(run: RunParams, tokenizer: str) -> RunParams:
    return tiny.shrink(run, generator={**tiny.BRIDGE, "tokenizer": tokenizer})


def build(run: RunParams) -> LatentTranslationMethod:
    torch.manual_seed(0)
    return run.build(tiny.data_of(run), tiny.pretrained_of(run))


def finished(run: RunParams) -> nn.Module:
    """What the run stands on, with weights of its own."""
    torch.manual_seed(9)
    return run.foundation.build_model()


@pytest.mark.parametrize("tokenizer", ["frozen", "tuned"])
def test_frozen_weights_stay_bit_for_bit_and_tuned_ones_move(run, tokenizer):
    params, below = toy(run, tokenizer), finished(run)
    method = build(params)
    method.stand_on(below)
    training = Trainer(
        Fabric(accelerator="cpu", precision="32-true"),
        method,
        tiny.shrink(params, ema={"decay": 0.5}),
        seed=1,
        label="toy",
        checkpoints=None,
    )
    fresh = [p.clone() for p in method.model.bridges.parameters()]
    for _ in range(3):
        training.take_step(tiny.batch_of(params))
    bridges = list(method.model.bridges.parameters())
    assert (
        sum(not torch.equal(p, q) for p, q in zip(fresh, bridges, strict=True)) > len(bridges) / 2
    )
    for model in (method.model, training.ema):
        now = model.tokenizer.state_dict()
        stayed = {
            name for name, value in below.state_dict().items() if torch.equal(value, now[name])
        }
        if tokenizer == "frozen":
            assert stayed == now.keys()
        else:
            # No latent is rounded, so the codebook has nothing to follow.
            assert {name for name in now if name.startswith("quantiser")} <= stayed
            parts = ("encoder", "quant_conv", "post_quant_conv", "decoder")
            moved = {name.split(".")[0] for name in now.keys() - stayed}
            assert moved == set(parts)


def test_a_frozen_coder_is_as_it_is_in_use(run):
    for tokenizer, trains in (("frozen", False), ("tuned", True)):
        model = build(toy(run, tokenizer)).train().model
        assert model.bridges.training
        assert model.tokenizer.training == trains


def test_directions_share_one_coder_that_is_written_once(tmp_path: Path):
    run = RUNS["cyclegan_vqgan"]
    model = build(run).model
    assert isinstance(model, LatentTranslator)
    assert model.generator(run.source).tokenizer is model.generator(run.target).tokenizer
    assert model.generator(run.source).bridge is not model.generator(run.target).bridge
    export(tmp_path / "toy", model, params=run, codec=tiny.codec_of(run), classes=(), seed=1)
    assert load_file(tmp_path / "toy/model.safetensors").keys() == model.state_dict().keys()


@torch.no_grad()
def test_a_translation_goes_from_latent_to_latent(run):
    method, below = build(run), finished(run).eval()
    method.stand_on(below)
    x = tiny.batch_of(run).a
    bridge = method.model.bridges[run.target]
    for parameter in bridge.conv_out.parameters():
        parameter.zero_()  # a bridge that changes nothing
    expected = below.draw(below.vectors(x)).clamp(-1, 1)
    torch.testing.assert_close(method.model.translate(x, run.target), expected)
    bridge.conv_out.bias.fill_(0.5)
    expected = below.draw(below.vectors(x) + 0.5).clamp(-1, 1)
    torch.testing.assert_close(method.model.translate(x, run.target), expected)


def test_a_fresh_bridge_changes_little(run):
    bridge = build(run).model.bridges[run.target]
    z = torch.randn(2, bridge.conv_in.in_channels, 8, 8)
    change = (bridge(z) - z).square().mean().sqrt()
    assert 0 < change < 0.2


def test_pictures_of_one_code_are_translated(run):
    model = build(run).model
    x = torch.zeros(1, 3, model.multiple, model.multiple)
    assert model.translate(x, run.target).shape == x.shape


def test_bridges_and_what_they_stand_on_belong_together(run):
    with pytest.raises(ValidationError, match="belong together, found pretrained: None"):
        tiny.shrink(run, pretrained=None)
    with pytest.raises(ValidationError, match="belong together, found pretrained: classifiers/x"):
        tiny.shrink(run, pretrained="classifiers/x")
    with pytest.raises(ValidationError, match="belong together"):
        tiny.shrink(run, generator={"kind": "resnet", "width": 2, "blocks": 1})


def test_what_does_not_fit_is_refused(run):
    specs = {name: s.model_copy(update={"channels": 1}) for name, s in tiny.specs_of(run).items()}
    with pytest.raises(ValueError, match="models/vqgan codes samples of"):
        run.build(specs, ())
    other = tiny.runs()["autoencoder"].model_dump(mode="json")
    codeless = run.foundation.model_copy(update={"run": {**other, "domains": ["scene"]}})
    with pytest.raises(ValueError, match="models/vqgan has no codes"):
        run.model_copy(update={"foundation": codeless}).build(
            tiny.data_of(run), tiny.pretrained_of(run)
        )
    with pytest.raises(ValueError, match="has to be trained first"):
        run.model_copy(update={"foundation": None}).build(
            tiny.data_of(run), tiny.pretrained_of(run)
        )
