"""Translators between the latents of a finished VQ model: what is shared, frozen and refused."""

import copy
from pathlib import Path

import pytest
import tiny
import torch
from exported import export_model
from pydantic import ValidationError
from safetensors.torch import load_file
from trainers import trainer

from pipeline.methods.base import RunParams
from pipeline.models.card import Pretrained
from pipeline.models.latent_translator import LatentTranslator
from pipeline.models.vq import VQModel
from pipeline.samples import DatasetSpec

RUNS = {name: tiny.runs()[name] for name in ("pix2pix_vqgan", "cyclegan_vqgan")}


@pytest.fixture(params=sorted(RUNS))
def run(request: pytest.FixtureRequest) -> RunParams:
    return RUNS[request.param]


def toy(run: RunParams, tokenizer: str) -> RunParams:
    return tiny.shrink(run, generator={**tiny.LATENT_TRANSLATION, "tokenizer": tokenizer})


def finished(run: RunParams) -> tuple[Pretrained, VQModel]:
    """The VQ model that the run builds on, to be handed in, and a copy of it to compare with."""
    torch.manual_seed(9)
    pretrained = tiny.pretrained_of(run)
    return pretrained, copy.deepcopy(pretrained.model)


@pytest.mark.parametrize("tokenizer", ["frozen", "tuned"])
def test_frozen_weights_stay_bit_for_bit_and_tuned_ones_move(run, tokenizer):
    params = toy(run, tokenizer)
    pretrained, below = finished(run)
    method = tiny.build(params, pretrained)
    training = trainer(tiny.shrink(params, ema={"decay": 0.5}), method)
    fresh = [p.clone() for p in method.model.networks.parameters()]
    for _ in range(3):
        training.take_step(tiny.batch_of(params))
    learnt = list(method.model.networks.parameters())
    moved = sum(not torch.equal(p, q) for p, q in zip(fresh, learnt, strict=True))
    assert moved > len(learnt) / 2
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


def test_a_frozen_tokenizer_stays_in_evaluation_mode(run):
    for tokenizer, trains in (("frozen", False), ("tuned", True)):
        model = tiny.build(toy(run, tokenizer)).train().model
        assert model.networks.training
        assert model.tokenizer.training == trains


def test_directions_share_one_tokenizer_that_is_written_once(tmp_path: Path):
    run = RUNS["cyclegan_vqgan"]
    model = tiny.build(run).model
    assert isinstance(model, LatentTranslator)
    assert model.generator(run.source).tokenizer is model.generator(run.target).tokenizer
    assert model.generator(run.source).network is not model.generator(run.target).network
    finished = export_model(tmp_path / "toy", model, run)
    assert load_file(tmp_path / "toy/model.safetensors").keys() == model.state_dict().keys()
    assert finished.card.pretrained == tiny.pretrained_of(run).card
    x = tiny.batch_of(run).a
    for to in run.domains:
        torch.testing.assert_close(finished.model.translate(x, to), model.translate(x, to))


@torch.no_grad()
def test_a_translation_goes_from_latent_to_latent(run):
    pretrained, below = finished(run)
    method, below = tiny.build(run, pretrained), below.eval()
    x = tiny.batch_of(run).a
    network = method.model.networks[run.target]
    for parameter in network.conv_out.parameters():
        parameter.zero_()  # a network that changes nothing
    expected = below.draw(below.vectors(x)).clamp(-1, 1)
    torch.testing.assert_close(method.model.translate(x, run.target), expected)
    network.conv_out.bias.fill_(0.5)
    expected = below.draw(below.vectors(x) + 0.5).clamp(-1, 1)
    torch.testing.assert_close(method.model.translate(x, run.target), expected)


def test_a_fresh_network_changes_little(run):
    network = tiny.build(run).model.networks[run.target]
    z = torch.randn(2, network.conv_in.in_channels, 8, 8)
    change = (network(z) - z).square().mean().sqrt()
    assert 0 < change < 0.2


def test_pictures_of_one_code_are_translated(run):
    model = tiny.build(run).model
    x = torch.zeros(1, 3, model.multiple, model.multiple)
    assert model.translate(x, run.target).shape == x.shape


def test_latent_generators_and_their_tokenizer_belong_together(run):
    with pytest.raises(ValidationError, match="belong together, found pretrained: None"):
        tiny.shrink(run, pretrained=None)
    with pytest.raises(ValidationError, match="belong together, found pretrained: classifiers/x"):
        tiny.shrink(run, pretrained="classifiers/x")
    with pytest.raises(ValidationError, match="belong together"):
        tiny.shrink(run, generator={"kind": "resnet", "width": 2, "blocks": 1})


def test_what_does_not_fit_is_refused(run):
    specs = {name: s.model_copy(update={"channels": 1}) for name, s in tiny.specs_of(run).items()}
    with pytest.raises(ValueError, match="models/vqgan codes samples of"):
        run.build(DatasetSpec(specs=specs), tiny.pretrained_of(run))
    other = tiny.runs()["autoencoder"]
    codeless = Pretrained(other.build_model(tiny.data_of(other)), tiny.card_of(other))
    with pytest.raises(ValueError, match="models/vqgan has no codes"):
        run.build(tiny.data_of(run), codeless)
    with pytest.raises(ValueError, match="models/vqgan has to be trained first"):
        run.build(tiny.data_of(run))
