"""Edits by a classifier's gradient, in a latent space and in the pixels themselves."""

from typing import NamedTuple

import torch
from torch import Tensor, nn

from pipeline.capabilities import Classifier, Latent
from pipeline.labs.findings import Check, Finding, within
from pipeline.labs.latent.digits import (
    Digits,
    classes,
    digit_classifier,
    digits_of,
    nearest,
)
from pipeline.labs.latent.grids import draw_rows, enlarge
from pipeline.labs.latent.trained import Trained
from pipeline.labs.plotting import panels
from pipeline.latent import Space, ascend, class_reader, space_of

STARTS = 6
"""Samples that are led to each class."""
STEPS = 60


class Pixels(nn.Module, Latent):
    """Samples as their own latents: what an edit is compared with that no model holds back."""

    def encode(self, x: Tensor) -> Tensor:
        """Return the samples [N, C, H, W] themselves."""
        return x

    def decode(self, z: Tensor) -> Tensor:
        """Return them as they are."""
        return z


class Edits(NamedTuple):
    """Samples that were led to every class: K classes, from N starts each."""

    samples: Tensor
    """[K, N, C, H, W], edited."""
    tried: Tensor
    """[K, N] bools: those that were not of the class from the start."""
    reached: float
    """Share of tries that the classifier takes for the wanted class."""
    seen: float
    """Share of tries whose nearest training digit is of the wanted class."""
    lengths: Tensor
    """[K, N], of the edited latents."""


def lead(
    space: Space,
    start: Tensor,
    classifier: Classifier,
    known: Digits,
    *,
    steps: int = STEPS,
    step: float = 0.1,
) -> Edits:
    """Move latents [N, *shape] towards each class of a classifier.

    Raises ValueError where every start is of every class already.
    """
    count = len(classifier.class_names)
    own = classes(classifier, space.decode_all(start))
    tried = own[None] != torch.arange(count, device=own.device)[:, None]
    reader = class_reader(classifier)
    ends = torch.stack(
        [ascend(space, start, reader, k, steps=steps, step=step)[-1] for k in range(count)]
    )
    samples = space.decode_all(ends.flatten(0, 1))
    wanted = torch.arange(count, device=own.device).repeat_interleave(len(start))
    asked = tried.flatten()
    if not asked.any():
        raise ValueError("no start leaves anything to do")
    reached = (classes(classifier, samples) == wanted)[asked].double().mean()
    _, like = nearest(samples.clamp(-1, 1), known)
    seen = (like == wanted)[asked].double().mean()
    shape = (count, len(start))
    return Edits(
        samples.reshape(*shape, *samples.shape[1:]),
        tried,
        float(reached),
        float(seen),
        ends.flatten(0, 1).flatten(1).norm(dim=1).reshape(shape),
    )


def find(trained: Trained) -> Finding:
    """Lead samples to every class through z, through w, and by their pixels."""
    classifier, known = digit_classifier(trained), digits_of(trained, "train")
    z = space_of(trained.model("vae").model, "z")
    w = space_of(trained.model("stylegan2").model, "w")
    drawn = z.draw(STARTS, seed=5)
    pixels = space_of(Pixels(), "code")
    edits = {
        "z of the VAE": lead(z, drawn, classifier, known),
        "w of StyleGAN2": lead(w, w.draw(STARTS, seed=5), classifier, known),
        "pixels": lead(pixels, z.decode_all(drawn), classifier, known),
    }
    least, most = (float(end) for end in torch.aminmax(edits["z of the VAE"].lengths))
    figure, axes = panels([f"By {name}" for name in edits])
    for panel, found in zip(axes, edits.values(), strict=True):
        draw_rows(
            panel,
            {f"to {name}": found.samples[k] for k, name in enumerate(classifier.class_names)},
        )
    enlarge(figure, 10, 5.5)
    held = edits["pixels"].seen
    return Finding(
        "gradients",
        "A classifier's gradient makes a digit of a latent, and a disguise of pixels",
        f"{STARTS} draws are led towards each of the ten classes: the latent climbs the gradient "
        "of the class's log odds by steps of 0.1 standard deviations until the classifier is "
        f"confident, {STEPS} steps at most; both networks stay as they are, and lengths of z stay "
        "usual. Tries are those that don't begin in the class. The baseline is the same climb in "
        "the pixels of the VAE's samples, by steps of length 0.1. Both satisfy the classifier that "
        "they climb; whether a digit came of it is told by another one, the class of the nearest "
        "training picture: what leads pixels past a classifier may be invisible (Szegedy et al. "
        "2014).",
        [
            *(
                within(f"{name}: reached the class", found.reached, least=0.9)
                for name, found in edits.items()
                if name != "pixels"
            ),
            Check("pixels: reached the class", edits["pixels"].reached),
            *(
                Check(f"{name}: nearest training digit is of the class", found.seen)
                for name, found in edits.items()
            ),
            within(
                "nearest digit of the class: z less pixels",
                edits["z of the VAE"].seen - held,
                least=0.1,
            ),
            within(
                "nearest digit of the class: w less pixels",
                edits["w of StyleGAN2"].seen - held,
                least=0.1,
            ),
            Check("z of the VAE: shortest length", least),
            within("z of the VAE: greatest length", most, most=z.radius() + 3 / 2**0.5 + 1e-3),
        ],
        figure,
        "A column is a draw, a row the class that it was led to.",
    )
