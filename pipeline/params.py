"""params.yaml, typed: every number that a run depends on."""

import re
from collections.abc import Hashable
from pathlib import Path
from typing import Annotated, Any

import yaml
from pydantic import Field, ValidationError

from pipeline.block import Block
from pipeline.datasets.corpora import CorpusParams
from pipeline.datasets.digits import DigitsParams
from pipeline.datasets.folders import PictureFolderParams, SoundFolderParams
from pipeline.datasets.savanna.dataset import SavannaParams
from pipeline.datasets.voices import VoicesParams
from pipeline.errors import UserError, listing
from pipeline.methods.base import RunParams
from pipeline.methods.classifier import ClassifierParams
from pipeline.methods.pretrained import SecondStageRunParams
from pipeline.methods.registry import ModelParams
from pipeline.methods.runs import VocoderRunParams
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


GROUPS = ("datasets", "classifiers", "models", "second_stage")
"""The keys of params.yaml whose blocks are stages of DVC."""
MERGE = "tag:yaml.org,2002:merge"


class Params(Block):
    """The whole of params.yaml."""

    seed: int = Field(ge=0, lt=2**63)
    datasets: dict[str, DataParams]
    classifiers: dict[str, ClassifierParams] = Field(default_factory=dict)
    """The classifiers that evaluation asks, each named after its data set."""
    models: dict[str, ModelParams] = Field(default_factory=dict)
    second_stage: dict[str, ModelParams] = Field(default_factory=dict)
    """Models that build on what another stage trains, which their ``pretrained`` names."""
    vocoder: str | None = None
    """The model that makes the sound which evaluation measures converters by; by default
    Griffin-Lim does."""

    @property
    def runs(self) -> dict[str, ModelParams]:
        """All models, whether they build on another or not."""
        return {**self.models, **self.second_stage}

    @property
    def trained(self) -> dict[str, RunParams]:
        """All that is trained, by its path: ``classifiers.NAME``, ``models.NAME``, ..."""
        return {
            f"{group}.{name}": run
            for group in GROUPS[1:]
            for name, run in getattr(self, group).items()
        }


class StrictLoader(yaml.SafeLoader):
    """YAML in which a key stands once: of two equal keys, plain YAML forgets the first."""

    def construct_mapping(self, node: yaml.MappingNode, deep: bool = False) -> dict[Any, Any]:
        """Return a mapping; raises ConstructorError at a key that stands twice or can't be one."""
        seen: set[Any] = set()
        for key_node, _ in node.value:
            if key_node.tag == MERGE:  # "<<: *block": what that block has may be said again
                continue
            key = self.construct_object(key_node, deep=True)
            if not isinstance(key, Hashable):
                problem = f"expected a text or a number as a key, found {key}"
            elif key in seen:
                problem = f"the key '{key}' stands twice"
            else:
                seen.add(key)
                continue
            raise yaml.constructor.ConstructorError(None, None, problem, key_node.start_mark)
        return super().construct_mapping(node, deep)


def load_params(path: Path) -> Params:
    """Read and check params.yaml.

    Raises UserError with, for each mistake, the key's path, what was found and what is allowed.
    """
    try:
        raw = yaml.load(path.read_text(encoding="utf-8"), Loader=StrictLoader)
    except FileNotFoundError as error:
        raise UserError(f"expected parameters at {path}: there is no such file") from error
    except (yaml.YAMLError, ValueError) as error:  # no text, no such date
        raise UserError(f"{path} is not YAML: {error}") from error
    try:
        params = Params.model_validate(raw)
    except ValidationError as error:
        found = [describe(dict(mistake), Params) for mistake in error.errors()]
        raise _mistakes(path, found) from error
    if found := misnamed(params) + dangling(params):
        raise _mistakes(path, found)
    return params


def _mistakes(path: Path, found: list[str]) -> UserError:
    return UserError(f"{path} has {len(found)} mistake(s):\n{listing(found)}")


def misnamed(params: Params) -> list[str]:
    """List names that can't be parts of DVC's stages, of paths and of commands, on every system."""
    found = [
        f"{group}: found the name '{name}', allowed: letters a-z, digits, _ and -, not first -"
        for group in GROUPS
        for name in getattr(params, group)
        if not re.fullmatch(r"\w[\w-]*", name, re.ASCII)
    ]
    curves = {f"classifier_{name}" for name in params.classifiers}
    return found + [
        f"{group}.{name}: its curves would lie where those of a classifier do; choose another name"
        for group in ("models", "second_stage")
        for name in getattr(params, group)
        if name in curves
    ]


def dangling(params: Params) -> list[str]:
    """List names that lead nowhere.

    Such are names of data sets without a block, of classifiers that nobody would ask, and of a
    vocoder that is none.
    """
    known = ", ".join(sorted(params.datasets))
    unknown = [
        f"{path}.data: found '{run.data}', allowed: {known}"
        for path, run in params.trained.items()
        if run.data not in params.datasets
    ]
    misnamed = [
        f"classifiers.{name}: a classifier has the name of its data set, allowed: {classifier.data}"
        for name, classifier in params.classifiers.items()
        if name != classifier.data and classifier.data in params.datasets
    ]
    vocoders = [name for name, run in params.models.items() if isinstance(run, VocoderRunParams)]
    mute = (
        []
        if params.vocoder is None or params.vocoder in vocoders
        else [f"vocoder: found '{params.vocoder}', allowed: {', '.join(vocoders) or 'none'}"]
    )
    return unknown + misnamed + mute + misplaced(params)


def misplaced(params: Params) -> list[str]:
    """List blocks that build on nothing, or are in the wrong group for what they build on."""
    classifiers, models = (
        {f"{kind}/{name}" for name in blocks}
        for kind, blocks in (("classifiers", params.classifiers), ("models", params.runs))
    )
    found = [
        f"second_stage.{name}: found the same name under models"
        for name in sorted(params.models.keys() & params.second_stage.keys())
    ]
    for name, run in params.models.items():
        if isinstance(run, SecondStageRunParams) and run.pretrained is not None:
            found.append(
                f"models.{name}: it builds on {run.pretrained}, so its place is second_stage"
            )
    for name, run in params.second_stage.items():
        below = run.pretrained if isinstance(run, SecondStageRunParams) else None
        others = classifiers | models - {f"models/{name}"}
        if below not in others:
            allowed = ", ".join(sorted(others)) or "none"
            found.append(f"second_stage.{name}.pretrained: found {below!r}, allowed: {allowed}")
    return found
