"""Claims of SPADE's paper, beyond what every method is tested for."""

from typing import Any

import pytest
import tiny
import torch
import vgg19
from exported import export_model
from torch.nn.functional import relu
from trainers import trainer

from pipeline.capabilities import Stylist, capabilities
from pipeline.errors import UserError
from pipeline.inference.finished import load
from pipeline.inference.tiling import translate_in_tiles
from pipeline.inference.translation import translate_any_size
from pipeline.interop.onnx import export_onnx
from pipeline.losses.divergence import gaussian_kl
from pipeline.methods.perceptual import Perceptual
from pipeline.methods.registry import load_run
from pipeline.methods.spade import SPADEMethod
from pipeline.models.translators import GeneratorTranslator
from pipeline.samples import DatasetSpec, Spec

RUN = tiny.runs()["spade"]
PLAIN = {"kind": "spade", "width": 4, "levels": 2, "hidden": 8, "style": None}
TO = RUN.target


def build(**changes: Any) -> SPADEMethod:
    method = tiny.build(tiny.shrink(RUN, **changes))
    assert isinstance(method, SPADEMethod)
    return method


def lively(model: GeneratorTranslator) -> GeneratorTranslator:
    """The model with weights such as training gives: fresh ones hardly modulate."""
    torch.manual_seed(1)
    with torch.no_grad():
        for parameter in model.generators.parameters():
            parameter.normal_(0, 0.3)
    return model.eval()


def labels(count: int = 2, side: int = tiny.SIDE) -> torch.Tensor:
    return torch.rand(count, 3, side, side) * 2 - 1


# Losses


@pytest.mark.parametrize("generator", [PLAIN, {**PLAIN, "style": 3}])
def test_losses_by_hand(generator):
    method = build(
        generator=generator,
        discriminator={"width": 2, "layers": 2, "scales": 2, "spectral": False},
        matching_weight=7,
        kl_weight=3,
    ).eval()  # spectral norm iterates while it trains
    network = method.adversary.network
    a, b = tiny.batch_of(RUN)
    torch.manual_seed(5)
    style, kl = None, 0.0
    if method.encoder is not None:
        mean, log_variance = method.encoder(b)
        style = mean + (0.5 * log_variance).exp() * torch.randn_like(mean)
        kl = gaussian_kl(mean, log_variance).mean()
    with torch.no_grad():  # no optimiser steps, so both updates see the same weights
        fake = method.generator(a, style)
        fakes = network(torch.cat([a, fake], dim=1))
        reals = network(torch.cat([a, b], dim=1))
    matching = sum(
        (f - r).abs().mean()
        for fake_scale, real_scale in zip(fakes, reals, strict=True)
        for f, r in zip(fake_scale[:-1], real_scale[:-1], strict=True)
    )
    torch.manual_seed(5)
    first, second = method.updates(tiny.batch_of(RUN), 0)
    assert (first.optimizer, second.optimizer) == ("generator", "discriminator")
    expected = -(fakes[0][-1].mean() + fakes[1][-1].mean()) / 2 + 7 * matching / 2 + 3 * kl
    torch.testing.assert_close(first.loss, expected)
    told = [
        relu(1 - real[-1]).mean() + relu(1 + fake[-1]).mean()
        for fake, real in zip(fakes, reals, strict=True)
    ]
    torch.testing.assert_close(second.loss, sum(told) / 2)
    torch.testing.assert_close(first.logs["l1"], (fake - b).abs().mean())


def test_the_reals_teach_the_discriminator_alone():
    method = build()
    first, second = method.updates(tiny.batch_of(RUN), 0)
    wanted = [p for p in method.adversary.parameters() if p.requires_grad]
    torch.autograd.backward(first.loss, inputs=[*method.generator.parameters()])
    assert all(p.grad is None for p in wanted)
    # Of the discriminator's loss, half comes by the reals alone.
    torch.autograd.backward(second.logs["real_logit"], inputs=wanted)
    assert all(p.grad is not None for p in wanted)


def test_augmented_features_are_matched_alike():
    method = build(diffaugment=("translation", "cutout"))
    a, b = tiny.batch_of(RUN)
    of_real, of_fake = method.eval().adversary.outputs_to_match(b, b, condition=a)
    for ours, theirs in zip(of_real.layers, of_fake.layers, strict=True):
        assert all(torch.equal(real, fake) for real, fake in zip(ours, theirs, strict=True))
    plain, _ = build().eval().adversary.outputs_to_match(b, b, condition=a)
    assert not torch.equal(plain.logits[0], of_real.logits[0])


def test_the_discriminators_update_does_not_reach_the_generator():
    method = build()
    *_, second = method.updates(tiny.batch_of(RUN), 0)
    second.loss.backward()
    assert all(p.grad is None for p in method.model.parameters())


def test_it_overfits_one_batch():
    run = tiny.shrink(RUN, optimizer={"lr": 4e-3, "beta1": 0.0, "beta2": 0.9})
    toy = trainer(run)
    seen = []
    for step in range(120):
        torch.manual_seed(step)
        for update in toy.method.updates(tiny.batch_of(run), step):
            toy.apply([update])
            seen += [float(update.logs["l1"])] if "l1" in update.logs else []
    assert sum(seen[-10:]) < 0.6 * sum(seen[:10])  # though no loss says so: features match


def test_the_perceptual_loss_is_added_and_its_network_stays_out(tmp_path):
    weights = vgg19.write_weights(tmp_path / "vgg.pth")
    method = build(perceptual={"kind": "vgg19", "weights": weights}, perceptual_weight=5)
    plain = build()
    assert isinstance(method.perceptual, Perceptual)
    assert method.state_dict().keys() == plain.state_dict().keys()  # what a resumed run reads
    own = [len(g["params"]) for o in method.optimizers().values() for g in o.param_groups]
    assert sum(own) == len([*plain.parameters()])
    updates = []
    for m in (method, plain):
        torch.manual_seed(3)
        updates.append(next(m.updates(tiny.batch_of(RUN), 0)))
    torch.testing.assert_close(updates[0].loss, updates[1].loss + 5 * updates[0].logs["perceptual"])
    before = method.perceptual.network.features_0_weight.clone()
    updates[0].loss.backward()
    assert torch.equal(method.perceptual.network.features_0_weight, before)


def test_a_finished_model_needs_no_vgg19(tmp_path):
    weights = vgg19.write_weights(tmp_path / "vgg.pth")
    run = tiny.shrink(RUN, perceptual={"kind": "vgg19", "weights": weights})
    model = tiny.build(run).model
    export_model(tmp_path / "m", model, run)
    (tmp_path / "vgg.pth").unlink()
    assert load(tmp_path / "m").params == run
    with pytest.raises(UserError, match=r"can't be read: No such file"):
        run.build(tiny.data_of(run))


def test_vgg19_compares_pictures_alone():
    run = tiny.shrink(RUN, perceptual={"kind": "vgg19", "weights": "nowhere.pth"})
    sound = Spec(channels=1, height=16, width=None, bounded=False)
    with pytest.raises(ValueError, match="vgg19 compares pictures, and scene has none"):
        run.build(DatasetSpec(specs={**tiny.specs_of(run), TO: sound}))


# Styles


def test_styles_are_a_capability_where_there_are_codes():
    assert capabilities(build().model) == ("translate", "style")
    assert capabilities(build(generator=PLAIN).model) == ("translate",)


def test_two_styles_make_two_pictures_of_one_label_map():
    model = lively(build().model)
    assert isinstance(model, Stylist)
    flat = torch.full((1, 3, tiny.SIDE, tiny.SIDE), 0.3)  # also where labels are all alike
    for x in (labels(1), flat):
        one, other = (model.translate(x, TO, torch.full((1, 8), z)) for z in (-1.0, 1.0))
        assert (one - other).abs().mean() > 0.05
    mixed = torch.stack([torch.full((8,), -1.0), torch.full((8,), 1.0)])
    both = model.translate(x.expand(2, -1, -1, -1), TO, mixed)
    torch.testing.assert_close(both, torch.cat([one, other]), rtol=0, atol=1e-3)


def test_without_a_style_it_is_the_priors_mean():
    model, x = lively(build().model), labels()
    assert isinstance(model, Stylist)
    assert torch.equal(model.translate(x, TO), model.translate(x, TO, torch.zeros(2, 8)))


def test_a_style_taken_from_a_picture_is_the_posteriors_mean():
    method = build()
    assert isinstance(method.model, Stylist)
    y = labels(3)
    found = method.model.encode_style(y)
    assert found.shape == (3, 8)
    assert torch.equal(found, method.encoder(y)[0])
    assert torch.equal(found, method.model.encode_style(y))
    assert found.std(dim=0).max() > 1e-3


def test_training_draws_styles_and_the_prior_holds_them():
    method, y = build(), tiny.batch_of(RUN).b
    method.eval()
    (one, kl), (other, _) = method.draw_style(y), method.draw_style(y)
    assert not torch.equal(one, other)
    mean, log_variance = method.encoder(y)
    torch.testing.assert_close(kl, gaussian_kl(mean, log_variance).mean())
    many = torch.stack([method.draw_style(y)[0] for _ in range(3000)])
    torch.testing.assert_close(many.mean(dim=0), mean, rtol=0, atol=0.15)
    torch.testing.assert_close(many.var(dim=0).log(), log_variance, rtol=0, atol=0.25)


# Inference


@pytest.mark.parametrize(("height", "width"), [(5, 7), (16, 16), (40, 23)])
@pytest.mark.parametrize("generator", [RUN.generator.model_dump(), PLAIN])
def test_any_size_is_translated(generator, height, width):
    model = lively(build(generator=generator).model)
    y = translate_any_size(model, torch.rand(1, 3, height, width), TO)
    assert y.shape == (1, 3, height, width)
    assert torch.isfinite(y).all()


@torch.no_grad()
def test_tiles_share_statistics():
    model = lively(build().model)
    y = torch.arange(256)
    x = torch.stack([(y / 40).sin(), (y / 25).cos(), (y / 60).sin()])[None, :, :, None]
    x = x.expand(1, 3, 256, 256).contiguous()
    whole = model.translate(x, TO)
    tiled = translate_in_tiles(model, x, TO, tile=64, margin=32)
    apart = torch.cat([model.translate(part, TO) for part in x.split(64, dim=2)], dim=2)
    assert (tiled - whole).abs().mean() < 0.01
    assert (tiled - whole).abs().mean() < 0.2 * (apart - whole).abs().mean()


def test_a_finished_model_is_exported_to_onnx_in_its_typical_style(tmp_path):
    model = lively(build().model)
    finished = export_model(tmp_path / "m", model, RUN)
    assert export_onnx(finished, tmp_path / "m.onnx") < 1e-4
    assert (tmp_path / "m.onnx").is_file()


def test_defaults_are_the_papers():
    run = load_run(
        {
            "method": "spade",
            "data": "d",
            "source": "a",
            "target": "b",
            "steps": 1,
            "perceptual": {"kind": "none"},
        }
    )
    assert (run.loss, run.matching_weight, run.perceptual_weight) == ("hinge", 10, 10)
    assert run.kl_weight == 0.05
    assert (run.optimizer.lr, run.discriminator_optimizer.lr) == (1e-4, 4e-4)
    for adam in (run.optimizer, run.discriminator_optimizer):
        assert (adam.beta1, adam.beta2) == (0, 0.9)
    assert (run.generator.width, run.generator.hidden, run.generator.spectral) == (64, 128, True)
    discriminator = run.discriminator
    assert (discriminator.scales, discriminator.width, discriminator.layers) == (2, 64, 4)


def test_the_perceptual_choice_has_no_default():
    raw = RUN.model_dump()
    del raw["perceptual"]
    with pytest.raises(ValueError, match=r"perceptual\n  Field required"):
        load_run(raw)
