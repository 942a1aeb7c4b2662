"""Coarse styles of one digit with fine ones of another."""

from typing import NamedTuple

import torch
from torch import Tensor

from pipeline.capabilities import Classifier, StyleSpace
from pipeline.labs.findings import Check, Finding, within
from pipeline.labs.latent.digits import classes, digit_classifier
from pipeline.labs.latent.grids import draw_rows, enlarge
from pipeline.labs.latent.shapes import SHAPES, shapes_of
from pipeline.labs.latent.trained import Trained
from pipeline.labs.plotting import label, panels
from pipeline.latent.spaces import AT_ONCE
from pipeline.latent.style_spaces import WSpace

PAIRS, SHOWN = 256, 6


class Mix(NamedTuple):
    """Pictures with the styles of one w up to a layer and of another from it on."""

    layer: int
    coarse_class: float
    """Share of those that are of the class of the first picture, where both classes differ."""
    fine_class: float
    """Share that are of the second's."""
    coarse_shapes: Tensor
    """[K], correlation of each of `SHAPES` with the first picture's."""
    fine_shapes: Tensor
    """[K], with the second's."""


@torch.no_grad()
def mixed(model: StyleSpace, a: Tensor, b: Tensor, layer: int) -> Tensor:
    """Draw samples of coarse styles a and fine ones b [N, W] from ``layer`` on."""
    parts = zip(torch.split(a, AT_ONCE), torch.split(b, AT_ONCE), strict=True)
    return torch.cat([model.mix(*ends, layer) for ends in parts])


def measure(model: StyleSpace, classifier: Classifier, a: Tensor, b: Tensor) -> list[Mix]:
    """Mix styles [N, W] of pairs at each layer, from none of the first to all."""
    own = [mixed(model, w, w, 0) for w in (a, b)]
    digits, shapes = [classes(classifier, x) for x in own], [shapes_of(x) for x in own]
    unlike = digits[0] != digits[1]
    found = []
    for layer in range(model.layers + 1):
        x = mixed(model, a, b, layer)
        said, seen = classes(classifier, x)[unlike], shapes_of(x)
        of_a, of_b = (float((said == digit[unlike]).double().mean()) for digit in digits)
        like_a, like_b = (correlations(seen, shape) for shape in shapes)
        found.append(Mix(layer, of_a, of_b, like_a, like_b))
    return found


def correlations(a: Tensor, b: Tensor) -> Tensor:
    """Compute the correlation [K] of each column of [N, K] with the same of another."""
    x, y = (part.double() - part.double().mean(dim=0) for part in (a, b))
    together: Tensor = (x * y).sum(dim=0) / (x.norm(dim=0) * y.norm(dim=0)).clamp(min=1e-12)
    return together


def find(trained: Trained) -> Finding:
    """Mix the styles of StyleGAN2's draws."""
    classifier, model = digit_classifier(trained), trained.model("stylegan2").model
    space = WSpace(model)
    a, b = space.draw(2 * PAIRS, seed=7).chunk(2)
    mixes = measure(space.styles, classifier, a, b)
    half = space.layers // 2
    at = mixes[half]
    figure, (left, middle, right) = panels(
        ["Class, where both differ", "Whose shape the mix has", f"Mixes at layer {half}"]
    )
    layers = [mix.layer for mix in mixes]
    left.plot(layers, [mix.coarse_class for mix in mixes], "o-", label="of the coarse styles")
    left.plot(layers, [mix.fine_class for mix in mixes], "o-", label="of the fine styles")
    label(left, "layers of the first picture", "share of pictures")
    for number, name in enumerate(SHAPES):
        middle.plot(layers, [float(mix.fine_shapes[number]) for mix in mixes], "o-", label=name)
    label(middle, "layers of the first picture", "correlation with the second's")
    shown = a[:SHOWN], b[:SHOWN]
    draw_rows(
        right,
        {
            "coarse": space.decode_all(shown[0]),
            "mixed": mixed(space.styles, *shown, half),
            "fine": space.decode_all(shown[1]),
        },
    )
    enlarge(figure, 13, 3.2)
    ink, slant = (SHAPES.index(name) for name in ("ink", "slant"))
    left_open = 1 - at.coarse_shapes.square()
    return Finding(
        "mixing",
        "Coarse styles say which digit and how it leans, fine ones some of its ink",
        f"{PAIRS} pairs of styles w of StyleGAN2: the first of each pair for the layers below, the "
        "second from a layer on (Karras et al. 2019, section 3.1). Half of the layers are below 16 "
        "pixels a side. A classifier tells whose digit the mix shows, and correlations over pairs "
        "whose ink and slant it has; what the coarse styles' value does not explain (1 - r^2) is "
        "left to the fine ones. The paper finds pose and shape in coarse styles, colours and what "
        "is fine in the others. These digits were scanned at 8 pixels a side and enlarged: little "
        "of them is finer than the coarse half.",
        [
            within("half mixed: digit of the coarse styles", at.coarse_class, least=0.5),
            Check("half mixed: digit of the fine styles", at.fine_class),
            within("half mixed: digit, coarse less fine", at.coarse_class - at.fine_class, least=0),
            Check("half mixed: ink goes with the coarse styles'", float(at.coarse_shapes[ink])),
            Check("half mixed: ink goes with the fine styles'", float(at.fine_shapes[ink])),
            within(
                "half mixed: ink, fine less coarse",
                float(at.fine_shapes[ink] - at.coarse_shapes[ink]),
                least=0,
            ),
            Check("half mixed: ink that is left to the fine styles", float(left_open[ink])),
            Check("half mixed: slant that is left to the fine styles", float(left_open[slant])),
            within(
                "half mixed: left to the fine styles, ink less slant",
                float(left_open[ink] - left_open[slant]),
                least=0,
            ),
        ],
        figure,
        "Right: the styles of the first row below, those of the last above.",
    )
