"""One Gaussian fitted to two: the forward KL covers, the reverse KL seeks."""

import math
from collections.abc import Callable
from typing import Literal, NamedTuple, get_args

import torch
from scipy.optimize import minimize
from torch import Tensor

from pipeline.labs.findings import Check, Finding, near
from pipeline.labs.plotting import label, panels
from pipeline.labs.theory.densities import gaussian, jensen_shannon, kl, places

Divergence = Literal["forward", "reverse", "jensen_shannon"]
DIVERGENCES: tuple[Divergence, ...] = get_args(Divergence)
STARTS = tuple((mean, std) for mean in (0.0, 1.0, 2.5) for std in (0.5, 1.5, 3.0))

NAMES = {
    "forward": "KL(p || q), likelihood",
    "reverse": "KL(q || p)",
    "jensen_shannon": "Jensen-Shannon",
}
_X = places(-16, 16, 3201)
_STEP = float(_X[1] - _X[0])


class Fit(NamedTuple):
    """The Gaussian of least divergence."""

    mean: float
    std: float
    divergence: float


def two_gaussians(x: Tensor) -> Tensor:
    """Compute the density 0.5 N(-3, 0.5) + 0.5 N(3, 0.5) at places [N]."""
    return 0.5 * gaussian(x, -3.0, 0.5) + 0.5 * gaussian(x, 3.0, 0.5)


def fit(divergence: Divergence) -> Fit:
    """Find the Gaussian q of least divergence from `two_gaussians`, the best of several starts.

    By quadrature over [-16, 16] and Nelder & Mead's simplex: no gradient, so no start is a saddle.
    """
    p = two_gaussians(_X)
    tiny = torch.finfo(p.dtype).tiny

    def forward(q: Tensor) -> Tensor:
        return kl(p, q.clamp(min=tiny), _STEP)

    def reverse(q: Tensor) -> Tensor:
        return kl(q, p.clamp(min=tiny), _STEP)

    measures: dict[str, Callable[[Tensor], Tensor]] = {
        "forward": forward,
        "reverse": reverse,
        "jensen_shannon": lambda q: jensen_shannon(p, q, _STEP),
    }

    def value(at: tuple[float, float]) -> float:
        return float(measures[divergence](gaussian(_X, at[0], math.exp(at[1]))))

    runs = [
        minimize(value, (mean, math.log(std)), method="Nelder-Mead", options={"xatol": 1e-6})
        for mean, std in STARTS
    ]
    best = min(runs, key=lambda run: float(run.fun))
    return Fit(float(best.x[0]), math.exp(float(best.x[1])), float(best.fun))


def find() -> Finding:
    """Fit by each divergence."""
    fits = {name: fit(name) for name in DIVERGENCES}
    forward, reverse, between = (fits[name] for name in DIVERGENCES)
    figure, (axes,) = panels(["Two Gaussians, and one fitted to them"])
    axes.fill_between(_X, two_gaussians(_X), color="#e3e0d7", label="p")
    for name, found in fits.items():
        axes.plot(_X, gaussian(_X, found.mean, found.std), label=NAMES[name])
    axes.set_xlim(-8, 8)
    label(axes, "x", "density")
    return Finding(
        "fitted_gaussian",
        "The divergence decides whether a model covers or chooses",
        "One Gaussian can't be two. The forward KL, which maximum likelihood minimises, has it "
        "cover both, with its mean where there is nothing: the reason of blurred samples. The "
        "reverse KL has it choose one mode and be right there (Goodfellow 2016, tutorial, section "
        "3.2.5). A GAN's Jensen-Shannon divergence stands between. Fitted by quadrature.",
        [
            near("forward: mean", forward.mean, 0.0, 0.01),
            near("forward: variance", forward.std**2, 9.25, 0.02),
            near("reverse: |mean|", abs(reverse.mean), 3.0, 0.01),
            near("reverse: std", reverse.std, 0.5, 0.01),
            near("reverse: divergence, log 2", reverse.divergence, math.log(2), 0.001),
            Check("Jensen-Shannon: |mean|", abs(between.mean)),
            Check("Jensen-Shannon: std", between.std),
            Check("Jensen-Shannon: divergence", between.divergence),
        ],
        figure,
        "Grey: the density that is to be met.",
    )
