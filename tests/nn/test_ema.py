"""Averages of weights: when they begin, and how fast they forget."""

import copy

import pytest
import tiny
import torch
from torch import nn
from trainers import trainer

from pipeline.nn.ema import update_ema


def networks() -> tuple[nn.Module, nn.Module]:
    network = nn.Sequential(nn.Linear(2, 2), nn.BatchNorm1d(2))
    ema = copy.deepcopy(network)
    with torch.no_grad():
        for parameter in network.parameters():
            parameter.add_(torch.randn_like(parameter))
        network[1].num_batches_tracked.add_(7)
    return ema, network


@pytest.mark.parametrize("step", [-5, -1, 0])
def test_until_it_begins_the_average_is_the_weights(step):
    ema, network = networks()
    update_ema(ema, network, decay=0.999, step=step)
    for name, value in network.state_dict().items():
        assert torch.equal(ema.state_dict()[name], value)


@pytest.mark.parametrize(("step", "kept"), [(1, 1 / 11), (10, 0.5), (90, 0.9), (10**6, 0.9)])
def test_what_it_keeps_grows_to_the_decay(step, kept):
    ema, network = networks()
    before = {name: value.clone() for name, value in ema.state_dict().items()}
    update_ema(ema, network, decay=0.9, step=step)
    for name, value in network.state_dict().items():
        found = ema.state_dict()[name]
        if value.is_floating_point():
            torch.testing.assert_close(found, kept * before[name] + (1 - kept) * value)
        else:
            assert torch.equal(found, value)


def test_training_averages_from_its_start_on():
    run = tiny.shrink(tiny.runs()["vae"], ema={"decay": 0.9, "start": 3}, steps=6)
    toy = trainer(run)
    alike = []
    for step in range(6):
        before = [p.clone() for p in toy.ema.parameters()]
        torch.manual_seed(step)
        toy.take_step(tiny.batch_of(run))
        pairs = list(zip(toy.ema.parameters(), toy.method.model.parameters(), strict=True))
        alike.append(all(torch.equal(a, b) for a, b in pairs))
        if step == 3:  # the first of the average: an eleventh of the old weights is left
            for old, (a, b) in zip(before, pairs, strict=True):
                torch.testing.assert_close(a, torch.lerp(b, old, 1 / 11))
    assert alike == [True] * 3 + [False] * 3
