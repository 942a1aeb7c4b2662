"""The experiments of the lab, in the order in which its page shows them."""

from collections.abc import Callable, Iterator

from pipeline.labs.findings import Finding
from pipeline.labs.latent.trained import Trained

EXPERIMENTS: tuple[Callable[[Trained], Finding], ...] = ()


def findings(trained: Trained) -> Iterator[Finding]:
    """Run every experiment; raises UserError where a model that one asks for was not trained."""
    for find in EXPERIMENTS:
        yield find(trained)
