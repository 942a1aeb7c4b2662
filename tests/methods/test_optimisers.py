"""Optimisers by kind, and which parameters they are given."""

import math

import pytest
import torch
from pydantic import TypeAdapter, ValidationError
from torch import nn
from torch.optim import Adam, AdamW, RMSprop

from pipeline.methods.optimisers import (
    AdamWByDefaultParams,
    EMAParams,
    OptimizerParams,
    RMSpropParams,
    ScheduleParams,
    trainable_parameters,
)

ADAPTER: TypeAdapter[OptimizerParams] = TypeAdapter(OptimizerParams)


@pytest.mark.parametrize(
    ("block", "kind", "group"),
    [
        ({"lr": 1e-3}, Adam, {"lr": 1e-3, "betas": (0.5, 0.999)}),
        ({"kind": "adam", "beta1": 0.0}, Adam, {"lr": 2e-4, "betas": (0.0, 0.999)}),
        (
            {"kind": "adamw", "weight_decay": 0.1},
            AdamW,
            {"lr": 2e-4, "weight_decay": 0.1, "betas": (0.5, 0.999)},
        ),
        ({"kind": "rmsprop"}, RMSprop, {"lr": 5e-5, "alpha": 0.99}),
    ],
)
def test_kinds(block, kind, group):
    layer = nn.Linear(2, 3)
    built = ADAPTER.validate_python(block).build(layer)
    assert type(built) is kind
    (found,) = built.param_groups
    assert {name: found[name] for name in group} == group
    assert found["params"] == [layer.weight, layer.bias]


def test_a_block_without_a_kind_is_the_methods_own():
    by_default: TypeAdapter[AdamWByDefaultParams] = TypeAdapter(AdamWByDefaultParams)
    assert by_default.validate_python({"lr": 1e-3}).kind == "adamw"
    assert by_default.validate_python({"kind": "adam"}).kind == "adam"
    assert ADAPTER.validate_python({}).kind == "adam"


@pytest.mark.parametrize(
    "block",
    [
        {"kind": "sgd"},
        {"weight_decay": 0.1},  # AdamW's alone
        {"kind": "rmsprop", "beta1": 0.5},
        {"lr": 0},
        {"beta1": 1.0},
        {"rate": 1e-3},
    ],
)
def test_what_an_optimiser_does_not_have_is_refused(block):
    with pytest.raises(ValidationError):
        ADAPTER.validate_python(block)


def test_rmsprop_divides_by_the_root_of_the_average_square():
    layer = nn.Linear(1, 1, bias=False)
    layer.weight.data.fill_(1.0)
    optimizer = RMSpropParams(lr=0.1, alpha=0.75).build(layer)
    layer.weight.grad = torch.full((1, 1), 4.0)
    optimizer.step()
    # The average square is a quarter of 16, its root 2.
    assert layer.weight.item() == pytest.approx(1 - 0.1 * 4 / 2)


def test_frozen_and_shared_parameters_are_given_once_or_never():
    one, two = nn.Linear(2, 2), nn.Linear(2, 2)
    two.weight = one.weight
    one.bias.requires_grad_(False)
    assert trainable_parameters(one, two) == [one.weight, two.bias]


@pytest.mark.parametrize("fields", [{"decay": 1.0}, {"decay": -0.1}, {"decay": 0.5, "start": -1}])
def test_an_average_keeps_less_than_all(fields):
    with pytest.raises(ValidationError):
        EMAParams(**fields)


def test_a_cosine_falls_along_half_a_wave():
    schedule = ScheduleParams(kind="cosine")
    factors = [schedule.factor(step, 8) for step in (0, 2, 4, 6, 8)]
    half = math.sqrt(0.5) / 2
    assert factors == pytest.approx([1, 0.5 + half, 0.5, 0.5 - half, 0])
