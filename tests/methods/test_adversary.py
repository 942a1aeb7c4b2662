"""An adversary's losses by hand, its penalties, and which parts may be put together."""

import math
from typing import Any, get_args

import pytest
import torch
from pydantic import ValidationError
from torch import Tensor, nn
from torch.nn.functional import softplus

from pipeline.backbones.mlp import MLPEncoderParams
from pipeline.backbones.patch import PatchParams
from pipeline.losses.adversarial import Adversarial, discriminator_loss, generator_loss
from pipeline.methods.adversary import Adversary
from pipeline.methods.penalties import (
    ClipParams,
    ConsistencyParams,
    GradientPenaltyParams,
    ZeroCentredPenaltyParams,
)
from pipeline.methods.registry import load_run
from pipeline.nn.conditioning import OneHotPlanes
from pipeline.nn.minibatch import with_batch_std
from pipeline.samples import DatasetSpec, Spec

WEIGHT = torch.tensor([1.0, -2.0, 2.0])  # of norm 3
LOSSES = get_args(Adversarial)
NORM = 3.0


class Linear(nn.Module):
    """w.x of samples [N, 3, 1, 1], plus the class where there is one."""

    def __init__(self) -> None:
        super().__init__()
        self.weight = nn.Parameter(WEIGHT.clone())

    def forward(self, x: Tensor, labels: Tensor | None = None) -> Tensor:
        y = x.flatten(1) @ self.weight
        return (y if labels is None else (1 + labels) * y)[:, None]


class Two(nn.Module):
    """Two discriminators that show a layer each: w.x and -2 w.x."""

    def __init__(self) -> None:
        super().__init__()
        self.one = Linear()

    def forward(self, x: Tensor) -> list[list[Tensor]]:
        return [[5 * x, self.one(x)], [7 * x, -2 * self.one(x)]]


def samples(seed: int, count: int = 4, channels: int = 3, side: int = 1) -> Tensor:
    generator = torch.Generator().manual_seed(seed)
    return torch.randn(count, channels, side, side, generator=generator)


def pair() -> tuple[Tensor, Tensor]:
    return samples(1), samples(2)


def logits(x: Tensor) -> Tensor:
    return (x.flatten(1) @ WEIGHT)[:, None]


# Losses


@pytest.mark.parametrize("joint", [True, False])
@pytest.mark.parametrize("loss", LOSSES)
def test_losses_of_one_network(loss, joint):
    adversary, (real, fake) = Adversary(Linear(), loss, joint=joint), pair()
    found, logs = adversary.discriminator_loss(real, fake, 0)
    expected = discriminator_loss(loss, logits(real), logits(fake))
    torch.testing.assert_close(found, expected)
    torch.testing.assert_close(logs["real_logit"], logits(real).mean())
    torch.testing.assert_close(logs["fake_logit"], logits(fake).mean())
    assert ("confidence" in logs) == (loss != "wasserstein")
    found = adversary.generator_loss(fake, real=real)
    torch.testing.assert_close(found, generator_loss(loss, logits(fake), logits(real)))


def test_least_squares_in_numbers():
    real, fake = (torch.tensor(x).view(2, 3, 1, 1) for x in ([1.0, 0, 0, 0, 1, 0], [0.0] * 6))
    adversary = Adversary(Linear(), "least_squares", joint=True)
    # Logits 1 and -2 of the real, 0 and 0 of the fake.
    assert float(adversary.discriminator_loss(real, fake, 0)[0].detach()) == (0 + 9) / 2
    assert float(adversary.generator_loss(fake).detach()) == 1
    assert float(adversary.generator_loss(real).detach()) == (0 + 9) / 2


@pytest.mark.parametrize("joint", [True, False])
@pytest.mark.parametrize("weights", [None, (1.0, 1.0), (0.25, 3.0)])
def test_losses_of_several_outputs_are_averaged_or_weighed(weights, joint):
    adversary = Adversary(Two(), "hinge", joint=joint, weights=weights)
    first, second = weights or (0.5, 0.5)
    real, fake = pair()
    found, logs = adversary.discriminator_loss(real, fake, 0, name="b")
    both = [(logits(real), logits(fake)), (-2 * logits(real), -2 * logits(fake))]
    one, two = ((1 - r).relu().mean() + (1 + f).relu().mean() for r, f in both)
    torch.testing.assert_close(found, first * one + second * two)
    torch.testing.assert_close(logs["real_logit_b"], -0.5 * logits(real).mean())
    found = adversary.generator_loss(fake)
    one, two = (-f.mean() for _, f in both)
    torch.testing.assert_close(found, first * one + second * two)


def test_layers_are_shown_where_there_are_any():
    real, fake = pair()
    of_real, of_fake = Adversary(Two(), "hinge", joint=True).outputs_to_match(real, fake)
    for outputs, x in ((of_real, real), (of_fake, fake)):
        assert [len(layers) for layers in outputs.layers] == [2, 2]
        assert torch.equal(outputs.layers[1][0], 7 * x)
        torch.testing.assert_close(outputs.logits[1], -2 * logits(x))
    assert not of_real.logits[0].requires_grad
    assert of_fake.logits[0].requires_grad
    assert Adversary(Linear(), "hinge", joint=True)(real).layers == []


@pytest.mark.parametrize("joint", [True, False])
def test_a_condition_is_shown_in_front_of_the_samples(joint):
    condition, real, fake = samples(3, channels=2), samples(1, channels=1), samples(2, channels=1)
    adversary = Adversary(Linear(), "nonsaturating", joint=joint)
    of_real, of_fake = (logits(torch.cat([condition, x], dim=1)) for x in (real, fake))
    found, _ = adversary.discriminator_loss(real, fake, 0, condition=condition)
    torch.testing.assert_close(found, softplus(-of_real).mean() + softplus(of_fake).mean())
    found = adversary.generator_loss(fake, condition=condition)
    torch.testing.assert_close(found, softplus(-of_fake).mean())
    torch.testing.assert_close(adversary(real, condition).logits[0], of_real)


@pytest.mark.parametrize("joint", [True, False])
def test_real_samples_of_wrong_labels_are_half_the_fakes(joint):
    adversary, (real, fake) = Adversary(Linear(), "wasserstein", joint=joint), pair()
    y, z = torch.tensor([0, 1, 2, 3]), torch.tensor([3, 0, 0, 1])
    of_real, of_fake, of_wrong = (
        (1 + labels)[:, None] * logits(x) for x, labels in ((real, y), (fake, y), (real, z))
    )
    found, logs = adversary.discriminator_loss(real, fake, 0, labels=y)
    torch.testing.assert_close(found, of_fake.mean() - of_real.mean())
    assert "wrong_class" not in logs
    found, logs = adversary.discriminator_loss(real, fake, 0, labels=y, wrong_labels=z, name="a")
    torch.testing.assert_close(found, (of_fake.mean() + of_wrong.mean()) / 2 - of_real.mean())
    torch.testing.assert_close(logs["wrong_class_a"], of_wrong.mean() - of_real.mean())
    torch.testing.assert_close(adversary.generator_loss(fake, labels=y), -of_fake.mean())


@pytest.mark.parametrize("norm", ["instance", "none", "batch"])
def test_a_joint_pass_is_two_where_samples_are_seen_alone(norm):
    real, fake = samples(1, side=16), samples(2, side=16)
    network = PatchParams(width=4, layers=2, norm=norm).build(3)
    both, apart = (
        Adversary(network, "hinge", joint=joint).discriminator_loss(real, 3 * fake, 0)[0]
        for joint in (True, False)
    )
    assert torch.allclose(both, apart, rtol=1e-5) == (norm != "batch")


def test_a_joint_pass_takes_labels_along():
    network = OneHotPlanes(MLPEncoderParams(kind="mlp", width=8).build(spec(channels=6), 1), 3)
    labels, others = torch.tensor([0, 1, 2, 1]), torch.tensor([2, 2, 0, 1])
    both, apart = (
        Adversary(network, "hinge", joint=joint).discriminator_loss(
            *pair(), 0, labels=labels, wrong_labels=others
        )[0]
        for joint in (True, False)
    )
    torch.testing.assert_close(both, apart)


def test_a_relativistic_generator_needs_real_samples():
    adversary, (real, fake) = Adversary(Linear(), "relativistic", joint=True), pair()
    found = adversary.generator_loss(fake, real=real)
    torch.testing.assert_close(found, softplus(logits(real) - logits(fake)).mean())
    with pytest.raises(ValueError, match="compares fakes with real samples"):
        adversary.generator_loss(fake)
    y, z = torch.tensor([0, 1, 2, 3]), torch.tensor([3, 0, 0, 1])
    found = adversary.generator_loss(fake, real=real, labels=z, real_labels=y)
    differences = (1 + y)[:, None] * logits(real) - (1 + z)[:, None] * logits(fake)
    torch.testing.assert_close(found, softplus(differences).mean())


# Penalties


def spec(channels: int = 3, side: int = 1) -> Spec:
    return Spec(channels=channels, height=side, width=side, bounded=False)


def value_of(penalty: Any, network: nn.Module | None = None, **shown: Any) -> Tensor:
    adversary = Adversary(network or Linear(), "wasserstein", joint=True, penalty=penalty)
    _, logs = adversary.discriminator_loss(*pair(), 0, **shown)
    return logs["penalty"].detach()


@pytest.mark.parametrize(
    ("penalty", "expected"),
    [
        (GradientPenaltyParams(kind="gradient", weight=10), 10 * (NORM - 1) ** 2),
        (GradientPenaltyParams(kind="gradient", weight=10, target=0), 10 * NORM**2),
        (GradientPenaltyParams(kind="gradient", target=5, one_sided=True), 0),
        (ZeroCentredPenaltyParams(kind="r1", gamma=4), 2 * NORM**2),
        (ZeroCentredPenaltyParams(kind="r2", gamma=4), 2 * NORM**2),
        (ZeroCentredPenaltyParams(kind="r1_r2", gamma=4), 4 * NORM**2),
    ],
)
def test_penalties_on_a_linear_network(penalty, expected):
    assert float(value_of(penalty)) == pytest.approx(expected)
    adversary = Adversary(Linear(), "wasserstein", joint=True, penalty=penalty)
    plain = Adversary(Linear(), "wasserstein", joint=True)
    loss, logs = adversary.discriminator_loss(*pair(), 0, name="a")
    torch.testing.assert_close(loss, plain.discriminator_loss(*pair(), 0)[0] + expected)
    torch.testing.assert_close(logs["input_gradient_norm_a"], torch.tensor(NORM))
    assert "penalty_a" in logs


def test_r1_is_taken_at_real_samples_and_r2_at_fakes():
    class Square(nn.Module):
        def forward(self, x: Tensor) -> Tensor:
            return 0.5 * x.square().flatten(1).sum(dim=1)  # its gradient is x

    real, fake = ((x.square().sum() / len(x)) for x in pair())
    for kind, expected in (("r1", real), ("r2", fake), ("r1_r2", real + fake)):
        found = value_of(ZeroCentredPenaltyParams(kind=kind, gamma=2), Square())
        torch.testing.assert_close(found, expected)


def test_penalties_leave_the_condition_and_the_labels_as_they_are():
    condition, x = samples(3, channels=2), samples(1, channels=1)
    penalty = ZeroCentredPenaltyParams(kind="r1", gamma=2)
    adversary = Adversary(Linear(), "hinge", joint=True, penalty=penalty)
    _, logs = adversary.discriminator_loss(x, x, 0, condition=condition)
    # Of w = (1, -2, 2) the samples meet the last number alone.
    assert float(logs["penalty"].detach()) == pytest.approx(2**2)
    y, z = torch.full((4,), 1), torch.full((4,), 3)
    for kind, factors in (("r1", 4), ("r2", 4), ("r1_r2", 4 + 4)):
        found = value_of(ZeroCentredPenaltyParams(kind=kind, gamma=2), labels=y, wrong_labels=z)
        assert float(found) == pytest.approx(factors * NORM**2)


def test_a_lazy_penalty_comes_every_nth_step_n_fold():
    penalty = ZeroCentredPenaltyParams(kind="r1", gamma=2, every=4)
    adversary = Adversary(Linear(), "hinge", joint=True, penalty=penalty)
    plain, _ = Adversary(Linear(), "hinge", joint=True).discriminator_loss(*pair(), 0)
    for step in range(9):
        loss, logs = adversary.discriminator_loss(*pair(), step)
        there = step % 4 == 0
        assert ("penalty" in logs) == ("input_gradient_norm" in logs) == there
        torch.testing.assert_close(loss - plain, torch.tensor(4 * NORM**2 if there else 0.0))
        if there:  # logged as it is
            torch.testing.assert_close(logs["penalty"], torch.tensor(NORM**2))


@pytest.mark.parametrize("joint", [True, False])
@pytest.mark.parametrize(
    "penalty",
    [
        GradientPenaltyParams(kind="gradient"),
        ZeroCentredPenaltyParams(kind="r1_r2"),
    ],
)
def test_penalties_are_computed_without_autocast(penalty, joint):
    network = PatchParams(width=4, layers=2, norm="none").build(3)
    for parameter in network.parameters():
        nn.init.normal_(parameter, 0, 0.3)
    adversary = Adversary(network, "hinge", joint=joint, penalty=penalty)
    real, fake = samples(1, side=16), samples(2, side=16).bfloat16()
    found = []
    for enabled in (True, False):
        torch.manual_seed(0)
        with torch.autocast("cpu", torch.bfloat16, enabled=enabled):
            shown = fake if enabled else fake.float()
            loss, logs = adversary.discriminator_loss(real, shown, 0)
        found.append((loss, logs))
    (rough, logs), (exact, expected) = found
    assert logs["penalty"].dtype == torch.float32
    assert float(expected["penalty"].detach()) > 0.1
    assert torch.equal(logs["penalty"], expected["penalty"])
    assert torch.equal(logs["input_gradient_norm"], expected["input_gradient_norm"])
    assert not torch.equal(rough, exact)  # the rest is bfloat16's


def test_clipping_bounds_every_weight():
    network = MLPEncoderParams(kind="mlp", width=8).build(spec(), 1)
    adversary = Adversary(network, "wasserstein", joint=True, penalty=ClipParams(limit=0.02))
    before = [p.detach().clone() for p in network.parameters()]
    assert max(float(p.abs().max()) for p in before) > 0.1
    adversary.clip()
    for clipped, p in zip(network.parameters(), before, strict=True):
        assert torch.equal(clipped, p.clamp(-0.02, 0.02))
    _, logs = adversary.discriminator_loss(*pair(), 0)
    assert "penalty" not in logs


@pytest.mark.parametrize(
    "penalty", [None, GradientPenaltyParams(), ZeroCentredPenaltyParams(kind="r1")]
)
def test_nothing_is_clipped_where_that_is_not_the_penalty(penalty):
    network = Linear()
    Adversary(network, "wasserstein", joint=True, penalty=penalty).clip()
    assert torch.equal(network.weight, WEIGHT)


def test_the_discriminators_loss_sends_no_gradient_beyond_its_inputs():
    real, fake = (x.requires_grad_() for x in pair())
    for kind in ("gradient", "r1_r2"):
        penalty = (
            GradientPenaltyParams() if kind == "gradient" else ZeroCentredPenaltyParams(kind=kind)
        )
        adversary = Adversary(Linear(), "wasserstein", joint=True, penalty=penalty)
        _, logs = adversary.discriminator_loss(real, fake, 0)
        logs["penalty"].backward()
        assert real.grad is None
        assert fake.grad is None
        assert adversary.network.weight.grad is not None


def test_smoothing_reaches_the_loss():
    real, fake = pair()
    adversary = Adversary(Linear(), "nonsaturating", joint=True, smoothing=0.1)
    found, _ = adversary.discriminator_loss(real, fake, 0)
    expected = discriminator_loss("nonsaturating", logits(real), logits(fake), 0.1)
    torch.testing.assert_close(found, expected)
    torch.testing.assert_close(adversary.generator_loss(fake), softplus(-logits(fake)).mean())


@pytest.mark.parametrize("joint", [True, False])
@pytest.mark.parametrize("fakes", [True, False])
def test_consistency_is_of_logits_before_and_after(fakes, joint, monkeypatch):
    # Altered samples are twice as large, and so are the logits of a linear network.
    monkeypatch.setattr(
        "pipeline.methods.adversary.diff_augment", lambda kinds, *x: tuple(2 * y for y in x)
    )
    penalty = ConsistencyParams(weight=3, fakes=fakes, every=2)
    adversary, (real, fake) = Adversary(Linear(), "hinge", joint=joint, penalty=penalty), pair()
    plain, _ = Adversary(Linear(), "hinge", joint=joint).discriminator_loss(real, fake, 0)
    expected = 3 * logits(real).square().mean()
    if fakes:
        expected = expected + 3 * logits(fake).square().mean()
    loss, logs = adversary.discriminator_loss(real, fake, 0)
    torch.testing.assert_close(logs["penalty"], expected)
    torch.testing.assert_close(loss, plain + 2 * expected)
    assert "input_gradient_norm" not in logs
    assert "penalty" not in adversary.discriminator_loss(real, fake, 1)[1]


def test_consistency_alters_samples_and_their_condition_alike(monkeypatch):
    seen = []
    network = Linear()
    network.register_forward_pre_hook(lambda _, args: seen.append(args[0]))
    penalty = ConsistencyParams(alterations=("cutout",))
    adversary = Adversary(network, "hinge", joint=False, penalty=penalty)
    monkeypatch.setattr(
        "pipeline.methods.adversary.diff_augment", lambda kinds, *x: tuple(2 * y for y in x)
    )
    condition, x = samples(3, channels=2), samples(1, channels=1)
    adversary.discriminator_loss(x, -x, 0, condition=condition)
    assert torch.equal(seen[2], 2 * torch.cat([condition, x], dim=1))


def test_what_alterations_leave_as_it_is_costs_nothing():
    penalty = ConsistencyParams(alterations=("translation",), fakes=True)
    adversary = Adversary(Linear(), "hinge", joint=True, penalty=penalty)
    _, logs = adversary.discriminator_loss(*pair(), 0)  # of one pixel: none moves
    assert float(logs["penalty"].detach()) == 0


def test_a_relativistic_loss_with_both_penalties_is_r3gans():
    # Huang et al. 2024: f(D(G(z)) - D(x)) with f = softplus, and gamma / 2 of both mean squares.
    penalty = ZeroCentredPenaltyParams(kind="r1_r2", gamma=0.5)
    adversary = Adversary(Linear(), "relativistic", joint=False, penalty=penalty)
    real, fake = (torch.tensor(x).view(2, 3, 1, 1) for x in ([1.0, 0, 0, 0, 1, 0], [0.0] * 6))
    loss, _ = adversary.discriminator_loss(real, fake, 0)  # logits 1 and -2 beside 0 and 0
    adversarial = (math.log(1 + math.exp(-1)) + math.log(1 + math.exp(2))) / 2
    assert float(loss.detach()) == pytest.approx(adversarial + 0.25 * (9 + 9))
    found = float(adversary.generator_loss(fake, real=real).detach())
    assert found == pytest.approx((math.log(1 + math.exp(1)) + math.log(1 + math.exp(-2))) / 2)


# What fits together

TWO_DOMAINS = {"source": "a", "target": "b"}
METHODS: dict[str, dict[str, Any]] = {
    "cut": TWO_DOMAINS,
    "cyclegan": TWO_DOMAINS,
    "gan": {"domains": ["a"], "discriminator": {"norm": "none"}},
    "hifigan": {"domains": ["a"]},
    "vocos": {"domains": ["a"]},
    "inca": TWO_DOMAINS,
    "mask_cyclegan_vc": TWO_DOMAINS,
    "pix2pix": {**TWO_DOMAINS, "discriminator": {"norm": "instance"}},
    "spade": {
        **TWO_DOMAINS,
        "perceptual": {"kind": "none"},
        "discriminator": {"spectral": False},
    },
    "unit": TWO_DOMAINS,
    "vqgan": {"domains": ["a"], "perceptual": {"kind": "none"}, "patch": {"norm": "none"}},
}


def block(method: str, **fields: Any) -> dict[str, Any]:
    return {"method": method, "data": "d", "steps": 1, **METHODS[method], **fields}


@pytest.mark.parametrize("method", METHODS)
def test_a_wasserstein_loss_needs_what_bounds_the_critic(method):
    with pytest.raises(ValidationError, match="loss: wasserstein needs what bounds the critic"):
        load_run(block(method, loss="wasserstein"))
    with pytest.raises(ValidationError, match="loss: wasserstein needs what bounds the critic"):
        load_run(block(method, loss="wasserstein", penalty={"kind": "none"}))
    for penalty in ({"kind": "gradient"}, {"kind": "clip"}, {"kind": "r1"}):
        run = load_run(block(method, loss="wasserstein", penalty=penalty))
        assert run.penalty.kind == penalty["kind"]


@pytest.mark.parametrize("kind", ["dcgan", "mlp", "resnet"])
def test_spectral_norm_bounds_a_critic_too(kind):
    spectral = {"kind": kind, "spectral": True, **({} if kind == "mlp" else {"norm": "none"})}
    run = load_run(block("gan", loss="wasserstein", discriminator=spectral))
    assert run.penalty.kind == "none"
    with pytest.raises(ValidationError, match="needs what bounds the critic"):
        load_run(block("gan", loss="wasserstein", discriminator={"kind": kind}))


@pytest.mark.parametrize(
    ("method", "discriminator"),
    [
        ("gan", {"kind": "dcgan", "spectral": True}),  # whose norm is batch
        ("gan", {"kind": "resnet", "spectral": True, "norm": "instance"}),
        ("spade", {"spectral": True, "norm": "none"}),  # whose first and last layers are free
    ],
)
def test_spectral_norm_of_some_layers_or_beside_others_bounds_nothing(method, discriminator):
    with pytest.raises(ValidationError, match="needs what bounds the critic"):
        load_run(block(method, loss="wasserstein", discriminator=discriminator))


@pytest.mark.parametrize("loss", LOSSES)
def test_smoothing_is_for_cross_entropies(loss):
    made = block("gan", loss=loss, smoothing=0.1, penalty={"kind": "clip"})
    if loss in ("nonsaturating", "minimax"):
        run = load_run(made)
        assert run.build_adversary(Linear(), joint=True).smoothing == 0.1
    else:
        with pytest.raises(ValidationError, match="smoothing is of a probability's target"):
            load_run(made)


def test_weights_under_spectral_norm_are_not_clipped():
    spectral = {"kind": "mlp", "spectral": True}
    with pytest.raises(ValidationError, match="limits weights that spectral: true divides"):
        load_run(block("gan", discriminator=spectral, penalty={"kind": "clip"}))


@pytest.mark.parametrize("kind", ["gradient", "r1", "r2", "r1_r2"])
@pytest.mark.parametrize(
    ("method", "part"),
    [
        ("gan", {"discriminator": {"norm": "batch"}}),
        ("gan", {"discriminator": {"kind": "resnet", "norm": "batch"}}),
        ("pix2pix", {"discriminator": {"norm": "batch"}}),
        ("cyclegan", {"discriminator": {"norm": "batch"}}),
        ("vqgan", {"patch": {"norm": "batch"}}),
    ],
)
def test_a_penalty_through_batch_norm_is_refused(kind, method, part):
    words = (
        rf"penalty: \{{kind: {kind}\}} is of each sample's own gradient, which norm: batch mixes"
    )
    with pytest.raises(ValidationError, match=words):
        load_run(block(method, **part, penalty={"kind": kind}))
    assert load_run(block(method, **part, penalty={"kind": "clip"})).penalty.kind == "clip"


@pytest.mark.parametrize(
    ("fields", "words"),
    [
        (
            {"penalty": {"kind": "dragan"}},
            "'dragan'.*'none', 'gradient', 'r1', 'r2', 'r1_r2', 'clip'",
        ),
        ({"penalty": {"weight": 1}}, "penalty\n.*discriminator 'kind'"),
        ({"penalty": {"kind": "gradient", "gamma": 1}}, "penalty.gradient.gamma"),
        ({"penalty": {"kind": "clip", "limit": 0}}, "greater than 0"),
        ({"penalty": {"kind": "r1", "every": 0}}, "greater than or equal to 1"),
        ({"loss": "softplus"}, "loss\n.*'nonsaturating', 'least_squares'"),
        ({"optimizer": {"kind": "sgd"}}, "'sgd'.*'adam', 'adamw', 'rmsprop'"),
        ({"generator": {"kind": "unet"}}, "'unet'.*'dcgan', 'mlp', 'resnet'"),
        ({"regulariser": {"kind": "spectral"}}, "'orthogonal', 'path_length'"),
        ({"diffaugment": ["flip"]}, "diffaugment"),
    ],
)
def test_parts_that_there_are_not_are_refused(fields, words):
    with pytest.raises(ValidationError, match=f"(?s){words}"):
        load_run(block("gan", **fields))


@pytest.mark.parametrize("kind", ["dcgan", "mlp", "resnet"])
@pytest.mark.parametrize("minibatch", ["discrimination", "deviation"])
def test_what_a_discriminator_sees_of_the_batch(kind, minibatch):
    fields = {"kind": kind, "minibatch": minibatch, "width": 4}
    run = load_run(block("gan", discriminator=fields))
    assert run.build_adversary(Linear(), joint=True).penalty.kind == "none"
    network = run.discriminator.build(spec(channels=1, side=16), 1).eval()
    x = samples(1, channels=1, side=16)
    alone = torch.cat([network(row[None]) for row in x])
    assert network(x).shape == alone.shape == (4, 1)
    assert not torch.allclose(network(x), alone)
    torch.testing.assert_close(
        network.features(x), torch.cat([network.features(r[None]) for r in x])
    )
    assert len(network.features(x)) == 4
    fields |= {} if kind == "mlp" else {"norm": "none"}
    with pytest.raises(ValidationError, match="needs what bounds the critic"):
        load_run(block("gan", discriminator={**fields, "spectral": True}, loss="wasserstein"))
    for method in ("vae", "autoencoder"):
        coder = {"method": method, "data": "d", "domains": ["a"], "steps": 1, "encoder": fields}
        with pytest.raises(ValidationError, match="a sample's code depend on the others of its"):
            load_run(coder)


@pytest.mark.parametrize("kind", ["dcgan", "mlp", "resnet"])
@pytest.mark.parametrize("minibatch", ["discrimination", "deviation"])
@pytest.mark.parametrize("penalty", ["r1", "gradient"])
def test_gradient_penalties_go_through_what_is_of_the_batch(kind, minibatch, penalty):
    fields = {"kind": kind, "minibatch": minibatch, "width": 4}
    fields |= {} if kind == "mlp" else {"norm": "none"}
    run = load_run(block("gan", discriminator=fields, penalty={"kind": penalty}))
    network = run.discriminator.build(spec(channels=1, side=16), 1)
    adversary = run.build_adversary(network, joint=False)
    x = samples(1, channels=1, side=16)
    for real in (x, x[:1].expand_as(x)):  # and copies, which do not deviate
        adversary.zero_grad()
        _, logs = adversary.discriminator_loss(real, real, 0)
        logs["penalty"].backward()
        assert all(p.grad is None or torch.isfinite(p.grad).all() for p in network.parameters())
        if real is x:  # the penalty is of what is of the batch, too
            last = network.layers[-1] if kind == "mlp" else network.head
            of_batch = last.weight.grad[:, -1 if minibatch == "deviation" else -100 :]
            assert float(of_batch.abs().max()) > 0


def test_r1_of_the_deviation_alone_by_hand():
    class Deviation(nn.Module):
        def forward(self, x: Tensor) -> Tensor:
            return with_batch_std(x.flatten(1))[:, -1:]

    # N times mean_f std_f over N samples of F features: its gradient (x - mean) / (F std), whose
    # squared norm is 1 / F on average.
    found = value_of(ZeroCentredPenaltyParams(kind="r1", gamma=2), Deviation())
    torch.testing.assert_close(found, torch.tensor(1 / pair()[0][0].numel()), rtol=1e-4, atol=0)


@pytest.mark.parametrize("kind", ["dcgan", "mlp", "resnet"])
def test_logits_are_of_the_features(kind):
    network = load_run(block("gan", discriminator={"kind": kind, "width": 4})).discriminator.build(
        spec(channels=1, side=16), 1
    )
    x = samples(1, channels=1, side=16)
    last = network.layers[-1] if kind == "mlp" else network.head
    torch.testing.assert_close(last(network.features(x)), network(x))


def test_consistency_bounds_nothing_and_needs_no_samples_apart():
    consistent = {"penalty": {"kind": "consistency"}}
    with pytest.raises(ValidationError, match="loss: wasserstein needs what bounds the critic"):
        load_run(block("gan", loss="wasserstein", **consistent))
    mixing = {"norm": "batch", "minibatch": "discrimination"}
    assert load_run(block("gan", discriminator=mixing, **consistent)).penalty.weight == 10
    with pytest.raises(ValidationError, match="consistency} alters pictures"):
        load_run(block("hifigan", **consistent))
    sound = DatasetSpec(specs={"a": spec().model_copy(update={"width": None})})
    colours = {"penalty": {"kind": "consistency", "alterations": ["colour"]}}
    with pytest.raises(ValueError, match=r"penalty\.alterations: found 'colour'"):
        load_run(block("gan", crop=8, **colours)).check_data(sound)
