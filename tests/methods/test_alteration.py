"""What discriminators are shown: noise that fades, and augmentation that adapts."""

import pytest
import tiny
import torch
from gans import RUN, build, resumed, steps, without_waiting
from pydantic import ValidationError
from torch import Tensor
from trainers import trainer

from pipeline.methods.alteration import (
    AdaptiveAugmentation,
    AdaptiveParams,
    Alteration,
    InstanceNoiseParams,
)
from pipeline.methods.registry import load_run
from pipeline.samples import DatasetSpec, Spec

NOISE = {"instance_noise": {"std": 0.5, "steps": 4}}
ADAPTIVE = {"adaptive_augmentation": {"every": 2, "samples": 20}}


@pytest.mark.parametrize(("step", "std"), [(0, 0.4), (5, 0.2), (10, 0.0), (11, 0.0)])
def test_noise_fades_and_is_of_samples_alone(step, std):
    altering = Alteration(instance_noise=InstanceNoiseParams(std=0.4, steps=10))
    x = torch.zeros(100, 1, 16, 16)
    one, two, given = altering(x, x, given=(x,), step=step)
    for y in (one, two):
        assert float(y.std()) == pytest.approx(std, rel=0.03)
        assert float(y.mean()) == pytest.approx(0, abs=0.01)
    assert std == 0 or not torch.equal(one, two)
    assert torch.equal(given, x)


def test_real_and_fake_samples_are_as_noisy():
    method, batch = build(**NOISE), tiny.batch_of(RUN, 64)
    shown: list[Tensor] = []
    method.adversary.network.register_forward_pre_hook(lambda _, args: shown.append(args[0]))
    with torch.no_grad():
        fake = torch.zeros_like(batch.x)
        method.adversary.discriminator_loss(batch.x, fake, 2)
        method.adversary.generator_loss(fake, step=2)
    for y, x in zip(shown, (batch.x, fake, fake), strict=True):
        assert float((y - x).std()) == pytest.approx(0.25, rel=0.05)


def probabilities(signs: list[float], **fields: float) -> list[float]:
    """Follow p over steps of 10 real samples whose logits have these mean signs."""
    augmentation = AdaptiveAugmentation(AdaptiveParams(**fields))
    found = []
    for step, sign in enumerate(signs):
        positive = round(10 * (1 + sign) / 2)
        logits = torch.tensor([2.0] * positive + [-3.0] * (10 - positive))
        augmentation.observe([logits[:, None]], 10, step)
        found.append(round(float(augmentation.p), 6))
    return found


def test_p_follows_the_signs_of_real_logits():
    # Means of two steps: 0.8 and 0.7 above the target of 0.6, 0.4 below; 20 of 200 samples are 0.1.
    found = probabilities([1, 0.6, 1, 0.4, 0.8, 0], every=2, samples=200)
    assert found == [0, 0.1, 0.1, 0.2, 0.2, 0.1]


def test_p_stays_a_probability():
    assert probabilities([0, 0], every=1, samples=20) == [0, 0]
    assert probabilities([1, 1, 1, 1, 1], every=2, samples=25) == [0, 0.8, 0.8, 1, 1]


def test_p_comes_about_in_training_and_is_logged():
    run = tiny.shrink(RUN, **ADAPTIVE)
    taking = trainer(run)
    augmentation = taking.method.adversary.alteration.adaptive
    logged = []
    for _ in range(4):
        steps(taking, 1)
        logged.append(float(augmentation.p))
    assert logged[0] == 0
    amount = 2 * len(tiny.batch_of(run).x) / 20
    assert all(round(p / amount, 5) in (0, 1, 2) for p in logged)
    logs = next(iter(taking.method.updates(tiny.batch_of(run), 4))).logs
    assert float(logs["augment_p"]) == float(augmentation.p)


@pytest.mark.parametrize("fields", [NOISE, ADAPTIVE, {**ADAPTIVE, "past_discriminators": {}}])
def test_alterations_resume_and_never_wait(fields):
    resumed(fields)
    without_waiting(fields)


def test_past_discriminators_are_shown_what_the_present_one_is():
    method = build(**ADAPTIVE, past_discriminators={"count": 2})
    method.adversary.alteration.adaptive.p.fill_(0.75)
    assert {float(past.alteration.adaptive.p) for past in method.past.ring} == {0.75}


@pytest.mark.parametrize("loss", ["wasserstein", "least_squares", "relativistic"])
def test_signs_must_mean_something(loss):
    block = {"method": "gan", "data": "d", "domains": ["a"], "steps": 1, "loss": loss}
    with pytest.raises(ValidationError, match=f"signs of logits, which say nothing.*{loss}"):
        load_run({**block, **ADAPTIVE, "penalty": {"kind": "clip"}})


def test_sound_is_neither_turned_nor_recoloured():
    sound = DatasetSpec(specs={"digit": Spec(channels=1, height=16, width=None, bounded=False)})
    fields = {"crop": 16, "flip": False}
    with pytest.raises(ValueError, match="found colour, flip, rotation, scale, which alter pic"):
        tiny.shrink(RUN, **fields, adaptive_augmentation={}).check_data(sound)
    kinds = {"kinds": ["translation", "cutout"]}
    tiny.shrink(RUN, **fields, adaptive_augmentation=kinds).check_data(sound)
