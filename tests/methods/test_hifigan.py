"""HiFi-GAN: the paper's values, its losses, and its phases."""

import pytest
import tiny
import torch
from pydantic import ValidationError
from torch.nn.functional import l1_loss
from torch.optim import AdamW

from pipeline.backbones.hifigan import V1
from pipeline.codecs.spectrogram import log_mel
from pipeline.methods.optimisers import AdamWParams, ScheduleParams
from pipeline.methods.registry import load_run

RUN = tiny.runs()["hifigan"]


def build(**changes):
    return tiny.build(tiny.shrink(RUN, **changes))


def test_defaults_are_the_papers():
    run = load_run({"method": "hifigan", "data": "d", "domains": ["a"], "steps": 1})
    assert run.generator == V1
    assert (run.mel_weight, run.feature_weight, run.loss) == (45, 2, "least_squares")
    assert (run.batch, run.crop * run.convention.hop) == (16, 8192)
    for adam in (run.optimizer, run.discriminator_optimizer):
        assert (adam.lr, adam.beta1, adam.beta2, adam.weight_decay) == (2e-4, 0.8, 0.99, 0.01)
    assert (run.periods.periods, run.scales.scales) == ((2, 3, 5, 7, 11), 3)
    assert (run.schedule.kind, run.schedule.gamma, run.mel_alone) == ("exponential", 0.999, 0)


def test_the_learning_rate_falls_by_a_thousandth_an_epoch():
    schedule = load_run({"method": "hifigan", "data": "d", "domains": ["a"], "steps": 1}).schedule
    epoch = 12_950 // 16
    factors = [schedule.factor(step, 10**6) for step in (0, epoch - 1, epoch, 10 * epoch)]
    assert factors == pytest.approx([1, 1, 0.999, 0.999**10], rel=1e-12)
    quick = ScheduleParams(kind="exponential", gamma=0.5, every=3)
    assert [quick.factor(step, 9) for step in range(7)] == [1, 1, 1, 0.5, 0.5, 0.5, 0.25]


def test_a_block_without_a_kind_is_adamws():
    for fields, kind in (({"lr": 1e-3}, "adamw"), ({"kind": "adam"}, "adam")):
        run = tiny.shrink(RUN, optimizer=fields, discriminator_optimizer=fields)
        assert (run.optimizer.kind, run.discriminator_optimizer.kind) == (kind, kind)


def test_adamw_shrinks_weights_apart_from_the_gradient():
    layer = torch.nn.Linear(2, 1, bias=False)
    layer.weight.data = torch.tensor([[1.0, -2.0]])
    adam = AdamWParams(lr=0.1, weight_decay=0.5).build(layer)
    assert isinstance(adam, AdamW)
    layer.weight.grad = torch.zeros(1, 2)
    adam.step()
    assert layer.weight.tolist() == [pytest.approx([0.95, -1.9])]


def test_losses_by_hand():
    method, batch = build(mel_weight=3, feature_weight=5, mel_alone=0), tiny.batch_of(RUN)
    method.eval()  # spectral norm's estimates stay what they are
    network = method.adversary.network
    with torch.no_grad():  # no optimiser steps, so both updates see the same weights
        fake = method.model.vocode(batch.frames)
        real_ones, fake_ones = (
            network.periods(x[:, None]) + network.scales(x[:, None]) for x in (batch.wave, fake)
        )
        told = sum(((j[-1] - 1) ** 2).mean() for j in real_ones)
        told += sum((j[-1] ** 2).mean() for j in fake_ones)
        adversarial = sum(((j[-1] - 1) ** 2).mean() for j in fake_ones)
        features = sum(
            l1_loss(a, b)
            for ours, theirs in zip(real_ones, fake_ones, strict=True)
            for a, b in zip(ours, theirs, strict=True)
        )
        heard = tiny.CONVENTION.model_copy(update={"fmax": 4000})
        mel = l1_loss(log_mel(fake, heard), log_mel(batch.wave, heard))
    first, second = method.updates(batch, 0)
    assert (first.optimizer, second.optimizer) == ("discriminators", "generator")
    torch.testing.assert_close(first.loss, told, rtol=1e-4, atol=1e-5)
    torch.testing.assert_close(
        second.loss, adversarial + 5 * features + 3 * mel, rtol=1e-4, atol=1e-5
    )
    torch.testing.assert_close(second.logs["mel"], mel, rtol=1e-4, atol=1e-5)


def test_all_frequencies_are_heard():
    convention = {**tiny.CONVENTION.model_dump(), "fmax": 2000}
    assert build(convention=convention).loss_convention.fmax == 4000


def test_the_mel_loss_teaches_alone_as_long_as_it_is_asked_to():
    method, batch = build(mel_alone=2), tiny.batch_of(RUN)
    for step in (0, 1):
        (only,) = method.updates(batch, step)
        assert only.optimizer == "generator"
        torch.testing.assert_close(only.loss, 45 * only.logs["mel"])
    assert len(list(method.updates(batch, 2))) == 2


def test_the_generator_must_make_a_hop_of_a_frame():
    fields = {"method": "hifigan", "data": "d", "domains": ["a"], "steps": 1}
    with pytest.raises(ValidationError, match=r"makes 256 samples.*convention's hop is 200"):
        load_run({**fields, "convention": {"hop": 200, "n_fft": 1024}})
    with pytest.raises(ValidationError, match="domains names one twice: a, a"):
        load_run({**fields, "domains": ["a", "a"]})


def test_weight_norm_is_for_training_alone():
    trained, finished = (
        m.state_dict() for m in (build().model, RUN.build_model(tiny.data_of(RUN)))
    )
    assert any("original0" in name for name in trained)
    assert {name.rsplit(".", 1)[1] for name in finished} == {"weight", "bias"}


def test_waves_are_not_augmented():
    with pytest.raises(ValidationError, match="diffaugment alters pictures"):
        tiny.shrink(RUN, diffaugment=("cutout",))
