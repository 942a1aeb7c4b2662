"""Two kinds of saved state: what a killed run resumes from, and a finished model.

A finished model is a folder: ``model.safetensors``, ``params.json``, ``codec.json`` and, where it
makes pictures or sound, ``samples.png`` from fixed seeds. Nothing in it is a pickle.
"""

import hashlib
import io
import json
import shutil
from pathlib import Path
from typing import Any, Literal

import torch
from pydantic import TypeAdapter
from safetensors.torch import load_file
from safetensors.torch import save as to_safetensors
from torch import nn

import pipeline
from pipeline.block import Block
from pipeline.codecs import Codec
from pipeline.codecs.image import Picture, to_png
from pipeline.files import write
from pipeline.methods.base import RunParams
from pipeline.samples import Spec

Format = Literal[1]


class Card(Block):
    """params.json of a finished model: what it is and what made it."""

    format: Format = 1
    version: str
    """Of the package. Which code it was exactly, dvc.lock says: a fingerprint here would differ
    between two runs of which one had no reason to train again."""
    seed: int
    specs: dict[str, Spec]
    classes: tuple[str, ...]
    run: dict[str, Any]
    """The model's block of params.yaml."""


def save_state(path: Path, state: dict[str, Any]) -> None:
    """Writes a resumable state, whole or not at all."""
    path.parent.mkdir(parents=True, exist_ok=True)
    partial = path.with_suffix(".partial")
    content = io.BytesIO()
    torch.save(state, content)
    write(partial, content.getbuffer())
    partial.replace(path)


def load_state(path: Path, device: torch.device) -> dict[str, Any] | None:
    """The state at ``path``, or None where there is none."""
    if not path.exists():
        return None
    state: dict[str, Any] = torch.load(path, map_location=device, weights_only=True)
    return state


def run_key(params: RunParams, seed: int, data: str) -> str:
    """Names a run by everything that its result depends on, so that none resumes another.

    How often it logs and saves does not count.
    """
    habits = {"log_every", "checkpoint_every"}
    parts = [params.model_dump_json(exclude=habits), str(seed), data, code_fingerprint()]
    return hashlib.sha256("\n".join(parts).encode()).hexdigest()[:16]


def code_fingerprint() -> str:
    """SHA-256 over the package's source files."""
    digest = hashlib.sha256()
    root = Path(pipeline.__file__).parent
    for file in sorted(root.rglob("*.py")):
        digest.update(file.relative_to(root).as_posix().encode())
        digest.update(file.read_bytes())
    return digest.hexdigest()[:16]


def export(
    folder: Path,
    model: nn.Module,
    *,
    params: RunParams,
    codec: Codec,
    classes: tuple[str, ...],
    seed: int,
    preview: Picture | None = None,
) -> None:
    """Writes a finished model, whole or not at all; what stood at ``folder`` goes."""
    partial = folder.with_name(f".{folder.name}.partial")
    shutil.rmtree(partial, ignore_errors=True)
    weights = {name: t.detach().cpu().contiguous() for name, t in model.state_dict().items()}
    card = Card(
        version=pipeline.__version__,
        seed=seed,
        specs={domain: codec.spec(domain) for domain in params.domains},
        classes=classes,
        run=params.model_dump(mode="json"),
    )
    try:
        partial.mkdir(parents=True)
        write(partial / "model.safetensors", to_safetensors(weights))
        write(partial / "params.json", card.model_dump_json(indent=1).encode())
        write(partial / "codec.json", json.dumps(codec.model_dump(mode="json"), indent=1).encode())
        if preview is not None:
            write(partial / "samples.png", to_png(preview))
        shutil.rmtree(folder, ignore_errors=True)
        partial.rename(folder)
    except BaseException:
        shutil.rmtree(partial, ignore_errors=True)
        raise


def read_card(folder: Path) -> Card:
    """params.json; raises ValidationError where it is of another format."""
    return Card.model_validate_json((folder / "params.json").read_text(encoding="utf-8"))


def read_codec(folder: Path) -> Codec:
    """codec.json."""
    adapter: TypeAdapter[Codec] = TypeAdapter(Codec)
    return adapter.validate_json((folder / "codec.json").read_text(encoding="utf-8"))


def read_weights(folder: Path, model: nn.Module) -> None:
    """Loads model.safetensors into ``model``."""
    model.load_state_dict(load_file(folder / "model.safetensors"))
