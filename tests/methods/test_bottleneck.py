"""The variational bottleneck: its loss by hand, dual ascent, and what it is for."""

import math

import pytest
import tiny
import torch
from gans import RUN, build, resumed, without_waiting
from pydantic import ValidationError
from torch import Tensor, nn

from pipeline.backbones.mlp import MLPEncoderParams
from pipeline.methods.adversary import Adversary
from pipeline.methods.bottleneck import BottleneckAdversary, BottleneckParams
from pipeline.methods.penalties import ZeroCentredPenaltyParams
from pipeline.methods.registry import load_run
from pipeline.nn.bottleneck import Bottleneck
from pipeline.samples import Spec

POINT = Spec(channels=2, height=1, width=1, bounded=False)


class Code(nn.Module):
    """A code of one number: mean x0, log variance x1."""

    def forward(self, x: Tensor) -> Tensor:
        return x.flatten(1)


def adversary(**fields: float) -> BottleneckAdversary:
    network = Bottleneck(Code(), 1)
    with torch.no_grad():
        network.head.weight.fill_(2.0)
        network.head.bias.fill_(-1.0)
    bottleneck = BottleneckParams(width=1, **fields)
    return BottleneckAdversary(network, "hinge", bottleneck, joint=False)


def points(*rows: tuple[float, float]) -> Tensor:
    return torch.tensor(rows).view(-1, 2, 1, 1)


def test_the_loss_by_hand():
    certain = -60.0  # log variance: what is drawn is the mean
    real, fake = points((1.0, certain)), points((0.0, certain))
    free = adversary(beta=0.0)
    loss, logs = free.discriminator_loss(real, fake, 0)
    assert float(loss.detach()) == pytest.approx(0 + 0)  # logits 1 and -1
    kl = (0.5 * (1 + 60 - 1) + 0.5 * (60 - 1)) / 2
    assert float(logs["divergence"].detach()) == pytest.approx(kl)
    held = adversary(beta=0.5, information=2.0, dual_lr=0.1)
    loss, logs = held.discriminator_loss(real, fake, 0)
    assert float(loss.detach()) == pytest.approx(0.5 * (kl - 2))
    assert float(logs["beta"]) == 0.5
    assert float(held.beta) == pytest.approx(0.5 + 0.1 * (kl - 2))


def test_beta_sinks_to_0_at_least_where_the_code_says_less():
    held = adversary(beta=0.03, information=0.1, dual_lr=0.2)
    says_nothing = points((0.0, 0.0))
    for expected in (0.01, 0.0, 0.0):
        held.discriminator_loss(says_nothing, says_nothing, 0)
        assert float(held.beta) == pytest.approx(expected, abs=1e-7)


def test_the_discriminator_draws_and_the_generator_sees_the_mean():
    held, x = adversary(), points((0.5, 0.0)).expand(4000, -1, -1, -1)
    (logits,) = held(x).logits
    assert float(logits.detach().mean()) == pytest.approx(0.0, abs=0.15)
    assert float(logits.detach().std()) == pytest.approx(2.0, rel=0.05)
    assert float(held.generator_loss(x).detach()) == pytest.approx(0.0, abs=1e-6)
    relativistic = adversary()
    relativistic.loss = "relativistic"
    found = relativistic.generator_loss(x, real=points((1.5, 0.0)).expand(4000, -1, -1, -1))
    assert float(found.detach()) == pytest.approx(math.log(1 + math.exp(2)))


def trained(bottleneck: BottleneckParams | None) -> tuple[Adversary, list[float]]:
    """Train a discriminator of two clouds of points that do not touch; its divergences, too."""
    torch.manual_seed(1)
    encoder = MLPEncoderParams(kind="mlp", width=32, layers=2)
    if bottleneck is None:
        taught = Adversary(encoder.build(POINT, 1), "nonsaturating", joint=False)
    else:
        network = Bottleneck(encoder.build(POINT, 2 * bottleneck.width), bottleneck.width)
        taught = BottleneckAdversary(network, "nonsaturating", bottleneck, joint=False)
    optimizer = torch.optim.Adam(taught.parameters(), lr=3e-3)
    divergences = []
    for step in range(1500):
        optimizer.zero_grad()
        loss, logs = taught.discriminator_loss(*clouds(64), step)
        loss.backward()
        optimizer.step()
        divergences.append(float(logs.get("divergence", loss).detach()))
    return taught, divergences


def clouds(count: int) -> tuple[Tensor, Tensor]:
    noise = 0.1 * torch.randn(2, count, 2, 1, 1)
    return noise[0] + 2, noise[1] - 2


@pytest.mark.claim
def test_information_is_held_and_the_generator_goes_on_learning():
    held, divergences = trained(BottleneckParams(width=4, information=0.1, dual_lr=0.03))
    free, _ = trained(None)
    accuracies, slopes = [], []
    for taught in (held, free):
        taught.loss = "minimax"  # whose gradient vanishes where the discriminator is sure
        real, fake = clouds(4000)
        (of_real,), (of_fake,) = taught(real).logits, taught(fake).logits
        accuracies.append(float(((of_real > 0).float().mean() + (of_fake < 0).float().mean()) / 2))
        fake = fake.requires_grad_()
        (slope,) = torch.autograd.grad(taught.generator_loss(fake), fake)
        slopes.append(float(slope.norm()))
    # beta swings about its balance, so the divergence is held on average.
    assert sum(divergences[750:]) / 750 == pytest.approx(0.1, rel=0.05)
    assert 0.5 < accuracies[0] < 0.9 < 0.999 < accuracies[1]
    assert slopes[0] > 100 * slopes[1]


FIELDS = [
    {"bottleneck": {"width": 3, "dual_lr": 0.1, "beta": 0.5}},
    {
        **{"bottleneck": {"width": 3}, "conditional": True, "feature_matching": {}},
        **{"past_discriminators": {"every": 2}, "loss": "relativistic"},
    },
]


@pytest.mark.parametrize("fields", FIELDS)
def test_a_bottleneck_resumes_and_never_waits(fields):
    resumed(fields)
    without_waiting(fields)


def test_a_bottleneck_is_part_of_gan():
    method = build(bottleneck={"width": 3}, conditional=True)
    taught = method.adversary
    assert isinstance(taught, BottleneckAdversary)
    logs = [update.logs for update in method.updates(tiny.batch_of(RUN), 0)]
    assert "divergence" in logs[0]
    assert taught.network.head.weight.shape == (1, 3)
    block = {"method": "gan", "data": "d", "domains": ["a"], "steps": 1, "bottleneck": {}}
    spectral = {"kind": "mlp", "spectral": True}
    with pytest.raises(ValidationError, match="wasserstein needs a penalty beside bottleneck"):
        load_run({**block, "loss": "wasserstein", "discriminator": spectral})


def test_gradient_penalties_go_through_the_code():
    network = Bottleneck(MLPEncoderParams(kind="mlp", width=8).build(POINT, 4), 2)
    taught = BottleneckAdversary(
        network,
        "hinge",
        BottleneckParams(width=2),
        joint=False,
        penalty=ZeroCentredPenaltyParams(kind="r1"),
    )
    loss, logs = taught.discriminator_loss(*clouds(4), 0)
    assert float(logs["penalty"].detach()) > 0
    loss.backward()
    assert all(p.grad is not None for p in network.parameters())
