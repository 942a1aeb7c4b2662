"""The game min over x, max over y of xy: what goes round, what goes away, what comes to rest."""

import math
from collections.abc import Callable

import numpy as np
import numpy.typing as npt

from pipeline.labs.findings import Check, Finding, near, within
from pipeline.labs.plotting import label, panels

Path = npt.NDArray[np.float64]
START = (1.0, 0.0)
LR, STEPS = 0.1, 2000
WEIGHT = 0.1
"""Of historical averaging; the paper names none."""


def simultaneous(lr: float = LR, steps: int = STEPS) -> Path:
    """Let both players step by their gradients at once: x, y [steps + 1, 2].

    The radius grows by sqrt(1 + lr^2) a step: (x - lr y)^2 + (y + lr x)^2 = (1 + lr^2)(x^2 + y^2).
    """
    return played(lambda x, y, mean: (x - lr * y, y + lr * x), steps)


def alternating(lr: float = LR, steps: int = STEPS) -> Path:
    """Let y answer the x that has stepped already: x^2 + y^2 - lr x y stays what it is."""

    def turn(x: float, y: float, mean: Path) -> tuple[float, float]:
        x -= lr * y
        return x, y + lr * x

    return played(turn, steps)


def historical_averaging(lr: float = LR, steps: int = STEPS, weight: float = WEIGHT) -> Path:
    """Step at once, each player also pulled to the mean of all its own past.

    Salimans et al. 2016, section 3.3: each cost gains w |theta - mean of thetas|^2. The mean m
    moves ever more slowly and the moves z = x + iy follow it, z = 2 w m / (2 w - i), so that with
    dm / dt = (z - m) / t the radius falls as t^(-1 / (4 w^2 + 1)).
    """

    def turn(x: float, y: float, mean: Path) -> tuple[float, float]:
        pull = 2 * weight * (np.array([x, y]) - mean)
        return x - lr * (y + float(pull[0])), y + lr * (x - float(pull[1]))

    return played(turn, steps)


def replies_to_history(steps: int = STEPS) -> Path:
    """Let each player reply best, within [-1, 1], to the mean of all that the other has played.

    Fictitious play (Brown 1951), of which the means converge in every zero-sum game (Robinson
    1951).
    """
    return played(lambda x, y, mean: (-sign(mean[1]), sign(mean[0])), steps)


def played(turn: Callable[[float, float, Path], tuple[float, float]], steps: int) -> Path:
    """Play ``steps`` turns from `START`; a turn is told the mean of all before it."""
    path = np.empty((steps + 1, 2))
    path[0] = START
    total = np.zeros(2)
    for step in range(steps):
        total += path[step]
        path[step + 1] = turn(float(path[step, 0]), float(path[step, 1]), total / (step + 1))
    return path


def means(path: Path) -> Path:
    """Average each player's moves up to each turn: [steps + 1, 2]."""
    averaged: Path = path.cumsum(axis=0) / np.arange(1, len(path) + 1)[:, None]
    return averaged


def radius(path: Path) -> npt.NDArray[np.float64]:
    """Compute the distance from the equilibrium, 0, at each turn: [steps + 1]."""
    return np.hypot(path[:, 0], path[:, 1])


def falling(path: Path) -> float:
    """Fit the power of the step by which the radius falls over the last half of a path."""
    half = len(path) // 2
    steps = np.log(np.arange(half, len(path)))
    return float(np.polyfit(steps, np.log(radius(path)[half:]), 1)[0])


def sign(value: float) -> float:
    """Return -1 below 0, else 1: a player who doesn't care has to do something."""
    return -1.0 if value < 0 else 1.0


def find() -> Finding:
    """Play by each rule."""
    away, round_, averaged, replies = (
        simultaneous(),
        alternating(),
        historical_averaging(),
        replies_to_history(),
    )
    growth = radius(away)[1:] / radius(away)[:-1]
    kept = (round_**2).sum(axis=1) - LR * round_.prod(axis=1)
    figure, (plane, over) = panels(["Moves", "Distance from the equilibrium"])
    shown = {
        "simultaneous": away[:150],
        "alternating": round_[:150],
        "historical averaging": averaged[:150],
    }
    for name, path in shown.items():
        plane.plot(path[:, 0], path[:, 1], linewidth=1, label=name)
    plane.set_aspect("equal")
    label(plane, "x, minimises", "y, maximises")
    curves = {
        "simultaneous": away,
        "alternating": round_,
        "historical averaging": averaged,
        "alternating, mean": means(round_),
        "replies to history, mean": means(replies),
    }
    for name, path in curves.items():
        over.plot(radius(path), linewidth=1, label=name)
    over.set_yscale("log")
    over.set_xscale("log")
    label(over, "step", "radius")
    return Finding(
        "bilinear_game",
        "Two players who chase each other",
        "With the payoff xy the equilibrium is 0, and gradients lead round it: steps of both at "
        "once spiral away, steps in turn circle for ever. What remembers comes to rest: each "
        "player's pull to its own past (historical averaging, Salimans et al. 2016), the mean of "
        "the moves, and best replies to all that the other has played. From (1, 0), rate 0.1, "
        f"{STEPS} steps.",
        [
            near(
                "simultaneous: growth a step, sqrt(1.01)",
                float(growth.mean()),
                math.sqrt(1 + LR**2),
                1e-9,
            ),
            within(
                "simultaneous: growth, largest less smallest",
                float(growth.max() - growth.min()),
                most=1e-9,
            ),
            within(
                "alternating: change of x² + y² - 0.1 xy",
                float(np.abs(kept - kept[0]).max()),
                most=1e-9,
            ),
            Check("alternating: radius at the end", float(radius(round_)[-1])),
            within("alternating: radius of the mean", float(radius(means(round_))[-1]), most=0.02),
            within("historical averaging: radius", float(radius(averaged)[-1]), most=0.01),
            near(
                "historical averaging: power of t by which it falls, -1 / (4w² + 1)",
                falling(averaged),
                -1 / (4 * WEIGHT**2 + 1),
                0.02,
            ),
            within(
                "replies to history: radius of the mean",
                float(radius(means(replies))[-1]),
                most=0.1,
            ),
        ],
        figure,
        "Left the first 150 moves.",
    )
