"""Projected GANs, and generators that grow from a finished one."""

from typing import Any

import pytest
import tiny
import torch
from pydantic import ValidationError
from torch.nn.functional import avg_pool2d
from trainers import trainer

from pipeline.methods.base import RunParams
from pipeline.methods.registry import load_run
from pipeline.models.card import Pretrained
from pipeline.samples import DatasetSpec, Labelled, Spec

GANS = tiny.gans().second_stage
PROJECTED = tiny.toy("projected_gan", GANS["projected_gan"])
SMALL = tiny.toy("projected_gan_16", GANS["projected_gan_16"])
GROWN = tiny.toy("grown_projected_gan", GANS["grown_projected_gan"])
CONDITIONAL = tiny.shrink(SMALL, conditional=True)


def finished(run: RunParams) -> Pretrained:
    """A toy with fresh weights, as a next stage is handed it."""
    card = tiny.card_of(run)
    return Pretrained(tiny.build(run).model.eval(), card)


def refused(run: RunParams, below: Pretrained, data: DatasetSpec | None = None) -> str:
    with pytest.raises(ValueError, match=r"\S") as error:
        run.build(data or tiny.data_of(run), below)
    return str(error.value)


def train(method: Any, run: RunParams, steps: int = 3) -> Any:
    toy = trainer(run, method)
    for _ in range(steps):
        toy.reseed()
        toy.take_step(tiny.batch_of(run))
    return toy


# The projected discriminator


def test_defaults_are_the_papers():
    block = {"method": "projected_gan", "data": "d", "domains": ["x"], "steps": 1}
    run = load_run({**block, "pretrained": "classifiers/d"})
    assert (run.latent, run.loss, run.discriminator.width) == (256, "hinge", 64)
    for adam in (run.optimizer, run.discriminator_optimizer):
        assert (adam.kind, adam.lr, adam.beta1, adam.beta2) == ("adam", 2e-4, 0.0, 0.99)


def test_losses_by_hand():
    run = tiny.shrink(PROJECTED, discriminator={"width": 2, "norm": "none"})
    method, batch = tiny.build(run), tiny.batch_of(run)
    method.eval()  # spectral norm's vectors stay, so passes can be repeated
    torch.manual_seed(3)
    first, second = method.updates(batch, 0)
    torch.manual_seed(3)
    with torch.no_grad():
        fake = method.model.decode(torch.randn(len(batch.x), method.model.latent))
        real, fake = (method.adversary.network(x) for x in (batch.x, fake))
    hinge = [
        (1 - a[0]).relu().mean() + (1 + b[0]).relu().mean() for a, b in zip(real, fake, strict=True)
    ]
    torch.testing.assert_close(first.loss, sum(hinge) / len(hinge))
    torch.testing.assert_close(second.loss, -sum(b[0].mean() for b in fake) / len(fake))


@pytest.mark.parametrize(
    "run", [PROJECTED, SMALL, CONDITIONAL, GROWN], ids=["whole", "small", "told", "grown"]
)
def test_the_classifier_stays_bit_for_bit(run):
    below = tiny.pretrained_of(run)
    kept = below.model if run.pretrained.startswith("classifiers") else below.model.features.network
    before = {name: value.clone() for name, value in kept.state_dict().items()}
    toy = train(run.build(tiny.data_of(run), below), tiny.shrink(run, ema={"decay": 0.9}))
    for model in (toy.method.model, toy.ema):
        after = model.features.network.state_dict()
        assert before.keys() == after.keys()
        assert all(torch.equal(value, after[name]) for name, value in before.items())


def test_a_first_stage_learns_halved_samples_and_shows_them_at_full_size():
    method, batch = tiny.build(tiny.shrink(SMALL, diffaugment=())), tiny.batch_of(SMALL)
    seen: list[torch.Tensor] = []
    method.adversary.network.register_forward_pre_hook(lambda _, args: seen.append(args[0]))
    list(method.updates(batch, 0))
    assert torch.equal(seen[0][:, :, ::2, ::2], avg_pool2d(batch.x, 2))
    for shown in seen:
        assert shown.shape == batch.x.shape
        assert torch.equal(shown[:, :, ::2, ::2], shown[:, :, 1::2, 1::2])


def test_classes_are_told_to_both_sides():
    method, batch = tiny.build(CONDITIONAL), tiny.batch_of(CONDITIONAL)
    told: list[torch.Tensor] = []
    method.adversary.network.register_forward_pre_hook(lambda _, args: told.append(args[1]))
    list(method.updates(batch, 0))
    assert len(told) == 3
    assert all(torch.equal(labels, batch.y) for labels in told)
    model = method.model.eval()
    assert model.classes == 10
    z = torch.randn(2, model.latent)
    first, second = (model.decode(z, torch.full((2,), label)) for label in (0, 1))
    assert not torch.equal(first, second)


def test_what_it_can_not_be_built_on_is_refused():
    below = tiny.pretrained_of(PROJECTED)
    sound = DatasetSpec(specs={"digit": Spec(channels=3, height=16, width=16, bounded=True)})
    assert "has seen samples of" in refused(PROJECTED, below, sound)
    assert "is not a classifier" in refused(PROJECTED, finished(SMALL))
    assert "do not halve so often" in refused(tiny.shrink(SMALL, halvings=5), below)
    nothing = tiny.data_of(PROJECTED).model_copy(update={"classes": ()})
    assert "has no classes to tell" in refused(CONDITIONAL, below, nothing)
    with pytest.raises(ValidationError, match="clip"):
        tiny.shrink(PROJECTED, penalty={"kind": "clip"})
    with pytest.raises(ValidationError, match="pretrained"):
        tiny.shrink(PROJECTED, pretrained="models/vqvae")


# Growing from a finished stage


@pytest.mark.parametrize("small", [SMALL, CONDITIONAL], ids=["unconditional", "conditional"])
def test_lower_layers_stay_and_new_ones_learn(small):
    below = finished(small)
    before = {name: value.clone() for name, value in below.model.state_dict().items()}
    method = GROWN.build(tiny.data_of(GROWN), below)
    fresh = {name: value.clone() for name, value in method.model.state_dict().items()}
    toy = train(method, tiny.shrink(GROWN, ema={"decay": 0.9}))
    lower = {name for name in before if "stem" in name or "blocks" in name}
    assert lower
    for model in (toy.method.model, toy.ema):
        after = model.state_dict()
        assert all(torch.equal(after[name], before[name]) for name in lower)
    moved = {name for name, value in toy.method.model.named_parameters() if value.requires_grad}
    assert all(not torch.equal(toy.method.model.state_dict()[n], fresh[n]) for n in moved)
    places = {".".join(name.split(".")[-4:-2]) for name in moved if "blocks" in name}
    assert places == {"blocks.1"}
    assert any("heads" in name for name in moved)


def test_it_takes_latent_classes_and_features_over():
    below = finished(CONDITIONAL)
    model = GROWN.build(tiny.data_of(GROWN), below).model.eval()
    assert (model.latent, model.classes) == (below.model.latent, 10)
    assert model.features is below.model.features
    assert model.network.levels == below.model.network.levels + 1
    y = model.sample(2, torch.Generator().manual_seed(1))
    assert y.shape == (2, 1, 16, 16)
    assert not torch.equal(y[:, :, ::2], y[:, :, 1::2])  # drawn at full size, not enlarged


def test_it_starts_from_what_the_lower_layers_draw():
    below = finished(SMALL)
    z = torch.randn(2, below.model.latent)
    expected = []
    below.model.network.blocks[0].register_forward_hook(lambda *args: expected.append(args[2]))
    below.model.decode(z)
    model = GROWN.build(tiny.data_of(GROWN), below).model.eval()
    found = []
    model.network.blocks[1].register_forward_pre_hook(lambda _, args: found.append(args[0]))
    model.decode(z)
    assert torch.equal(found[0], expected[0])


def test_it_grows_only_from_what_is_smaller_and_of_its_kind():
    data = tiny.data_of(GROWN)
    full = tiny.shrink(SMALL, halvings=0)
    assert "doubles (4, 4) 2 times below, allowed: one of 1" in refused(GROWN, finished(full))
    other = tiny.shrink(SMALL, generator={"kind": "dcgan", "width": 4})
    assert "kind progressive below" in refused(GROWN, finished(other))
    assert "keeps no features" in refused(GROWN, tiny.pretrained_of(PROJECTED))
    fewer = data.model_copy(update={"classes": ("0", "1")})
    assert "was told 10 classes" in refused(GROWN, finished(CONDITIONAL), fewer)
    coloured = DatasetSpec(specs={"digit": Spec(channels=3, height=16, width=16, bounded=True)})
    assert "draws samples of" in refused(GROWN, finished(SMALL), coloured)


def test_several_stages_grow_one_on_another():
    spec = Spec(channels=1, height=32, width=32, bounded=True)
    data = DatasetSpec(specs={"digit": spec}, classes=tuple("0123456789"))
    first = tiny.shrink(SMALL, halvings=2)
    below = Pretrained(
        first.build(data, tiny.pretrained_of(first)).model,
        tiny.card_of(first).model_copy(update={"data": data}),
    )
    for halvings in (1, 0):
        run = tiny.shrink(GROWN, halvings=halvings)
        method = run.build(data, below)
        x = torch.randn(2, 1, 32, 32)
        for update in method.updates(Labelled(x, torch.zeros(2, dtype=torch.int64)), 0):
            assert torch.isfinite(update.loss)
        below = Pretrained(method.model, below.card)
    frozen = [not p.requires_grad for p in below.model.network.blocks.parameters()]
    assert frozen == [True] * 8 + [False] * 4  # three blocks of two layers, the last one new
