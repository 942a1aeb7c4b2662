"""Progressive growing: phases, what learns in which, and exact resuming within a fade."""

from pathlib import Path
from typing import Any

import pytest
import tiny
import torch
from pydantic import ValidationError
from trainers import trainer

from pipeline.backbones.progressive import Growth, shown_at
from pipeline.methods.progressive_gan import GrowthParams, ProgressiveGAN
from pipeline.methods.registry import load_run
from pipeline.nn.ema import update_ema
from pipeline.params import load_params
from pipeline.samples import DatasetSpec, Labelled, Spec
from pipeline.training.checkpoints import Checkpoints
from pipeline.training.trainer import Trainer

RUN = tiny.runs()["progressive_gan"]
GROWTH = {"stabilise": 2, "fade": 4}  # 2 levels at the toys' size: 0-1, fade 2-5, 6-7, fade 8-11


def growing(**fields: Any) -> Trainer:
    run = tiny.shrink(RUN, **{"growth": GROWTH, "steps": 15, "ema": {"decay": 0.5}, **fields})
    toy = trainer(run)
    assert isinstance(toy.method, ProgressiveGAN)
    return toy


def go(toy: Trainer, steps: int) -> None:
    while toy.step < steps:
        toy.reseed()
        toy.take_step(read(toy.step))


def read(step: int, count: int = 4) -> Labelled:
    spec = tiny.specs_of(RUN)["digit"]
    return Labelled(tiny.sample_of(spec, count, step), torch.zeros(count, dtype=torch.int64))


# Phases


def test_defaults_are_the_papers():
    run = load_run({"method": "progressive_gan", "data": "d", "domains": ["x"], "steps": 1})
    assert (run.latent, run.loss, run.drift, run.discriminator_steps) == (
        512,
        "wasserstein",
        1e-3,
        1,
    )
    assert (run.penalty.kind, run.penalty.weight, run.penalty.target) == ("gradient", 10, 1)
    for adam in (run.optimizer, run.discriminator_optimizer):
        assert (adam.kind, adam.lr, adam.beta1, adam.beta2) == ("adam", 1e-3, 0.0, 0.99)
    assert run.ema.decay == 0.999


def test_growth_is_a_function_of_the_step():
    growth = GrowthParams(stabilise=2, fade=4)
    found = [growth.at(step, 2) for step in range(14)]
    fades = [[Growth(level, part, 4) for part in range(4)] for level in (1, 2)]
    first, second = [Growth(0)] * 2 + fades[0], [Growth(1)] * 2 + fades[1]
    assert found == [*first, *second, Growth(2), Growth(2)]
    assert [each.alpha for each in found[2:6]] == [0, 0.25, 0.5, 0.75]
    assert growth.beginnings(2) == [0, 2, 8]
    assert growth.end(2) == 12
    assert GrowthParams(start=2).at(0, 2) == Growth(2)


def test_phases_may_differ_from_size_to_size():
    growth = GrowthParams(stabilise=(1, 3), fade=(2, 0))
    found = [growth.at(step, 2) for step in range(7)]
    fade = [Growth(1, 0, 2), Growth(1, 1, 2)]
    assert found == [Growth(0), *fade, *[Growth(1)] * 3, Growth(2)]
    with pytest.raises(ValueError, match=r"growth\.stabilise: found 2 numbers, allowed: one"):
        growth.at(0, 3)


@pytest.mark.parametrize(
    ("fields", "words"),
    [
        ({"steps": 12}, "phases take 12 steps, allowed: fewer than the run's 12"),
        ({"growth": {"start": 3}}, "growth.start: found 3, allowed: at most the 2 doublings"),
        ({"growth": {"batches": (2, 1)} | GROWTH}, "growth.batches: found 2 numbers"),
    ],
)
def test_phases_that_do_not_fit_are_refused(fields, words):
    with pytest.raises(ValueError, match=words):
        growing(**fields)


def test_no_size_has_more_samples_than_are_read():
    with pytest.raises(ValidationError, match=r"growth\.batches: found 3, allowed: at most the ba"):
        growing(growth={"batches": (3, 2, 1)})


def test_the_full_size_block_shows_as_many_pictures_as_published():
    # config.py of tkarras/progressive_growing_of_gans, preset-v1-1gpu: 800,000 in each phase.
    run = load_params(tiny.ROOT / "recipes/papers/params.yaml").models["progressive_gan"]
    growth, counts = run.growth, run.growth.batches
    phases = growth.phases(8)
    shown = [
        (s * small, f * large)
        for (s, f), small, large in zip(phases, counts[:-1], counts[1:], strict=True)
    ]
    torch.testing.assert_close(torch.tensor(shown), torch.full((8, 2), 800_000), atol=8, rtol=0)
    rest = (run.steps - growth.end(8)) * counts[-1]
    assert sum(map(sum, shown)) + rest == pytest.approx(19_000_000, abs=50)
    spec = Spec(channels=3, height=1024, width=1024, bounded=True)
    with torch.device("meta"):
        method = run.build(DatasetSpec(specs={"female": spec, "male": spec}))
    assert tiny.count_parameters(method.model, method.adversary) == 23_079_115 + 23_087_249


# What learns


def test_losses_by_hand():
    method = growing(penalty={"kind": "none"}, loss="hinge", drift=0.5).method
    batch = read(1)
    torch.manual_seed(3)
    first, second = method.updates(batch, 9)
    growth = Growth(2, 1, 4)
    assert method.generator.growth == method.discriminator.growth == growth
    torch.manual_seed(3)
    with torch.no_grad():  # no optimiser steps, so both updates see the same weights
        fake = method.generator.at_level(torch.randn(4, method.model.latent))
        real, fake = (method.discriminator(x) for x in (shown_at(batch.x, growth, 2), fake))
    hinge = (1 - real).relu().mean() + (1 + fake).relu().mean()
    torch.testing.assert_close(first.loss, hinge + 0.5 * real.square().mean())
    torch.testing.assert_close(first.logs["drift"], real.square().mean())
    torch.testing.assert_close(second.loss, -fake.mean())


def test_layers_move_while_their_level_is_there_and_stay_otherwise():
    toy = growing()
    moved: dict[str, list[int]] = {}
    for step in range(14):
        before = {name: p.detach().clone() for name, p in toy.method.named_parameters()}
        go(toy, step + 1)
        for name, parameter in toy.method.named_parameters():
            if not torch.equal(parameter, before[name]):
                moved.setdefault(name, []).append(step)
    spans = {  # at alpha = 0 the layers of the new level are there, and have no weight yet
        "heads.0": range(6),
        "heads.1": [*range(3, 12)],
        "heads.2": [*range(9, 14)],
        "blocks.0": [*range(3, 14)],
        "blocks.1": [*range(9, 14)],
    }
    for name, steps in moved.items():
        place = ".".join(name.split(".")[2:4])
        assert steps == [*spans.get(place, range(14))], name
    assert len(moved) == len(before)


def test_the_average_of_a_layer_begins_with_it():
    toy = growing(ema={"decay": 0.999})
    first = {name: v.clone() for name, v in toy.method.model.state_dict().items()}
    begins = toy.method.beginnings()
    assert {place.split(".")[2]: step for place, step in begins.items() if "blocks" in place} == {
        "0": 2,
        "1": 8,
    }
    assert begins.keys() <= first.keys()
    go(toy, 8)
    weight = "generator.blocks.1.conv_1.weight"
    assert torch.equal(toy.ema.state_dict()[weight], first[weight])  # never learnt, and copied
    go(toy, 9)
    go(toy, 10)
    # The first step at alpha = 0 left it where it was, so the average counts two steps, the ramp
    # being 1 / 11, then 2 / 12; that of a layer from the start has come to 10 / 20.
    now = toy.method.model.state_dict()[weight]
    expected = torch.lerp(first[weight], now, 10 / 12)
    torch.testing.assert_close(toy.ema.state_dict()[weight], expected)


def test_a_late_weight_is_copied_until_it_begins():
    network, ema = torch.nn.Linear(1, 1), torch.nn.Linear(1, 1)
    for step, weight in ((1, 3.0), (2, 5.0)):
        with torch.no_grad():
            network.weight.fill_(weight)
            ema.weight.fill_(1.0)
        update_ema(ema, network, 0.9, step, {"weight": 1})
        share = 0 if step == 1 else 1 / 11
        torch.testing.assert_close(ema.weight, torch.full((1, 1), weight + share * (1 - weight)))


def test_previews_of_the_average_show_the_size_that_training_is_at():
    toy = growing()
    go(toy, 5)  # in the fade to 8x8
    picture = toy.exported().eval().sample(2, torch.Generator().manual_seed(1))
    assert picture.shape == (2, 1, 16, 16)
    assert toy.ema.generator.current() == Growth(1, 2, 4)
    assert torch.equal(
        picture, picture[:, :, ::2, ::2].repeat_interleave(2, 2).repeat_interleave(2, 3)
    )
    go(toy, 15)
    assert toy.ema.generator.current() == Growth(2)


def test_sizes_may_have_batches_of_their_own():
    toy = growing(growth={**GROWTH, "batches": (2, 2, 1)}, batch=2)
    seen: list[int] = []
    toy.method.discriminator.register_forward_pre_hook(lambda _, args: seen.append(len(args[0])))
    for step in (0, 13):
        list(toy.method.updates(read(step, 4), step))  # parts of a batch keep the share
    assert seen == [4] * 4 + [2] * 4  # real, fake, their mean for the penalty, fake again


# Resuming


@pytest.mark.parametrize("killed_at", [4, 10, 13])
def test_a_run_resumes_within_a_fade_bit_for_bit(killed_at, tmp_path: Path):
    undisturbed = growing()
    go(undisturbed, 15)
    killed = growing()
    killed.checkpoints = Checkpoints(tmp_path)
    go(killed, killed_at)
    killed.save()
    torch.rand(17)  # another process has another past
    resumed = growing()
    resumed.checkpoints = Checkpoints(tmp_path)
    resumed.resume()
    assert resumed.step == killed_at
    go(resumed, 15)
    states = [
        {**toy.method.state_dict(), **{f"ema.{n}": v for n, v in toy.ema.state_dict().items()}}
        for toy in (undisturbed, resumed)
    ]
    assert all(torch.equal(value, states[1][name]) for name, value in states[0].items())
    for name, optimizer in undisturbed.optimizers.items():
        other = resumed.optimizers[name].state_dict()["state"]
        for place, state in optimizer.state_dict()["state"].items():
            assert all(torch.equal(value, other[place][key]) for key, value in state.items())


def test_a_finished_model_is_full_grown():
    toy = growing()
    go(toy, 15)
    model = toy.exported().eval()
    again = growing().method.model.eval()
    again.load_state_dict(model.state_dict())
    assert again.generator.current() == Growth(2)
    z = model.draw(2, torch.Generator().manual_seed(1))
    assert torch.equal(again.decode(z), model.decode(z))
    assert not torch.equal(*(again.decode(z)[:, :, at::2, ::2] for at in (0, 1)))  # not enlarged


def test_it_learns_from_chunks_of_sound():
    # Rectangular sizes, of samples without bounds: what the networks say of their size holds.
    sound = {"data": "voices", "domains": ["arthur"], "crop": 32, "growth": {**GROWTH, "start": 0}}
    run = tiny.shrink(RUN, **sound, steps=15)
    data = DatasetSpec(specs={"arthur": Spec(channels=1, height=16, width=None, bounded=False)})
    method = run.build_for(data)
    x = torch.randn(2, 1, 16, 32)
    for step in (0, 3, 14):
        for update in method.updates(Labelled(x, torch.zeros(2, dtype=torch.int64)), step):
            assert torch.isfinite(update.loss)
    assert method.model.eval().sample(2).shape == (2, 1, 16, 32)
