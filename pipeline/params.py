"""params.yaml, typed: every number that a run depends on."""

from pathlib import Path
from typing import Annotated, Any

import yaml
from pydantic import Field, TypeAdapter, ValidationError

from pipeline.block import Block
from pipeline.datasets.digits import DigitsParams
from pipeline.datasets.folders import PictureFolderParams, SoundFolderParams
from pipeline.datasets.savanna.dataset import SavannaParams
from pipeline.datasets.voices import VoicesParams
from pipeline.errors import UserError, listing
from pipeline.methods import ClassifierParams, ModelParams
from pipeline.methods.base import RunParams
from pipeline.mistakes import describe

DataParams = Annotated[
    DigitsParams | PictureFolderParams | SavannaParams | SoundFolderParams | VoicesParams,
    Field(discriminator="kind"),
]


class Params(Block):
    """The whole of params.yaml."""

    seed: int = Field(ge=0, lt=2**63)
    datasets: dict[str, DataParams]
    judges: dict[str, ClassifierParams] = Field(default_factory=dict)
    """The classifiers that evaluation asks, each named after its data set."""
    models: dict[str, ModelParams] = Field(default_factory=dict)


def load_params(path: Path) -> Params:
    """Reads and checks params.yaml.

    Raises UserError with, for each mistake, the key's path, what was found and what is allowed.
    """
    try:
        raw = yaml.safe_load(path.read_text(encoding="utf-8"))
    except FileNotFoundError as error:
        raise UserError(f"expected parameters at {path}: there is no such file") from error
    except (yaml.YAMLError, UnicodeDecodeError) as error:
        raise UserError(f"{path} is not YAML: {error}") from error
    try:
        params = Params.model_validate(raw)
    except ValidationError as error:
        found = [describe(dict(mistake), Params, raw) for mistake in error.errors()]
        raise _mistakes(path, found) from error
    if found := dangling(params):
        raise _mistakes(path, found)
    return params


def _mistakes(path: Path, found: list[str]) -> UserError:
    return UserError(f"{path} has {len(found)} mistake(s):\n{listing(found)}")


def load_run(raw: dict[str, Any]) -> RunParams:
    """A model's or judge's block as a finished model keeps it; raises ValidationError."""
    adapter: TypeAdapter[RunParams] = TypeAdapter(
        Annotated[ModelParams | ClassifierParams, Field(discriminator="method")]
    )
    return adapter.validate_python(raw)


def dangling(params: Params) -> list[str]:
    """Names of data sets that no block defines."""
    known = ", ".join(sorted(params.datasets))
    runs: list[tuple[str, RunParams]] = [
        *((f"judges.{name}", judge) for name, judge in params.judges.items()),
        *((f"models.{name}", model) for name, model in params.models.items()),
    ]
    return [
        f"{path}.data: found '{run.data}', allowed: {known}"
        for path, run in runs
        if run.data not in params.datasets
    ]
