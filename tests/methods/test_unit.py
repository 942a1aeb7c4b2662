"""Promises of UNIT, beyond what every method is tested for."""

from pathlib import Path

import pytest
import tiny
import torch
from by_hand import kl, least_squares
from exported import export_model
from pydantic import ValidationError
from safetensors.torch import load_file
from torch import Tensor, nn

from pipeline.inference.translation import translate_any_size
from pipeline.methods.registry import load_run
from pipeline.methods.unit import UNIT
from pipeline.samples import DatasetSpec, Unpaired

RUN = tiny.runs()["cyclegan_vae"]
WEIGHTS = {"reconstruction": 2.0, "kl": 3.0, "cycle": 5.0, "cycle_kl": 7.0}


def build(**changes: object) -> UNIT:
    method = tiny.build(tiny.shrink(RUN, **changes))
    assert isinstance(method, UNIT)
    return method


def batch() -> Unpaired:
    found = tiny.batch_of(RUN)
    assert isinstance(found, Unpaired)
    return found


def l1(x: Tensor, y: Tensor) -> Tensor:
    return (x - y).abs().mean()


# Values


def test_defaults_are_the_papers():
    data = {"data": "d", "source": "a", "target": "b", "steps": 1}
    run = load_run({"method": "unit", **data})
    # Liu et al. 2017, section 4: 10 for the adversarial loss, 100 and 0.1; here over ten.
    assert (run.reconstruction_weight, run.cycle_weight) == (10, 10)
    assert (run.kl_weight, run.cycle_kl_weight) == (0.01, 0.01)
    assert (run.generator.width, run.generator.blocks, run.generator.shared) == (64, 3, 1)
    assert run.loss == "nonsaturating"
    for adam in (run.optimizer, run.discriminator_optimizer):
        assert (adam.lr, adam.beta1, adam.beta2) == (1e-4, 0.5, 0.999)


def test_batch_norm_is_refused():
    with pytest.raises(ValidationError, match="instance"):
        tiny.shrink(RUN, generator={"kind": "vae", "norm": "batch"})


def test_losses_by_hand():
    weights = {f"{name}_weight": weight for name, weight in WEIGHTS.items()}
    method, (a, b) = build(loss="least_squares", **weights), batch()
    latent = method.model.latent
    encode_a, encode_b = (method.model.encoders[name] for name in (RUN.source, RUN.target))
    decode_a, decode_b = (method.model.decoders[name] for name in (RUN.source, RUN.target))
    torch.manual_seed(3)
    with torch.no_grad():
        mean_a, mean_b = latent.before(encode_a(a)), latent.before(encode_b(b))
        noise = torch.randn(2 * len(a), *mean_a.shape[1:])
        features = latent.after(torch.cat([mean_a, mean_b]) + noise)
        same_a, fake_b = decode_a(features[: len(a)]), decode_b(features[: len(a)])
        fake_a, same_b = decode_a(features[len(a) :]), decode_b(features[len(a) :])
        again_a, again_b = latent.before(encode_b(fake_b)), latent.before(encode_a(fake_a))
        cycled_a = decode_a(latent.after(again_a + torch.randn(again_a.shape)))
        cycled_b = decode_b(latent.after(again_b + torch.randn(again_b.shape)))
        adversarial, told = least_squares(
            (method.discriminator_a, method.discriminator_b), (a, b), (fake_a, fake_b)
        )
    parts = {
        "reconstruction": l1(same_a, a) + l1(same_b, b),
        "kl": kl(mean_a) + kl(mean_b),
        "cycle": l1(cycled_a, a) + l1(cycled_b, b),
        "cycle_kl": kl(again_a) + kl(again_b),
    }
    torch.manual_seed(3)
    first, second = method.updates(batch(), 0)  # no optimiser steps: both see the same weights
    assert (first.optimizer, second.optimizer) == ("autoencoders", "discriminators")
    for name, value in parts.items():
        torch.testing.assert_close(first.logs[name], value)
    expected = adversarial + sum(WEIGHTS[name] * value for name, value in parts.items())
    torch.testing.assert_close(first.loss, expected)
    torch.testing.assert_close(second.loss, told)


def test_what_came_back_has_passed_both_domains_and_the_latent_twice():
    method = build()
    passed: list[str] = []
    parts: dict[str, nn.Module] = {"latent": method.model.latent.after}
    for name in (RUN.source, RUN.target):
        parts |= {f"{name} in": method.model.encoders[name]}
        parts |= {f"{name} out": method.model.decoders[name]}
    for name, part in parts.items():
        part.register_forward_pre_hook(lambda module, args, name=name: passed.append(name))
    next(method.updates(batch(), 0))
    assert sorted(passed) == sorted(2 * list(parts) + ["latent"])  # back again: once a direction


# What is shared


def test_the_blocks_around_the_latent_are_shared_and_nothing_else():
    model = build().model.eval()
    x = {to: tiny.sample_of(tiny.specs_of(RUN)[of], 1, 1) for to, (of,) in model.directions.items()}

    @torch.no_grad()
    def changed(part: nn.Module) -> set[str]:
        before = {to: model.translate(x[to], to) for to in x}
        for parameter in part.parameters():
            parameter.mul_(1.5)
        return {to for to in x if not torch.equal(model.translate(x[to], to), before[to])}

    assert changed(model.latent.before) == changed(model.latent.after) == set(model.directions)
    assert changed(model.encoders[RUN.source]) == {RUN.target}
    assert changed(model.decoders[RUN.source]) == {RUN.source}


def test_what_is_shared_is_counted_and_written_once(tmp_path: Path):
    model = build().model
    state = model.state_dict()
    assert sum(t.numel() for t in state.values()) == tiny.count_parameters(model)
    assert len({t.data_ptr() for t in state.values()}) == len(state)
    part = RUN.generator.build(3, 3, True)  # its latent's blocks are both domains'
    own = 2 * tiny.count_parameters(part)
    shared = tiny.count_parameters(part.latent)
    assert tiny.count_parameters(model) == own - shared
    export_model(tmp_path / "toy", model, RUN)
    assert load_file(tmp_path / "toy/model.safetensors").keys() == state.keys()


def test_domains_may_differ_in_channels():
    specs = tiny.specs_of(RUN)
    specs[RUN.target] = specs[RUN.target].model_copy(update={"channels": 1})
    method = RUN.build(DatasetSpec(specs=specs))
    pair = Unpaired(
        tiny.sample_of(specs[RUN.source], 2, 1), tiny.sample_of(specs[RUN.target], 2, 2)
    )
    assert all(torch.isfinite(update.loss) for update in method.updates(pair, 0))
    assert method.model.translate(pair.a, RUN.target).shape == pair.b.shape
    assert method.model.translate(pair.b, RUN.source).shape == pair.a.shape


def test_discriminators_with_batch_norm_keep_batches_apart():
    assert build().discriminator_a.joint
    norm = {"width": 2, "layers": 1, "norm": "batch"}
    assert not build(discriminator=norm).discriminator_a.joint


# Use


@pytest.mark.parametrize(("height", "width"), [(33, 41), (7, 50), (16, 8)])
def test_it_translates_any_size_by_the_latents_mean(height, width):
    model = build().model.train()
    assert model.multiple == 4
    x = torch.randn(1, 3, height, width)
    with torch.no_grad():
        first, second = (translate_any_size(model, x, RUN.target) for _ in range(2))
    assert first.shape == x.shape
    assert torch.equal(first, second)


def test_voices_of_any_length():
    run = tiny.shrink(tiny.runs()["voice_cyclegan"]).model_dump()
    names = {name: run[name] for name in ("data", "source", "target", "steps", "crop")}
    voice = tiny.shrink(load_run({"method": "unit", **names}))
    method = tiny.build(voice)
    assert all(torch.isfinite(u.loss) for u in method.updates(tiny.batch_of(voice), 0))
    x = 3 * torch.randn(1, 1, tiny.SIDE, 37)
    with torch.no_grad():
        y = translate_any_size(method.model, x, voice.target)
    assert y.shape == x.shape
