"""Continuity and completeness: what lies between and beside the codes of real digits."""

from typing import NamedTuple

import torch
from torch import Generator, Tensor

from pipeline.capabilities import Classifier
from pipeline.evaluation.data import in_batches
from pipeline.labs.findings import Check, Finding, within
from pipeline.labs.latent.digits import Digits, digit_classifier, digits_of, sure, unlike_pairs
from pipeline.labs.latent.grids import draw_rows, enlarge
from pipeline.labs.latent.trained import Trained
from pipeline.labs.plotting import label, panels
from pipeline.latent import Space, space_of
from pipeline.metrics.frechet import frechet_distance
from pipeline.models.vae import VAEModel

DRAWS, SHOWN = 512, 8
NUDGE = 0.1
"""Length of a small step, in standard deviations of codes."""


class Codes(NamedTuple):
    """Numbers that describe the codes of a model."""

    centre: float
    """Root mean square of their mean over samples: 0 where they lie about the origin."""
    spread: float
    """Root mean square of their standard deviations: 1 at most where the prior is met."""
    fitted: Tensor
    """Draws [N, Z] of the Gaussian that has their mean and covariance."""
    complete: float
    """Share of what those draws decode to that is confidently a digit."""
    complete_distance: float
    """Frechet distance of what those draws decode to, to digits, in the classifier's features."""
    prior: float
    """As ``complete``, of draws of mean 0 and variance 1."""
    prior_distance: float
    """As ``complete_distance``, of those."""
    between: float
    """The same of places halfway between the codes of two digits of different classes."""
    rough: float
    """Root mean square change of values for a small step, per standard deviation of codes."""


def fitted_draws(codes: Tensor, n: int, seed: int = 0) -> Tensor:
    """Draw ``n`` of the Gaussian that has the mean and covariance of codes [N, Z]."""
    mean = codes.double().mean(dim=0)
    values, vectors = torch.linalg.eigh(torch.cov(codes.double().T))
    noise = torch.randn(n, codes.shape[1], generator=Generator().manual_seed(seed))
    drawn: Tensor = mean + (noise.to(mean) * values.clamp(min=0).sqrt()) @ vectors.T
    return drawn.to(codes)


def measure(space: Space, classifier: Classifier, known: Digits, draws: int = DRAWS) -> Codes:
    """Measure the codes of known digits, and what lies beside them."""
    codes = space.encode(known.pictures)
    stds = codes.std(dim=0)
    fitted = fitted_draws(codes, draws)
    generator = Generator().manual_seed(1)
    noise = torch.randn(draws, codes.shape[1], generator=generator).to(codes)
    first, second = unlike_pairs(known.labels, draws)
    step = NUDGE * stds * torch.randn(codes.shape, generator=generator).to(codes)
    moved = (space.decode_all(codes + step) - space.decode_all(codes)).flatten(1).norm(dim=1)
    length = (step / stds.clamp(min=1e-9)).norm(dim=1)
    beside, normal = space.decode_all(fitted), space.decode_all(noise)
    return Codes(
        centre=float(codes.mean(dim=0).square().mean().sqrt()),
        spread=float(stds.square().mean().sqrt()),
        fitted=fitted,
        complete=float(sure(classifier, beside).mean()),
        complete_distance=distance(classifier, beside, known.pictures),
        prior=float(sure(classifier, normal).mean()),
        prior_distance=distance(classifier, normal, known.pictures),
        between=float(
            sure(classifier, space.decode_all((codes[first] + codes[second]) / 2)).mean()
        ),
        rough=float((moved / length).mean() / known.pictures[0].numel() ** 0.5),
    )


@torch.no_grad()
def distance(classifier: Classifier, x: Tensor, y: Tensor) -> float:
    """Measure the Frechet distance of two sets of samples in a classifier's features."""
    return frechet_distance(*(in_batches(classifier.features, some) for some in (x, y)))


def find(trained: Trained) -> Finding:
    """Compare the codes of a VAE with those of an autoencoder of the same networks."""
    classifier, known = digit_classifier(trained), digits_of(trained, "test")
    vae = trained.model("vae").model
    assert isinstance(vae, VAEModel)
    spaces: dict[str, Space] = {
        "VAE": space_of(vae, "z"),
        "autoencoder": space_of(trained.model("autoencoder").model, "code"),
    }
    found = {name: measure(space, classifier, known) for name, space in spaces.items()}
    regular, free = found["VAE"], found["autoencoder"]
    with torch.no_grad():
        stds = (0.5 * vae.posterior(known.pictures)[1]).exp()
    figure, (left, middle, right) = panels(
        ["Codes of digits, VAE", "Codes of digits, autoencoder", "Draws of the Gaussian of codes"]
    )
    for panel, space in zip((left, middle), spaces.values(), strict=True):
        codes = space.encode(known.pictures).cpu()
        plane = torch.pca_lowrank(codes, q=2, niter=8)[2]
        places = (codes @ plane).T
        panel.scatter(*places, c=known.labels.cpu(), cmap="tab10", s=6)
        panel.plot(0, 0, "+", color="black")
        label(panel, "first component", "second component", legend=False)
    rows = {name: space.decode_all(found[name].fitted[:SHOWN]) for name, space in spaces.items()}
    rows["VAE's prior"] = spaces["VAE"].decode_all(spaces["VAE"].draw(SHOWN, seed=1))
    draw_rows(right, rows)
    enlarge(figure, 13, 3.4)
    return Finding(
        "continuity",
        "A prior leaves no holes between codes",
        "A VAE is asked for codes whose draws are normal; an autoencoder of the same networks is "
        "not, so its codes lie where they like, as far apart as they like. Of the "
        f"{len(known.labels)} digits of the test split: draws of the Gaussian with the mean and "
        "covariance of their codes tell of completeness, whether what lies beside codes decodes to "
        "digits; halves of ways between digits of different classes, and small steps in units of "
        "the codes' standard deviations, tell of continuity. A digit is what a classifier takes "
        "confidently for one. To be taken for one is not enough: standard normal draws are a small "
        "part of where the autoencoder's codes lie, and what they decode to is of few kinds, which "
        "the Frechet distance to the digits, in the classifier's features, tells. "
        "Shares have a standard error of 0.02 to 0.04: smaller differences are chance.",
        [
            *(
                Check(f"{name}, {what}", value)
                for name, codes in found.items()
                for what, value in (
                    ("mean of codes, root mean square", codes.centre),
                    ("standard deviation of codes, root mean square", codes.spread),
                    ("draws of the Gaussian of codes: confidently a digit", codes.complete),
                    ("draws of the Gaussian of codes: Frechet distance", codes.complete_distance),
                    ("standard normal draws: confidently a digit", codes.prior),
                    ("standard normal draws: Frechet distance", codes.prior_distance),
                    ("halfway between codes: confidently a digit", codes.between),
                    ("change of values per step of 1", codes.rough),
                )
            ),
            Check("VAE, standard deviation of one code, mean", float(stds.mean())),
            within(
                "VAE, mean of codes over their spread", regular.centre / regular.spread, most=0.25
            ),
            within(
                "Gaussian of codes: VAE less autoencoder", regular.complete - free.complete, least=0
            ),
            within(
                "Gaussian of codes: Frechet distance, VAE over autoencoder",
                regular.complete_distance / free.complete_distance,
                most=1,
            ),
            within(
                "standard normal draws: confidently a digit, VAE less autoencoder",
                regular.prior - free.prior,
                least=0,
            ),
            within(
                "standard normal draws: Frechet distance, VAE over autoencoder",
                regular.prior_distance / free.prior_distance,
                most=0.5,
            ),
            within("halfway: VAE less autoencoder", regular.between - free.between, least=0),
            within("change per step: VAE over autoencoder", regular.rough / free.rough, most=1),
        ],
        figure,
        "The cross is the origin; colours are digits.",
    )
