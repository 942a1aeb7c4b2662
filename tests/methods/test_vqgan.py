"""VQGAN: its published size and values, the adaptive weight, the guard and the classifier."""

import copy

import pytest
import tiny
import torch
from pydantic import ValidationError
from torch import nn

from pipeline.backbones.patch import PatchParams
from pipeline.backbones.vit import sines
from pipeline.backbones.vqgan import VqganParams
from pipeline.losses.adversarial import adaptive_weight
from pipeline.methods.perceptual import ClassifierDistance
from pipeline.methods.registry import load_run
from pipeline.methods.vqgan import VQGAN
from pipeline.models.card import Pretrained
from pipeline.samples import DatasetSpec, Spec

RUNS = tiny.runs()
PICTURES = Spec(channels=3, height=256, width=256, bounded=True)
BLOCK = {
    "method": "vqgan",
    "data": "d",
    "domains": ["x"],
    "steps": 1,
    "perceptual": {"kind": "none"},
}


def build(**fields: object) -> VQGAN:
    method = tiny.build(tiny.shrink(RUNS["vqgan"], **fields))
    assert isinstance(method, VQGAN)
    return method


def test_the_published_network_has_its_size():
    with torch.device("meta"):
        model = load_run(BLOCK).build_model(DatasetSpec(specs={"x": PICTURES}))
        discriminator = PatchParams().build(3)
    assert tiny.count_parameters(model.encoder) == 29_298_176
    assert tiny.count_parameters(model.decoder) == 42_449_795
    assert tiny.count_parameters(model) == 72_141_699
    assert tiny.count_parameters(discriminator) == 2_765_633
    assert model.grid(PICTURES) == (16, 16)


def test_defaults_are_the_papers():
    run = load_run(BLOCK)
    assert (run.quantiser.codes, run.quantiser.dim, run.quantiser.commitment) == (1024, 256, 0.25)
    assert (run.quantiser.learns, run.quantiser.start, run.quantiser.revive) == (
        "gradient",
        "uniform",
        0,
    )
    assert (run.l1_weight, run.perceptual_weight, run.adversarial_weight) == (1, 1, 0.8)
    assert (run.loss, run.adaptive, run.discriminator_start, run.warmup) == (
        "hinge",
        True,
        10000,
        0,
    )
    for adam in (run.optimizer, run.discriminator_optimizer):
        assert (adam.beta1, adam.beta2) == (0.5, 0.9)
        assert adam.lr == pytest.approx(4.5e-6 * run.batch)
    assert run.network == VqganParams(multipliers=(1, 1, 2, 2, 4), attention=(16,))


def test_the_adaptive_weight_is_the_ratio_of_gradients_at_the_last_layer():
    last = torch.randn(4, 3, requires_grad=True)
    x = torch.randn(5, 4)
    likelihood, adversarial = (x @ last).square().mean(), (x @ last).sin().sum()
    (a,), (b,) = (
        torch.autograd.grad(f, last, retain_graph=True) for f in (likelihood, adversarial)
    )
    found = adaptive_weight(likelihood, adversarial, last)
    torch.testing.assert_close(found, a.norm() / (b.norm() + 1e-4))
    assert not found.requires_grad
    assert adaptive_weight(likelihood, 1e-12 * adversarial, last) == pytest.approx(
        min(1e4, float(a.norm() / 1e-4)), rel=1e-3
    )
    assert adaptive_weight(1e9 * likelihood, 1e-12 * adversarial, last) == 1e4


def test_the_adversarial_loss_pulls_the_last_layer_as_hard_as_the_likelihood():
    method, batch = build(warmup=0), tiny.batch_of(RUNS["vqgan"])
    drawn, _ = method.model(batch.x)
    y = method.model.picture(drawn)
    likelihood = method.reconstruction(drawn, y, batch.x).total
    adversarial = torch.stack(
        [d.generator_loss(y, real=batch.x) for d in method.adversaries.values()]
    ).sum()
    start = method.params.discriminator_start
    weight = method.adversarial_weight(likelihood, adversarial, step=start)
    last = method.model.decoder.conv_out.weight
    norms = [
        torch.autograd.grad(f, last, retain_graph=True)[0].norm()
        for f in (likelihood, weight * adversarial)
    ]
    torch.testing.assert_close(norms[1], 0.8 * norms[0], rtol=0.02, atol=0)


def test_discriminators_come_at_their_step_and_rise():
    method, batch = build(discriminator_start=2, warmup=3), tiny.batch_of(RUNS["vqgan"])
    names = [[u.optimizer for u in method.updates(batch, step)] for step in range(4)]
    assert names == [["model"], ["model"], *[["discriminators", "model"]] * 2]
    method.recent_l1.copy_(method.reference_l1)
    weights = [float(method.discriminator_weight(step)) for step in range(2, 8)]
    assert weights == pytest.approx([0.25, 0.5, 0.75, 1, 1, 1])


def test_the_guard_silences_discriminators_that_ruin_the_pictures():
    method = build(discriminator_start=1, warmup=0, guard=2.0)
    method.note_error(torch.tensor(0.1), 0)
    method.note_error(torch.tensor(0.1), 1)
    assert method.discriminator_weight(1) == 1
    for step in range(2, 200):
        method.note_error(torch.tensor(0.15), step)
    assert method.discriminator_weight(200) == pytest.approx(0.5, abs=0.01)
    for step in range(200, 400):
        method.note_error(torch.tensor(0.3), step)
    assert method.discriminator_weight(400) == 0
    assert method.reference_l1 == pytest.approx(0.1)
    for step in range(400, 800):
        method.note_error(torch.tensor(0.05), step)
    assert method.discriminator_weight(800) == 1


def test_losses_are_what_they_say():
    method, batch = build(discriminator_start=9, l2_weight=3.0), tiny.batch_of(RUNS["vqgan"])
    update = next(method.updates(batch, 1))  # before the codebook follows
    with torch.no_grad():
        drawn, found = method.model(batch.x)
        expected = (drawn - batch.x).abs().mean() + 3 * (drawn - batch.x).square().mean()
        expected = expected + method.perceptual(drawn, batch.x) + found.loss
    torch.testing.assert_close(update.loss, expected)
    assert update.logs["perceptual"] > 0


def test_discriminators_losses_by_hand():
    both = {"patch": {"width": 4, "layers": 1}, "stylegan2": {"width": 4, "most": 8}}
    method = build(**both, discriminator_start=0, adaptive=False, guard=1e6)
    batch = tiny.batch_of(RUNS["vqgan"])
    x = batch.x
    update = next(method.updates(batch, 1))
    with torch.no_grad():
        drawn, _ = method.model(x)
        y = method.model.picture(drawn)
    assert list(method.adversaries) == ["patch", "stylegan2"]
    expected = 0.0
    for adversary in method.adversaries.values():
        real, fake = adversary.network(x), adversary.network(y)
        expected = expected + 0.5 * ((1 - real).relu().mean() + (1 + fake).relu().mean())
    torch.testing.assert_close(update.loss, expected)
    assert {"real_logit_patch", "real_logit_stylegan2"} <= update.logs.keys()


def test_the_classifier_is_that_of_another_stage_and_stays_as_it_is():
    run = tiny.shrink(RUNS["vqgan"])
    pretrained = tiny.pretrained_of(run)
    torch.manual_seed(5)
    for layer in pretrained.model.modules():
        if isinstance(layer, nn.BatchNorm2d):
            layer.running_mean.normal_()
    classifier = copy.deepcopy(pretrained.model)
    method = run.build(tiny.data_of(run), pretrained).train()
    x, y = torch.rand(2, 3, 16, 16), torch.rand(2, 3, 16, 16)
    expected = ClassifierDistance(classifier)(x, y)
    torch.testing.assert_close(method.perceptual(x, y), expected)
    assert method.perceptual(x, x) == 0
    next(method.updates(tiny.batch_of(run), 0))
    after = method.perceptual.classifier.state_dict()
    assert all(torch.equal(value, after[name]) for name, value in classifier.state_dict().items())
    assert not any(p.requires_grad for p in method.perceptual.parameters())
    assert not any("classifier" in name for name in method.model.state_dict())


@pytest.mark.parametrize(
    ("fields", "words"),
    [
        ({"perceptual": {"kind": "classifier"}}, "belong together"),
        ({"pretrained": "classifiers/d"}, "belong together"),
        ({"pretrained": "models/d", "perceptual": {"kind": "classifier"}}, "belong together"),
        ({"pretrained": "elsewhere/d"}, "pretrained"),
        ({"patch": None}, "expected a discriminator"),
        ({"l1_weight": 0}, "expected a weight above 0"),
        ({"perceptual": None}, "perceptual"),
    ],
)
def test_what_does_not_fit_together_is_refused(fields, words):
    with pytest.raises(ValidationError, match=words):
        load_run({**BLOCK, **fields})
    with pytest.raises(ValidationError, match="perceptual"):
        load_run({name: value for name, value in BLOCK.items() if name != "perceptual"})


def test_a_classifier_of_other_samples_is_refused():
    run = RUNS["vqgan"]
    specs = {name: s.model_copy(update={"channels": 1}) for name, s in tiny.specs_of(run).items()}
    with pytest.raises(ValueError, match="classifiers/savanna has seen samples of 3 channels"):
        run.build(DatasetSpec(specs=specs), tiny.pretrained_of(run))
    with pytest.raises(ValueError, match="classifiers/savanna has to be trained first"):
        run.build(tiny.data_of(run))
    assert isinstance(tiny.pretrained_of(run), Pretrained)
    run.build_model(tiny.data_of(run))  # what is exported needs no classifier


def test_places_are_told_apart_by_sines():
    places = sines(3, 5, 16, torch.device("cpu"))
    assert places.shape == (15, 16)
    assert torch.cdist(places, places).fill_diagonal_(9).min() > 0.1
    grid = places.view(3, 5, 16)
    assert torch.equal(grid[1, 0, :8], grid[1, 4, :8])  # the row's half
    assert torch.equal(grid[0, 2, 8:], grid[2, 2, 8:])  # the column's
    assert grid[2, 3, 0] == pytest.approx(torch.tensor(2.0).sin().item())


def test_logit_laplace_pictures_end_where_pixels_do():
    run = RUNS["vit_vqgan"]
    method, batch = tiny.build(run), tiny.batch_of(run)
    with torch.no_grad():
        drawn, _ = method.model(batch.x)
    assert drawn.shape[1] == 2 * batch.x.shape[1]
    ends = torch.tensor([-50.0, 0.0, 50.0]).view(1, 1, 1, 3).expand(1, 2, 1, 3)
    torch.testing.assert_close(
        method.model.picture(ends).flatten(), torch.tensor([-1.25, 0.0, 1.25])
    )
