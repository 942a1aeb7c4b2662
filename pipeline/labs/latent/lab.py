"""The experiments of the lab, in the order in which its page shows them."""

from collections.abc import Callable, Iterator

from pipeline.labs.findings import Finding
from pipeline.labs.latent import (
    arcs,
    arithmetic,
    continuity,
    gradients,
    inverting,
    mixing,
    normals,
    single_numbers,
    style_noise,
    walks,
)
from pipeline.labs.latent.trained import Trained

EXPERIMENTS: tuple[Callable[[Trained], Finding], ...] = (
    walks.find,
    arcs.find,
    continuity.find,
    single_numbers.find,
    normals.find,
    gradients.find,
    arithmetic.find,
    inverting.find,
    mixing.find,
    style_noise.find,
)


def findings(trained: Trained) -> Iterator[Finding]:
    """Run every experiment; raises UserError where a model that one asks for was not trained."""
    for find in EXPERIMENTS:
        yield find(trained)
