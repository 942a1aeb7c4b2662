"""What is read of a published vocoder, whoever publishes it."""

from collections.abc import Mapping
from typing import NamedTuple

from torch import Tensor

from pipeline.conventions import MelConvention
from pipeline.methods.imported import WaveGenerators
from pipeline.nn.outlines import on_meta
from pipeline.system.tensor_files import fitted


class PublishedVocoder(NamedTuple):
    """A generator of waves in our words."""

    network: WaveGenerators
    convention: MelConvention
    weights: dict[str, Tensor]
    """The state of ``network``, weight norm folded in."""


def fitting(
    weights: Mapping[str, Tensor], network: WaveGenerators, convention: MelConvention, of: str
) -> PublishedVocoder:
    """Return a vocoder of these weights, in float32.

    Raises UserError, which begins with ``of``, where any is missing, too much or of another shape.
    """
    with on_meta():
        state = network.build(convention.mels).state_dict()
    return PublishedVocoder(network, convention, fitted(weights, state, of))
