"""Arithmetic of attributes with latents and with pixels."""

import itertools
from typing import NamedTuple

import torch
from torch import Tensor

from pipeline.capabilities import Classifier
from pipeline.errors import UserError
from pipeline.labs.findings import Check, Finding, within
from pipeline.labs.latent.digits import classes, digit_classifier, probabilities, sure
from pipeline.labs.latent.grids import draw_rows, enlarge
from pipeline.labs.latent.shapes import SHAPES, shapes_of
from pipeline.labs.latent.trained import Trained
from pipeline.labs.plotting import panels
from pipeline.latent import Analogy, Space, analogy, space_of
from pipeline.metrics.sharpness import high_frequency_energy

DRAWS = 2000
MEAN_OF = 3
"""Latents whose mean stands for a kind: the paper's."""
MANY = 15
"""The same where chance should count for less."""
SHOWN = 5


class Seen(NamedTuple):
    """Draws, and what was seen of them."""

    latents: Tensor
    """[N, *shape]."""
    classes: Tensor
    """Probabilities, [N, K]."""
    shapes: Tensor
    """`SHAPES`, [N, S]."""


class Kinds(NamedTuple):
    """Latents of each class that have much and little of an attribute."""

    classes: list[int]
    """K, those of which there are enough draws."""
    much: list[Tensor]
    """Of each [M, *shape]."""
    little: list[Tensor]
    limits: Tensor
    """[K], of each the value halfway between both means."""


class Outcome(NamedTuple):
    """Numbers of the results of much x - little x + little y."""

    samples: Tensor
    """[M, C, H, W]."""
    digit: float
    """Share that is of class y."""
    attribute: float
    """Share with more of the attribute than halfway from little y to much y."""
    sure: float
    """Share that is confidently a digit."""
    fine: float
    """Energy of fine detail."""


def observe(space: Space, classifier: Classifier, draws: int = DRAWS) -> Seen:
    """Draw latents, and see what they decode to."""
    latents = space.draw(draws, seed=9)
    samples = space.decode_all(latents)
    return Seen(latents, probabilities(classifier, samples), shapes_of(samples))


def kinds_of(seen: Seen, attribute: int, count: int = MEAN_OF) -> Kinds:
    """Choose ``count`` draws with most and with least of an attribute of each class, among that
    half of its draws which a classifier is surest of.

    Raises UserError where less than two classes have enough draws.
    """
    numbers, much, little, limits = [], [], [], []
    for number, probability in enumerate(seen.classes.T):
        own = (seen.classes.argmax(dim=1) == number).nonzero()[:, 0]
        own = own[probability[own].argsort(descending=True)][: len(own) // 2]
        if len(own) < 2 * count:
            continue
        order = own[seen.shapes[own, attribute].argsort()]
        ends = order[-count:], order[:count]
        numbers.append(number)
        much.append(seen.latents[ends[0]])
        little.append(seen.latents[ends[1]])
        limits.append(sum(seen.shapes[end, attribute].mean() for end in ends) / 2)
    if len(numbers) < 2:
        raise UserError(f"less than two classes have {4 * count} of {len(seen.latents):,} draws")
    return Kinds(numbers, much, little, torch.stack([torch.as_tensor(one) for one in limits]))


def outcome(
    classifier: Classifier, samples: Tensor, wanted: Tensor, attribute: int, kinds: Kinds
) -> Outcome:
    """Measure results [M, C, H, W] that should have much of an attribute, and be of the classes
    at places [M] of `Kinds`."""
    numbers = torch.tensor(kinds.classes, device=wanted.device)
    right = classes(classifier, samples) == numbers[wanted]
    much = shapes_of(samples)[:, attribute] > kinds.limits[wanted]
    return Outcome(
        samples,
        float(right.double().mean()),
        float(much.double().mean()),
        float(sure(classifier, samples).mean()),
        high_frequency_energy(samples),
    )


def measure(
    space: Space, classifier: Classifier, kinds: Kinds, attribute: int
) -> tuple[Outcome, Outcome]:
    """Compare much x - little x + little y for all pairs of classes, by latents and by pixels."""
    pairs = list(itertools.permutations(range(len(kinds.classes)), 2))
    found: list[Analogy] = [
        analogy(space, kinds.much[x], kinds.little[x], kinds.little[y]) for x, y in pairs
    ]
    wanted = torch.tensor([y for _, y in pairs], device=space.device)
    latents = torch.stack([one.sample for one in found])
    pixels = torch.stack([one.pixels for one in found]).clamp(-1, 1)
    first, second = (outcome(classifier, x, wanted, attribute, kinds) for x in (latents, pixels))
    return first, second


def find(trained: Trained) -> Finding:
    """Add and take away ink and slant, in z of the VAE and in w of StyleGAN2."""
    classifier = digit_classifier(trained)
    spaces = {
        "VAE": space_of(trained.model("vae").model, "z"),
        "StyleGAN2": space_of(trained.model("stylegan2").model, "w"),
    }
    checks, drawn = [], {}
    for model, space in spaces.items():
        seen = observe(space, classifier)
        for name in ("ink", "slant"):
            said, number = f"{model}, {name}", SHAPES.index(name)
            latents, pixels = measure(space, classifier, kinds_of(seen, number), number)
            many, _ = measure(space, classifier, kinds_of(seen, number, MANY), number)
            checks += [
                within(f"{said}: much of it, by latents", latents.attribute, least=0.8),
                Check(f"{said}: much of it, by pixels", pixels.attribute),
                within(f"{said}: still the digit, by latents", latents.digit, least=0.8),
                Check(f"{said}: still the digit, by pixels", pixels.digit),
                Check(f"{said}: still the digit, by latents, means of {MANY}", many.digit),
                within(
                    f"{said}: confidently a digit, latents less pixels",
                    latents.sure - pixels.sure,
                    least=0,
                ),
                within(
                    f"{said}: fine detail, pixels over latents", pixels.fine / latents.fine, most=1
                ),
            ]
            drawn[said] = (latents.samples, pixels.samples)
    figure, axes = panels(list(drawn))
    for panel, (latents_, pixels_) in zip(axes, drawn.values(), strict=True):
        chosen = torch.linspace(0, len(latents_) - 1, SHOWN).long()
        draw_rows(panel, {"latents": latents_[chosen], "pixels": pixels_[chosen]})
    enlarge(figure, 14, 1.8)
    return Finding(
        "arithmetic",
        "Much x less little x plus little y is much y",
        "As smiling women less neutral women plus neutral men are smiling men (Radford et al. "
        "2016, section 6.3.2): here digits are the men and women, and ink or slant the smile. Of "
        f"{DRAWS:,} draws those that a classifier is surest of stand for their digits; the means "
        f"of the {MEAN_OF} with most and least of the attribute are added and taken away, for all "
        "pairs of digits. Much is more than halfway between y's own ends. The same sum of the "
        "pictures' pixels is the baseline, cut to their range: it adds strokes of one digit to "
        "another. What draws have beside the attribute is not averaged away by "
        f"{MEAN_OF}: of normal z the difference of two such means is as long as 0.8 of a draw, so "
        f"it can lead out of y's digit; means of {MANY} show how much of that was chance.",
        checks,
        figure,
        "Some of the results.",
    )
