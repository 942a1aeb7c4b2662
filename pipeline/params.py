"""params.yaml, typed: every number that a run depends on."""

from pathlib import Path
from typing import Annotated, Any

import yaml
from pydantic import Field, TypeAdapter, ValidationError

from pipeline.block import Block
from pipeline.datasets.corpora import CorpusParams
from pipeline.datasets.digits import DigitsParams
from pipeline.datasets.folders import PictureFolderParams, SoundFolderParams
from pipeline.datasets.savanna.dataset import SavannaParams
from pipeline.datasets.voices import VoicesParams
from pipeline.errors import UserError, listing
from pipeline.interop.imported import ImportedCoderParams, ImportedParams, ImportedVocoderParams
from pipeline.methods import ClassifierParams, ModelParams
from pipeline.methods.base import RunParams, StackedRunParams, VocoderRunParams
from pipeline.mistakes import describe

DataParams = Annotated[
    CorpusParams
    | DigitsParams
    | PictureFolderParams
    | SavannaParams
    | SoundFolderParams
    | VoicesParams,
    Field(discriminator="kind"),
]


MERGE = "tag:yaml.org,2002:merge"


class Params(Block):
    """The whole of params.yaml."""

    seed: int = Field(ge=0, lt=2**63)
    datasets: dict[str, DataParams]
    judges: dict[str, ClassifierParams] = Field(default_factory=dict)
    """The classifiers that evaluation asks, each named after its data set."""
    models: dict[str, ModelParams] = Field(default_factory=dict)
    stacked: dict[str, ModelParams] = Field(default_factory=dict)
    """Models that stand on what another stage trains, which their ``stands_on`` names."""
    vocoder: str | None = None
    """Which of the models makes the sound that evaluation judges converters by; by default
    Griffin-Lim does."""

    @property
    def runs(self) -> dict[str, ModelParams]:
        """All models, whether they stand on another or not."""
        return {**self.models, **self.stacked}


class StrictLoader(yaml.SafeLoader):
    """YAML in which a key stands once: of two equal keys, plain YAML forgets the first."""

    def construct_mapping(self, node: yaml.MappingNode, deep: bool = False) -> dict[Any, Any]:
        """A mapping; raises ConstructorError at a key that stands twice."""
        seen: set[Any] = set()
        for key_node, _ in node.value:
            if key_node.tag == MERGE:  # "<<: *block": what that block has may be said again
                continue
            key = self.construct_object(key_node, deep=True)
            if key in seen:
                problem = f"the key '{key}' stands twice"
                raise yaml.constructor.ConstructorError(None, None, problem, key_node.start_mark)
            seen.add(key)
        return super().construct_mapping(node, deep)


def load_params(path: Path) -> Params:
    """Reads and checks params.yaml.

    Raises UserError with, for each mistake, the key's path, what was found and what is allowed.
    """
    try:
        raw = yaml.load(path.read_text(encoding="utf-8"), Loader=StrictLoader)
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
        Annotated[
            ModelParams
            | ClassifierParams
            | ImportedParams
            | ImportedCoderParams
            | ImportedVocoderParams,
            Field(discriminator="method"),
        ]
    )
    return adapter.validate_python(raw)


def dangling(params: Params) -> list[str]:
    """Names that lead nowhere: of data sets without a block, of judges that nobody would ask, of a
    vocoder that is none."""
    known = ", ".join(sorted(params.datasets))
    runs: list[tuple[str, RunParams]] = [
        *((f"judges.{name}", judge) for name, judge in params.judges.items()),
        *((f"models.{name}", model) for name, model in params.models.items()),
        *((f"stacked.{name}", model) for name, model in params.stacked.items()),
    ]
    unknown = [
        f"{path}.data: found '{run.data}', allowed: {known}"
        for path, run in runs
        if run.data not in params.datasets
    ]
    misnamed = [
        f"judges.{name}: a judge has the name of its data set, allowed: {judge.data}"
        for name, judge in params.judges.items()
        if name != judge.data and judge.data in params.datasets
    ]
    vocoders = [name for name, run in params.models.items() if isinstance(run, VocoderRunParams)]
    mute = (
        []
        if params.vocoder is None or params.vocoder in vocoders
        else [f"vocoder: found '{params.vocoder}', allowed: {', '.join(vocoders) or 'none'}"]
    )
    return unknown + misnamed + mute + afloat(params)


def afloat(params: Params) -> list[str]:
    """Blocks that stand on nothing, or in the wrong group for what they stand on."""
    judges, models = (
        {f"{kind}/{name}" for name in blocks}
        for kind, blocks in (("judges", params.judges), ("models", params.runs))
    )
    found = [
        f"stacked.{name}: found the same name under models"
        for name in sorted(params.models.keys() & params.stacked.keys())
    ]
    for name, run in params.models.items():
        if isinstance(run, StackedRunParams) and run.stands_on is not None:
            found.append(f"models.{name}: it stands on {run.stands_on}, so its place is stacked")
    for name, run in params.stacked.items():
        below = run.stands_on if isinstance(run, StackedRunParams) else None
        others = judges | models - {f"models/{name}"}
        if below not in others:
            allowed = ", ".join(sorted(others)) or "none"
            found.append(f"stacked.{name}.stands_on: found {below!r}, allowed: {allowed}")
    return found
