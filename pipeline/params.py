"""params.yaml, typed: every number that a run depends on."""

import re
from pathlib import Path
from typing import Annotated

from pydantic import Field, ValidationError

from pipeline.block import Block, Seed
from pipeline.datasets.corpora import CorpusParams
from pipeline.datasets.digits import DigitsParams
from pipeline.datasets.folders import PictureFolderParams, SoundFolderParams
from pipeline.datasets.points import PointsParams
from pipeline.datasets.savanna.dataset import SavannaParams
from pipeline.datasets.voices import VoicesParams
from pipeline.errors import LISTED, UserError, listing, some
from pipeline.methods.base import RunParams
from pipeline.methods.classifier import ClassifierParams
from pipeline.methods.pretrained import SecondStageRunParams
from pipeline.methods.registry import ModelParams
from pipeline.methods.runs import VocoderRunParams
from pipeline.mistakes import describe
from pipeline.system.yaml_files import read_yaml

DataParams = Annotated[
    CorpusParams
    | DigitsParams
    | PictureFolderParams
    | PointsParams
    | SavannaParams
    | SoundFolderParams
    | VoicesParams,
    Field(discriminator="kind"),
]


GROUPS = ("datasets", "classifiers", "models", "second_stage")
"""The keys of params.yaml whose blocks are stages of DVC."""


class EvaluationParams(Block):
    """Pretrained networks that evaluation asks, besides those that come with the extra ``judges``.

    Each is a file or folder of this machine: nothing is fetched. ``cached`` in place of a file of
    weights is that which lies where torch.hub keeps its own (``checkpoints`` in
    ``torch.hub.get_dir()``). What is not given is not measured, and the report says so.
    """

    whisper: str | None = None
    """The recogniser by which word errors are counted: a folder with a model of faster-whisper, or
    the name of one that its cache has (tiny.en)."""
    language: str = "en"
    """That of the recordings, as Whisper names it; ``auto``: it finds out, clip by clip."""
    inception: str | None = None
    """Weights of torch-fidelity's Inception v3, a file or ``cached``: FID, KID and Inception
    score."""
    clip: str | None = None
    """Weights of CLIP's encoder of pictures, a file or ``cached``: CMMD. Of those that OpenAI
    published ViT-L/14 at 336 pixels, which CMMD's authors take."""
    lpips: str | None = None
    """Weights of torchvision's AlexNet, a file or ``cached``: LPIPS."""


class Params(Block):
    """The whole of params.yaml."""

    seed: Seed
    datasets: dict[str, DataParams]
    classifiers: dict[str, ClassifierParams] = Field(default_factory=dict)
    """The classifiers that evaluation asks, each named after its data set."""
    models: dict[str, ModelParams] = Field(default_factory=dict)
    second_stage: dict[str, ModelParams] = Field(default_factory=dict)
    """Models that build on what another stage trains, which their ``pretrained`` names."""
    vocoder: str | None = None
    """The model that makes the sound which evaluation measures converters by; by default
    Griffin-Lim does."""
    evaluation: EvaluationParams = EvaluationParams()

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


def load_params(path: Path) -> Params:
    """Read and check params.yaml.

    Raises UserError with, for each mistake, the key's path, what was found and what is allowed.
    """
    try:
        raw = read_yaml(path)
    except FileNotFoundError as error:
        raise UserError(f"expected parameters at {path}: there is no such file") from error
    except ValueError as error:
        raise UserError(f"{path} is not YAML: {error}") from error
    try:
        params = Params.model_validate(raw)
    except ValidationError as error:
        mistakes = error.errors()
        listed = [describe(dict(mistake), Params) for mistake in mistakes[:LISTED]]
        raise _mistakes(path, listed, len(mistakes)) from error
    if found := misnamed(params) + dangling(params):
        raise _mistakes(path, found, len(found))
    return params


def _mistakes(path: Path, found: list[str], count: int) -> UserError:
    return UserError(f"{path} has {count} mistake(s):\n{listing(found, count)}")


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
    unvoiced = (
        []
        if params.vocoder is None or params.vocoder in vocoders
        else [f"vocoder: found '{params.vocoder}', allowed: {', '.join(vocoders) or 'none'}"]
    )
    return unknown + misnamed + unvoiced + misplaced(params)


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
    others = sorted(classifiers | models)
    for name in params.second_stage:
        below = built_on(params, f"models/{name}")
        if below not in others or below == f"models/{name}":
            allowed = some([other for other in others if other != f"models/{name}"], LISTED)
            found.append(f"second_stage.{name}.pretrained: found {below!r}, allowed: {allowed}")
        else:
            found += endless(params, name)
    return found


def endless(params: Params, name: str) -> list[str]:
    """Say where a block builds on itself, or on more models than any can."""
    chain = [f"models/{name}"]
    while (below := built_on(params, chain[-1])) is not None:
        chain.append(below)
        if below == chain[0]:
            return [f"second_stage.{name}.pretrained: builds on itself: {' on '.join(chain)}"]
        if len(chain) > (most := SecondStageRunParams.most_below) + 1:
            return [
                f"second_stage.{name}.pretrained: builds on more than {most} models, one on "
                f"another: {' on '.join(chain)}"
            ]
    return []


def built_on(params: Params, path: str) -> str | None:
    """Return what the model at ``models/NAME`` builds on; None for nothing, or no such model."""
    group, _, name = path.partition("/")
    run = params.runs.get(name) if group == "models" else None
    return run.pretrained if isinstance(run, SecondStageRunParams) else None
