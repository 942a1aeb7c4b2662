"""Finished models on disk: written whole or not at all, found, loaded.

A finished model is a folder: ``model.safetensors``, ``params.json`` (its `Card`), ``codec.json``,
``samples.png`` from fixed seeds where it makes pictures or sound, and ``inputs.json`` where it
translates: what its inputs usually are. Nothing in it is a pickle.
"""

import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path

import torch
from pydantic import TypeAdapter
from safetensors import SafetensorError
from safetensors.torch import save as to_safetensors
from torch import nn

import pipeline
from pipeline.capabilities import Classifier, Sampler, Translator, Vocoder, capabilities
from pipeline.codecs import Codec
from pipeline.codecs.image import Picture, to_png
from pipeline.errors import UserError, shortened
from pipeline.inference.typical_inputs import FILE, TypicalInputs, read_typical, to_json
from pipeline.methods.base import RunParams
from pipeline.methods.registry import build_from_card, load_run
from pipeline.mistakes import reason_of
from pipeline.models.card import FORMAT, Card
from pipeline.nn.folding import folded
from pipeline.nn.outlines import on_meta
from pipeline.samples import DatasetSpec
from pipeline.system.files import made, write
from pipeline.system.json_files import read_json
from pipeline.system.model_weights import load_weights


@dataclass(frozen=True)
class FinishedModel:
    """A trained model with what it takes to use it."""

    name: str
    model: nn.Module
    params: RunParams
    codec: Codec
    card: Card
    typical: Mapping[str, TypicalInputs] = field(default_factory=dict)
    """Domain -> what inputs of it usually are; of older models, imported ones and outlines,
    nothing."""

    @property
    def capabilities(self) -> tuple[str, ...]:
        """Name what it can do."""
        return capabilities(self.model)

    @property
    def device(self) -> torch.device:
        """The device of its weights; the processor for a model that has none."""
        return next((p.device for p in self.model.parameters()), torch.device("cpu"))


def export(
    folder: Path,
    model: nn.Module,
    *,
    params: RunParams,
    data: DatasetSpec,
    codec: Codec,
    seed: int,
    pretrained: Card | None = None,
    preview: Picture | None = None,
    typical: Mapping[str, TypicalInputs] | None = None,
) -> None:
    """Write a finished model, whole or not at all; what stood at ``folder`` goes.

    ``data``: what it was built from; ``pretrained``: the card of the model it was built on;
    ``typical``: what inputs of its sources usually are.
    """
    plain = folded(model)
    weights = {name: t.detach().cpu().contiguous() for name, t in plain.state_dict().items()}
    card = Card(
        version=pipeline.__version__,
        seed=seed,
        data=data,
        run=params.model_dump(mode="json"),
        weights=weights_fingerprint(plain),
        pretrained=pretrained,
    )
    with made(folder) as new:
        write(new / "model.safetensors", to_safetensors(weights))
        write(new / "params.json", card.model_dump_json(indent=1).encode())
        write(new / "codec.json", json.dumps(codec.model_dump(mode="json"), indent=1).encode())
        if preview is not None:
            write(new / "samples.png", to_png(preview))
        if typical:
            write(new / FILE, to_json(typical))


def weights_fingerprint(model: nn.Module) -> str:
    """Compute SHA-256 over a model's state."""
    digest = hashlib.sha256()
    for name, value in sorted(model.state_dict().items()):
        digest.update(name.encode())
        digest.update(value.detach().cpu().contiguous().flatten().view(torch.uint8).numpy().data)
    return digest.hexdigest()


def load(folder: Path, device: torch.device | None = None) -> FinishedModel:
    """Load a finished model in evaluation mode.

    Raises UserError where ``folder`` holds none, or one of another version.
    """
    finished = outline(folder)
    try:
        load_weights(finished.model, folder / "model.safetensors")
        typical = read_typical(folder)
    except (ValueError, RuntimeError, OSError, SafetensorError) as error:
        raise _unusable(folder, error) from error
    finished.model.to(device or torch.device("cpu"))
    return replace(finished, typical=typical)


def outline(folder: Path) -> FinishedModel:
    """Build a finished model without its weights: cheap, tells what it can do, does nothing.

    Raises UserError as `load` does.
    """
    if not (folder / "params.json").is_file():
        raise UserError(f"expected a finished model at {folder}: no params.json there")
    try:
        card = read_card(folder)
        codec = read_codec(folder)
        if unknown := sorted(card.data.specs.keys() - codec.domains):
            raise ValueError(f"codec.json has no domain '{shortened(unknown[0])}'")
        params = load_run(card.run)
        with on_meta():
            model = build_from_card(card)
    except (ValueError, KeyError, RuntimeError, OSError) as error:
        raise _unusable(folder, error) from error
    return FinishedModel(folder.name, model.eval(), params, codec, card)


def read_card(folder: Path) -> Card:
    """Read params.json; raise UserError for another format and ValueError for what is no card."""
    raw = read_json(folder / "params.json")
    found = raw.get("format") if isinstance(raw, dict) else None
    if isinstance(found, int) and found != FORMAT:
        raise UserError(
            f"{folder} can't be loaded by this version: it has format {shortened(str(found))}, and "
            f"this version reads format {FORMAT}; train it anew (dvc repro), or import its "
            "checkpoint again"
        )
    return Card.model_validate(raw)


def read_codec(folder: Path) -> Codec:
    """Read codec.json; raise ValueError where it holds none."""
    adapter: TypeAdapter[Codec] = TypeAdapter(Codec)
    return adapter.validate_python(read_json(folder / "codec.json"))


def _unusable(folder: Path, error: Exception) -> UserError:
    return UserError(f"{folder} can't be loaded by this version: {reason_of(error)}")


def find_models(root: Path) -> list[Path]:
    """List the folders of finished models below ``root``, by name."""
    return sorted(card.parent for card in root.glob("[!.]*/params.json"))


def find_model(name: str, root: Path) -> Path:
    """Find the folder of a model that is given as a path or as a name below ``root``; the folder
    has a name of its own, also where the path is '.' or '..'.

    Raises UserError with the names that there are.
    """
    for folder in (Path(name), root / name):
        if (folder / "params.json").is_file():
            return folder.resolve() if folder.name in ("", "..") else folder
    known = ", ".join(folder.name for folder in find_models(root)) or "none"
    raise UserError(
        f"no finished model '{name}': neither a model's folder nor a name below {root} "
        f"(there: {known})"
    )


def as_translator(finished: FinishedModel) -> Translator:
    """Return the model as a translator; raise UserError where it is none."""
    if not isinstance(finished.model, Translator):
        raise unable(finished, "translate")
    return finished.model


def as_sampler(finished: FinishedModel) -> Sampler:
    """Return the model as a sampler; raise UserError where it is none."""
    if not isinstance(finished.model, Sampler):
        raise unable(finished, "sample")
    return finished.model


def as_classifier(finished: FinishedModel) -> Classifier:
    """Return the model as a classifier; raise UserError where it is none."""
    if not isinstance(finished.model, Classifier):
        raise unable(finished, "classify")
    return finished.model


def as_vocoder(finished: FinishedModel) -> Vocoder:
    """Return the model as a vocoder; raise UserError where it is none."""
    if not isinstance(finished.model, Vocoder):
        raise unable(finished, "turn mel frames into sound")
    return finished.model


def unable(finished: FinishedModel, what: str) -> UserError:
    """Say what a model can't do, and what it can."""
    able = ", ".join(finished.capabilities) or "nothing else"
    return UserError(f"'{finished.name}' can't {what}; it can: {able}")
