"""Vocos: the published values, its losses, and its phases."""

import pytest
import tiny
import torch
from pydantic import ValidationError
from torch.nn.functional import l1_loss

from pipeline.backbones.vocos import VocosParams
from pipeline.codecs.spectrogram import log_mel
from pipeline.conventions import VOCOS
from pipeline.methods.registry import load_run
from pipeline.params import load_params

RUN = tiny.runs()["vocos"]
FIELDS = {"method": "vocos", "data": "d", "domains": ["a"], "steps": 1}


def build(**changes):
    return tiny.build(tiny.shrink(RUN, **changes))


def test_defaults_are_published():
    run = load_run({**FIELDS, "convention": "vocos_24k"})
    assert run.convention == VOCOS
    assert run.generator == VocosParams(width=512, hidden=1536, layers=8, n_fft=1024, hop=256)
    assert (run.mel_weight, run.feature_weight, run.resolutions_weight) == (45, 1, 0.1)
    assert (run.loss, run.batch, run.crop * run.convention.hop) == ("clamped_hinge", 16, 16_384)
    for adam in (run.optimizer, run.discriminator_optimizer):
        assert (adam.lr, adam.beta1, adam.beta2, adam.weight_decay) == (5e-4, 0.8, 0.9, 0.01)
    assert run.periods.periods == (2, 3, 5, 7, 11)
    assert run.resolutions.windows == (2048, 1024, 512)
    assert (run.schedule.kind, run.mel_alone, run.ema) == ("cosine", 0, None)


def test_losses_by_hand():
    fields = {"mel_weight": 3, "feature_weight": 5, "resolutions_weight": 0.7, "mel_alone": 0}
    method, batch = build(**fields), tiny.batch_of(RUN)
    network = method.adversary.network
    with torch.no_grad():  # no optimiser steps, so both updates see the same weights
        fake = method.model.vocode(batch.frames)
        heard = tiny.CONVENTION.model_copy(update={"fmax": 4000})
        mel = l1_loss(log_mel(fake, heard), log_mel(batch.wave, heard))
        told = adversarial = features = 0
        for weight, group in ((1, network.periods), (0.7, network.resolutions)):
            real_ones, fake_ones = (group(x[:, None]) for x in (batch.wave, fake))
            share = weight / len(real_ones)
            for ours, theirs in zip(real_ones, fake_ones, strict=True):
                told += share * ((1 - ours[-1]).relu().mean() + (1 + theirs[-1]).relu().mean())
                adversarial += share * (1 - theirs[-1]).relu().mean()
                pairs = zip(ours, theirs, strict=True)
                features += share * sum(l1_loss(a, b) for a, b in pairs)
    first, second = method.updates(batch, 0)
    assert (first.optimizer, second.optimizer) == ("discriminators", "generator")
    torch.testing.assert_close(first.loss, told, rtol=1e-4, atol=1e-5)
    torch.testing.assert_close(
        second.loss, adversarial + 5 * features + 3 * mel, rtol=1e-4, atol=1e-5
    )


def test_the_first_layers_features_are_not_matched():
    network = build().adversary.network
    wave = torch.randn(1, 1, 1024)
    assert [len(layers) for layers in network.periods(wave)] == [5] * 5
    assert [len(layers) for layers in network.resolutions(wave)] == [21] * 2


def test_the_mel_loss_teaches_alone_as_long_as_it_is_asked_to():
    method, batch = build(mel_alone=2), tiny.batch_of(RUN)
    for step in (0, 1):
        (only,) = method.updates(batch, step)
        assert only.optimizer == "generator"
        torch.testing.assert_close(only.loss, 45 * only.logs["mel"])
    assert len(list(method.updates(batch, 2))) == 2


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"convention": {"hop": 200}}, r"makes 256 samples.*convention's hop is 200"),
        ({"crop": 4}, r"crop: found 4 frames of 256.*window of 2048 need 1025 samples"),
        ({"diffaugment": ["cutout"]}, "diffaugment alters pictures"),
    ],
)
def test_what_does_not_fit_is_refused(changes, words):
    with pytest.raises(ValidationError, match=words):
        load_run({**FIELDS, **changes})


def test_the_recipes_network_has_the_size_that_its_comment_says():
    run = load_params(tiny.ROOT / "recipes/vcc2016/params.yaml").models["vocos"]
    with torch.device("meta"):
        assert tiny.count_parameters(run.generator.build(run.convention.mels)) == 2_790_658
