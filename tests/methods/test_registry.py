"""Blocks and cards become runs and models, and what is none is refused in words."""

from typing import Any

import pytest
import tiny
from pydantic import ValidationError

from pipeline.methods.base import RunParams
from pipeline.methods.gan import GANParams
from pipeline.methods.hifigan import HifiGANParams
from pipeline.methods.registry import build_from_card, load_run
from pipeline.mistakes import describe
from pipeline.models.card import Card
from pipeline.nn.folding import folded

GAN: dict[str, Any] = {"method": "gan", "data": "d", "domains": ["digit"], "steps": 1}
HIFIGAN: dict[str, Any] = {"method": "hifigan", "data": "d", "domains": ["a"], "steps": 1}


def card(**fields: Any) -> Card:
    run = tiny.runs()["dcgan"]
    return Card(version="0", seed=0, data=tiny.data_of(run), run={**GAN, **fields}, weights="")


def mistake(params: type[RunParams], raw: dict[str, Any]) -> str:
    with pytest.raises(ValidationError) as error:
        params.model_validate(raw)
    (found,) = error.value.errors()
    return describe(dict(found), params)


@pytest.mark.parametrize("name", sorted(tiny.runs()))
def test_a_block_survives_its_card(name):
    run = tiny.runs()[name]
    assert load_run(run.model_dump(mode="json")) == run
    model = folded(run.build_model(tiny.data_of(run), tiny.pretrained_of(run)))
    again = build_from_card(Card.model_validate_json(tiny.card_of(run).model_dump_json()))
    shapes = {key: value.shape for key, value in again.state_dict().items()}
    assert shapes == {key: value.shape for key, value in model.state_dict().items()}


def test_a_card_whose_networks_name_no_kind_is_dcgans():
    plain = build_from_card(card(generator={"width": 2}))
    named = build_from_card(card(generator={"kind": "dcgan", "width": 2}))
    assert plain.state_dict().keys() == named.state_dict().keys()
    other = build_from_card(card(generator={"kind": "mlp", "width": 2}))
    assert plain.state_dict().keys() != other.state_dict().keys()


@pytest.mark.parametrize(
    "fields",
    [
        {"generator": {"kind": "vit"}},
        {"generator": {"kind": "mlp", "norm": "batch"}},
        {"method": "gun"},
        {"penalty": {}},
        {"generators": {}},
    ],
)
def test_a_card_of_no_model_of_ours_is_refused(fields):
    with pytest.raises(ValueError, match="validation error"):
        build_from_card(card(**fields))


@pytest.mark.parametrize(
    ("fields", "words"),
    [
        (
            {"generator": {"kind": "vit"}},
            "generator.kind: found 'vit', allowed: 'dcgan', 'mlp', 'resnet'",
        ),
        (
            {"discriminator": {"steps": 3}},
            "discriminator.steps: no such parameter; allowed: norm, spectral, attention, head, "
            "minibatch, kind, width",
        ),
        (
            {"discriminator": {"kind": "mlp", "norm": "batch"}},
            "discriminator.norm: no such parameter (a key of 'dcgan', 'resnet'); allowed: kind",
        ),
        (
            {"optimizer": {"kind": "sgd"}},
            "optimizer.kind: found 'sgd', allowed: 'adam', 'adamw', 'rmsprop'",
        ),
        (
            {"optimizer": {"rate": 1e-3}},
            "optimizer.rate: no such parameter (did you mean 'lr'?); allowed: kind, lr, beta1",
        ),
        ({"penalty": {"weight": 3}}, "penalty: missing the key 'kind'"),
        (
            {"penalty": {"kind": "gradient", "gamma": 3}},
            "penalty.gamma: no such parameter (a key of 'r1', 'r2', 'r1_r2'); allowed: kind",
        ),
        ({"ema": 0.99}, "ema: found 0.99, allowed: a block of decay, start, as in {decay: 0.99}"),
        ({"ema": {"start": 3}}, "ema.decay: missing"),
        (
            {"loss": "wasserstein"},
            "loss: wasserstein needs what bounds the critic: penalty: {kind: gradient}",
        ),
    ],
)
def test_mistakes_are_named_with_their_place_and_what_is_allowed(fields, words):
    assert words in mistake(GANParams, {**GAN, **fields})


def test_a_vocoders_optimiser_is_adamws_in_words_too():
    found = mistake(HifiGANParams, {**HIFIGAN, "optimizer": {"decay": 0.1}})
    assert "optimizer.decay: no such parameter (did you mean 'weight_decay'?)" in found
