"""The better the discriminator, the less the minimax generator learns from it."""

from typing import NamedTuple

import torch
from torch import Tensor

from pipeline.backbones.mlp import MLPEncoderParams
from pipeline.labs.findings import Check, Finding, within
from pipeline.labs.plotting import label, panels
from pipeline.losses.adversarial import discriminator_loss, generator_loss
from pipeline.samples import Spec

SHIFT, STD, COUNT = 3.0, 0.25, 512
STEPS = (1, 3, 10, 30, 100, 300, 1000)
LR = 1e-3


class Signal(NamedTuple):
    """Gradients of a generator that shifts its samples, after steps of the discriminator."""

    steps: int
    accuracy: float
    """Of the discriminator."""
    minimax: float
    """|d loss / d shift|"""
    nonsaturating: float


def measure(steps: tuple[int, ...] = STEPS, seed: int = 0) -> list[Signal]:
    """Train one discriminator, and measure what the generator would learn after each of ``steps``.

    Of Gaussians about 0 and `SHIFT`; the generator is z + shift, and stays as it is.
    """
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(seed)
        spec = Spec(channels=1, height=1, width=1, bounded=False)
        network = MLPEncoderParams(kind="mlp", width=64, layers=2).build(spec, 1)
        real, noise = (STD * torch.randn(COUNT, 1, 1, 1) for _ in range(2))
    optimizer = torch.optim.Adam(network.parameters(), lr=LR)
    found = []
    for step in range(1, max(steps) + 1):
        of_real, of_fake = network(real), network(noise + SHIFT)
        optimizer.zero_grad()
        torch.autograd.backward(discriminator_loss("nonsaturating", of_real, of_fake))
        optimizer.step()
        if step in steps:
            found.append(look(network, step, real, noise))
    return found


def look(network: torch.nn.Module, step: int, real: Tensor, noise: Tensor) -> Signal:
    """Measure the gradients that the generator would get now."""
    shift = torch.tensor(SHIFT, requires_grad=True)
    fake = network(noise + shift)
    sizes = [
        abs(float(torch.autograd.grad(loss, shift, retain_graph=True)[0]))
        for loss in (generator_loss("minimax", fake), generator_loss("nonsaturating", fake))
    ]
    right = torch.cat([network(real) > 0, fake <= 0]).double().mean()
    return Signal(step, float(right), *sizes)


def find() -> Finding:
    """Follow the generator's gradient while the discriminator learns."""
    found = measure()
    last, best = found[-1], max(found, key=lambda signal: signal.minimax)
    figure, (axes,) = panels(["Gradient that reaches the generator"])
    steps = [signal.steps for signal in found]
    axes.plot(steps, [signal.minimax for signal in found], "o-", label="minimax")
    axes.plot(steps, [signal.nonsaturating for signal in found], "o-", label="non-saturating")
    axes.set_xscale("log")
    axes.set_yscale("log")
    label(axes, "steps of the discriminator", "|d loss / d shift|")
    return Finding(
        "saturation",
        "A perfect discriminator teaches nothing",
        "A generator that shifts samples by 3, where the real ones are about 0, both of standard "
        "deviation 0.25. The more steps the discriminator takes alone, the surer it is, and the "
        "smaller the gradient of the minimax loss; the non-saturating loss keeps its own "
        "(Goodfellow et al. 2014, section 3; Arjovsky & Bottou 2017, theorem 2.4).",
        [
            within("accuracy of the discriminator at the end", last.accuracy, least=0.99),
            Check("minimax: largest gradient", best.minimax),
            Check("minimax: steps at which it is largest", float(best.steps)),
            Check("minimax: gradient after 1,000 steps", last.minimax),
            within(
                "minimax: that gradient, of the largest", last.minimax / best.minimax, most=0.05
            ),
            within(
                "non-saturating over minimax at the end",
                last.nonsaturating / last.minimax,
                least=100,
            ),
        ],
        figure,
        "Both axes are logarithmic.",
    )
