"""Promises of MaskCycleGAN-VC and CycleGAN-VC2, beyond what every method is tested for."""

import pytest
import tiny
import torch
from pydantic import ValidationError

from pipeline.methods.mask_cyclegan_vc import (
    DISCRIMINATORS,
    MaskCycleGANVC,
    draw_factors,
    filling_in_mask,
    stretched,
)
from pipeline.methods.registry import load_run
from pipeline.params import load_params
from pipeline.samples import DatasetSpec, Spec, Unpaired

RUN = tiny.runs()["voice_mask_cyclegan"]
CPU = torch.device("cpu")


def build(**changes: object) -> MaskCycleGANVC:
    method = tiny.build(tiny.shrink(RUN, **{"stretch": 1.0, **changes}))
    assert isinstance(method, MaskCycleGANVC)
    return method


def batch() -> Unpaired:
    found = tiny.batch_of(RUN)
    assert isinstance(found, Unpaired)
    return found


# Values


def test_defaults_are_the_papers():
    data = {"data": "d", "source": "a", "target": "b", "steps": 400_000}
    run = load_run({"method": "mask_cyclegan_vc", **data})
    assert (run.crop, run.mask_frames, run.batch) == (64, 32, 1)
    assert (run.cycle_weight, run.identity_weight, run.identity_steps) == (10, 5, 10_000)
    assert (run.generator.width, run.generator.blocks, run.discriminator.width) == (128, 6, 128)
    assert (run.loss, run.stretch) == ("least_squares", 1)
    for adam, lr in ((run.optimizer, 2e-4), (run.discriminator_optimizer, 1e-4)):
        assert (adam.lr, adam.beta1, adam.beta2) == (lr, 0.5, 0.999)
    factors = [run.schedule.factor(step, run.steps) for step in (0, 200_000, 300_000, 399_999)]
    assert factors == pytest.approx([1, 1, 0.5, 0], abs=1e-5)


def test_the_recipe_has_both_papers_for_both_pairs():
    every = load_params(tiny.ROOT / "recipes/vcc2016/params.yaml").models
    models = {name: run for name, run in every.items() if run.method == "mask_cyclegan_vc"}
    sizes = {"mask": 24_537_729, "vc2": 24_518_529, "small": 1_326_945, "world": 1_229_921}
    assert {tuple(name.split("_", 1)) for name in models} == {
        (kind, pair) for kind in sizes for pair in ("SF1_TF2", "SM1_TM3")
    }
    for name, run in models.items():
        kind, *pair = name.split("_")
        assert list(run.domains) == pair
        rows = 36 if kind == "world" else 80  # mel-cepstra, or mels
        specs = {name: Spec(channels=1, height=rows, width=None, bounded=False) for name in "ab"}
        with torch.device("meta"):
            two = load_run({**run.model_dump(), "source": "a", "target": "b"})
            model = two.build_model(DatasetSpec(specs=specs))
        assert tiny.count_parameters(model) == 2 * sizes[kind]
        if kind in ("mask", "vc2"):
            assert (run.steps, run.batch) == (400_000, 1)
            assert (run.crop, run.mask_frames) == ((64, 32) if kind == "mask" else (128, 0))


@pytest.mark.parametrize("frames", [16, 17])
def test_a_mask_as_long_as_the_chunk_is_refused(frames):
    with pytest.raises(ValidationError, match=rf"found {frames}, allowed: fewer .* \(crop\), 16"):
        tiny.shrink(RUN, crop=16, mask_frames=frames)
    assert tiny.shrink(RUN, crop=16, mask_frames=15).mask_frames == 15


def test_pictures_and_odd_numbers_of_mels_are_refused():
    def data(spec: Spec) -> DatasetSpec:
        return DatasetSpec(specs=dict.fromkeys(RUN.domains, spec))

    with pytest.raises(ValueError, match="translates sound, but arthur has pictures"):
        RUN.build(data(Spec(channels=1, height=16, width=16, bounded=True)))
    with pytest.raises(ValueError, match="multiples of 4 rows, but samples have 30"):
        RUN.build(data(Spec(channels=1, height=30, width=None, bounded=False)))


# Masks


def test_masks_hide_one_stretch_of_0_to_the_most_frames():
    torch.manual_seed(0)
    masks = filling_in_mask(20_000, 64, 32, CPU)
    assert masks.shape == (20_000, 1, 1, 64)
    hidden = masks.flatten(1) == 0
    assert torch.equal(masks.flatten(1)[~hidden], torch.ones(int((~hidden).sum())))
    lengths = hidden.sum(dim=1)
    found = torch.bincount(lengths, minlength=33)
    assert len(found) == 33
    assert (found - 20_000 / 33).abs().max() < 130  # five standard deviations of an even draw
    assert float(hidden.float().mean()) == pytest.approx(16 / 64, abs=0.005)
    # Contiguous: from the first hidden frame to the last there are as many as are hidden.
    place = torch.arange(64)
    some = lengths > 0
    first = torch.where(hidden, place, 64).min(dim=1).values[some]
    last = torch.where(hidden, place, -1).max(dim=1).values[some]
    assert torch.equal(last - first + 1, lengths[some])
    # Both ends are reached, and no place is preferred.
    assert (int(first.min()), int(last.max())) == (0, 63)
    assert float((first + last).float().mean() / 2) == pytest.approx(31.5, abs=0.5)


def test_a_mask_may_cover_the_whole():
    torch.manual_seed(0)
    lengths = (filling_in_mask(200, 3, 3, CPU) == 0).sum(dim=(1, 2, 3))
    assert set(lengths.tolist()) == {0, 1, 2, 3}


def watch(method: MaskCycleGANVC) -> list[tuple[str, int, torch.Tensor | None]]:
    """Record what the generators are given from now on: whose, how many samples, which mask."""
    seen: list[tuple[str, int, torch.Tensor | None]] = []
    for name, generator in (("to_a", method.to_a), ("to_b", method.to_b)):

        def note(module: torch.nn.Module, args: tuple[torch.Tensor, ...], name: str = name) -> None:
            seen.append((name, len(args[0]), args[1] if len(args) > 1 else None))

        generator.register_forward_pre_hook(note)
    return seen


def test_only_the_first_translation_has_frames_hidden():
    method, count = build(), len(batch().a)
    seen = watch(method)
    torch.manual_seed(0)
    next(method.updates(batch(), 0))
    assert [(name, samples) for name, samples, _ in seen] == [
        ("to_b", 2 * count),  # the source, some hidden, and the target for the identity loss
        ("to_a", 2 * count),
        ("to_a", count),  # back, all frames there
        ("to_b", count),
    ]
    hidden = [mask[:count] for _, _, mask in seen[:2] if mask is not None]
    assert len(hidden) == 2
    assert not torch.equal(*hidden)
    assert all(len(mask[:, 0, 0].unique(dim=0)) > 1 for mask in hidden)  # each sample its own
    assert all((mask[count:] == 1).all() for _, _, mask in seen[:2] if mask is not None)
    assert seen[2][2] is None
    assert seen[3][2] is None


def test_the_exported_model_sees_every_frame():
    method = build()
    x = tiny.sample_of(tiny.specs_of(RUN)[RUN.source], 2, 1)
    inputs: list[torch.Tensor] = []
    method.to_b.down[0].register_forward_pre_hook(lambda module, args: inputs.append(args[0]))
    with torch.no_grad():
        method.model.translate(x, RUN.target)
    assert torch.equal(inputs[0], torch.cat([x, torch.ones_like(x)], dim=1))


def test_without_a_mask_there_is_no_channel_for_it():
    method = build(mask_frames=0)
    assert method.to_b.down[0].in_channels == 1
    seen = watch(method)
    next(method.updates(batch(), 0))
    assert all(mask is None for _, _, mask in seen)


# Stretching


def test_stretching_moves_bands_away_from_0_hz():
    x = torch.zeros(3, 1, 8, 2)
    x[:, :, 3] = torch.tensor([1.0, -2.0])  # the fourth band, in each of two frames
    twice, half, same = stretched(x, torch.tensor([2.0, 0.5, 1.0]))
    # By hand: band 8 has what the 4th had, band 7 stood between the 3rd and the 4th.
    assert twice[0, :, 0].tolist() == [0, 0, 0, 0, 0, 0, 0.5, 1]
    assert half[0, :, 0].tolist() == [0, 1, 0, 0, 0, 0, 0, 0]
    assert torch.equal(twice[0, :, 1], -2 * twice[0, :, 0])
    assert torch.equal(same, x[2])


def test_beyond_the_last_band_there_is_more_of_it():
    x = torch.arange(1.0, 7.0)[None, None, :, None]
    assert stretched(x, torch.tensor([0.5]))[0, 0, :, 0].tolist() == [2, 4, 6, 6, 6, 6]
    assert stretched(x, torch.tensor([3.0]))[0, 0, :3, 0].tolist() == [1, 1, 1]


def test_factors_are_as_often_above_1_as_below():
    torch.manual_seed(0)
    factors = draw_factors(20_000, 2.0, CPU)
    assert (float(factors.min()), float(factors.max())) == pytest.approx((0.5, 2), abs=1e-3)
    share = torch.histc(factors.log2(), 8, -1, 1) / 20_000
    torch.testing.assert_close(share, torch.full((8,), 0.125), atol=0.01, rtol=0)


def test_identity_undoes_the_stretching():
    method, (a, b) = build(stretch=2.0), batch()
    torch.manual_seed(5)
    identity = next(method.updates(Unpaired(a, b), 0)).logs["identity"]
    torch.manual_seed(5)
    expected = torch.zeros(())
    with torch.no_grad():
        for source, target, generator in ((a, b, method.to_b), (b, a, method.to_a)):
            filling_in_mask(len(source), tiny.SIDE, method.params.mask_frames, CPU)
            factors = draw_factors(len(target), 2.0, CPU)
            expected = expected + (generator(stretched(target, factors)) - target).abs().mean()
    torch.testing.assert_close(identity, expected)


# Losses


def test_losses_by_hand():
    method, (a, b) = build(cycle_weight=3, identity_weight=2), batch()
    assert tuple(method.adversaries) == DISCRIMINATORS
    torch.manual_seed(5)
    mask_a, mask_b = (
        filling_in_mask(len(x), tiny.SIDE, method.params.mask_frames, CPU) for x in (a, b)
    )
    with torch.no_grad():  # no optimiser steps, so both updates see the same weights
        fake_b, fake_a = method.to_b(a, mask_a), method.to_a(b, mask_b)
        back_a, back_b = method.to_a(fake_b), method.to_b(fake_a)
        cycle = (back_a - a).abs().mean() + (back_b - b).abs().mean()
        identity = (method.to_a(a) - a).abs().mean() + (method.to_b(b) - b).abs().mean()
        shown = {
            "a": (a, fake_a),
            "b": (b, fake_b),
            "cycled_a": (a, back_a),
            "cycled_b": (b, back_b),
        }
        logits = {
            name: tuple(method.adversaries[name].network(x) for x in pair)
            for name, pair in shown.items()
        }
        adversarial = sum((fake - 1).square().mean() for _, fake in logits.values())
        told = sum(
            (real - 1).square().mean() + fake.square().mean() for real, fake in logits.values()
        )
    torch.manual_seed(5)
    first, second = method.updates(batch(), 0)
    assert (first.optimizer, second.optimizer) == ("generators", "discriminators")
    torch.testing.assert_close(first.loss, adversarial + 3 * cycle + 2 * identity)
    torch.testing.assert_close(second.loss, 0.5 * told)
    for name, (real, fake) in logits.items():
        torch.testing.assert_close(second.logs[f"real_logit_{name}"], real.mean())
        torch.testing.assert_close(second.logs[f"fake_logit_{name}"], fake.mean())


def test_identity_stops_after_its_steps():
    method = build(identity_steps=7)
    for step, there in ((0, True), (6, True), (7, False), (100, False)):
        torch.manual_seed(5)
        update = next(method.updates(batch(), step))
        parts = update.logs
        assert ("identity" in parts) == there
        expected = parts["adversarial"] + parts["adversarial_cycled"] + 10 * parts["cycle"]
        if there:
            expected = expected + method.params.identity_weight * parts["identity"]
        torch.testing.assert_close(update.loss, expected)


def test_no_weight_no_identity():
    assert "identity" not in next(build(identity_weight=0).updates(batch(), 0)).logs


def test_discriminators_leave_the_generators_alone():
    method = build()
    *_, second = method.updates(batch(), 0)
    second.loss.backward()
    assert all(p.grad is None for p in method.model.parameters())
    assert all(p.grad is not None for p in method.adversaries.parameters())
