"""Ways between two real digits: through a code, and by fading one into the other."""

from typing import NamedTuple

import torch
from torch import Tensor

from pipeline.capabilities import Classifier
from pipeline.labs.findings import Check, Finding, within
from pipeline.labs.latent.digits import digit_classifier, digits_of, sure, unlike_pairs
from pipeline.labs.latent.grids import draw_rows, enlarge
from pipeline.labs.latent.trained import Trained
from pipeline.labs.plotting import label, panels
from pipeline.latent import Space, interpolate, space_of
from pipeline.metrics.sharpness import high_frequency_energy

PAIRS, TIMES = 64, 11
SHOWN = 3


class Walk(NamedTuple):
    """Numbers of each of the times [T] of ways, the ends among them."""

    sure: Tensor
    """Share of pictures that are taken confidently for a digit."""
    fine: Tensor
    """Energy of fine detail, as a share of the ends'."""

    def between(self, values: Tensor) -> float:
        """Return the mean of values [T] without the ends."""
        return float(values[1:-1].mean())


def through_code(space: Space, a: Tensor, b: Tensor, times: int = TIMES) -> Tensor:
    """Decode the ways between the codes of samples [P, C, H, W]: [T, P, C, H, W]."""
    codes = zip(space.encode(a), space.encode(b), strict=True)
    ways = torch.stack([interpolate(space, torch.stack(ends), times) for ends in codes], dim=1)
    samples = space.decode_all(ways.flatten(0, 1))
    return samples.reshape(*ways.shape[:2], *samples.shape[1:])


def faded(a: Tensor, b: Tensor, times: int = TIMES) -> Tensor:
    """Fade samples [P, C, H, W] into others, value by value: [T, P, C, H, W]."""
    shares = torch.linspace(0, 1, times).to(a)[:, None, None, None, None]
    return torch.lerp(a[None], b[None], shares)


def observe(classifier: Classifier, way: Tensor) -> Walk:
    """Measure ways [T, P, C, H, W]."""
    fine = torch.tensor([high_frequency_energy(pictures) for pictures in way])
    ends = (fine[0] + fine[-1]) / 2
    return Walk(torch.stack([sure(classifier, pictures).mean() for pictures in way]), fine / ends)


def find(trained: Trained) -> Finding:
    """Walk between digits of the test split that are of different classes."""
    classifier, space = digit_classifier(trained), space_of(trained.model("vae").model)
    known = digits_of(trained, "test")
    first, second = unlike_pairs(known.labels, PAIRS)
    a, b = known.pictures[first], known.pictures[second]
    ways = {"through the code": through_code(space, a, b), "faded": faded(a, b)}
    seen = {name: observe(classifier, way) for name, way in ways.items()}
    code, fade = seen.values()
    figure, (left, middle, right) = panels(
        ["Taken confidently for a digit", "Fine detail", "Each way, and the fade below it"]
    )
    at = torch.linspace(0, 1, TIMES)
    for name, walk in seen.items():
        left.plot(at, walk.sure, "o-", label=name)
        middle.plot(at, walk.fine, "o-", label=name)
    label(left, "share of the way", "share of pictures")
    label(middle, "share of the way", "energy, of the ends'")
    rows = {
        f"{'code' if name == 'through the code' else 'fade'} {pair + 1}": way[:, pair]
        for pair in range(SHOWN)
        for name, way in ways.items()
    }
    draw_rows(right, rows)
    enlarge(figure, 14, 3.4)
    return Finding(
        "walks",
        "The way through a code passes digits, the fade passes two at once",
        f"{len(a)} pairs of digits that the model was not trained on, of different classes. The "
        "VAE encodes both, and decodes places on the arc between their codes; a fade mixes the "
        "pictures themselves, value by value. How often a classifier is confident (a probability "
        "of 0.9) tells of both whether what lies between looks like a digit; the ends are the "
        "VAE's reconstructions of the one, and the pictures themselves of the other. The energy "
        "above a quarter cycle a pixel tells whether what lies between is as sharp as they are: "
        "the mean of two unlike pictures keeps half of it.",
        [
            Check("through the code: confident between", code.between(code.sure)),
            Check("faded: confident between", fade.between(fade.sure)),
            within(
                "confident in the middle, code less fade",
                float(code.sure[TIMES // 2] - fade.sure[TIMES // 2]),
                least=0.1,
            ),
            Check("through the code: confident at the ends", float(code.sure[[0, -1]].mean())),
            Check("faded: confident at the ends", float(fade.sure[[0, -1]].mean())),
            within(
                "through the code: fine detail in the middle, of the ends'",
                float(code.fine[TIMES // 2]),
                least=0.8,
            ),
            within(
                "faded: fine detail in the middle, of the ends'",
                float(fade.fine[TIMES // 2]),
                least=0.4,
                most=0.6,
            ),
        ],
        figure,
        "Ways from left to right; a row through the code, and below it the fade of the same two.",
    )
