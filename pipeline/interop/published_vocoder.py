"""The contents of a published vocoder, whoever publishes it."""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import NamedTuple

from pydantic import ValidationError
from torch import Tensor

from pipeline.conventions import MelConvention
from pipeline.errors import UserError, listing
from pipeline.methods.imported import WaveGenerators
from pipeline.mistakes import mistakes_of, reason_of
from pipeline.nn.outlines import on_meta
from pipeline.system.tensor_files import fitted


class PublishedVocoder(NamedTuple):
    """A generator of waves in our words."""

    network: WaveGenerators
    convention: MelConvention
    weights: dict[str, Tensor]
    """The state of ``network``, weight norm folded in."""


@contextmanager
def configuration_of(what: str, path: Path) -> Iterator[None]:
    """Read a configuration within: what goes wrong becomes a UserError about ``path``.

    It names each key that is missing or impossible.
    """
    try:
        yield
    except OSError as error:
        raise UserError(
            f"{path} can't be read: {error.strerror or error}; expected the generator's "
            "configuration (--config)"
        ) from error
    except ValidationError as error:
        raise UserError(
            f"{path} is no configuration of {what}:\n{listing(mistakes_of(error))}"
        ) from error
    except ValueError as error:
        raise UserError(f"{path} is no configuration of {what}: {reason_of(error)}") from error


def fitting(
    weights: Mapping[str, Tensor], network: WaveGenerators, convention: MelConvention, of: str
) -> PublishedVocoder:
    """Return a vocoder of these weights, in float32.

    Raises UserError, which begins with ``of``, where any is missing, too much or of another shape.
    """
    with on_meta():
        state = network.build(convention.mels).state_dict()
    return PublishedVocoder(network, convention, fitted(weights, state, of))
