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
from pipeline.methods.base import Foundation, RunParams
from pipeline.nn.folding import folded
from pipeline.samples import Spec
from pipeline.system.files import put_in_place, replace, write

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


class Checkpoints:
    """The states that one process of a run goes on from: ``<step>-<rank>of<world>.pt``.

    Every process saves its own, for what they hold differs (image pools, batch norm's statistics).
    """

    def __init__(self, folder: Path, rank: int = 0, world: int = 1) -> None:
        self.folder, self._who = folder, f"{rank}of{world}"

    def path(self, step: int | str) -> Path:
        """Where the state after ``step`` is, or one of another name."""
        return self.folder / f"{step}-{self._who}.pt"

    def steps(self) -> list[int]:
        """The steps that are saved, rising."""
        names = [path.name.split("-")[0] for path in self.folder.glob(f"*-{self._who}.pt")]
        return sorted(int(name) for name in names if name.isdecimal())

    def save(self, step: int | str, state: dict[str, Any]) -> None:
        """Writes a state, whole or not at all."""
        self.folder.mkdir(parents=True, exist_ok=True)
        content = io.BytesIO()
        torch.save(state, content)
        replace(self.path(step), content.getbuffer())

    def keep_only(self, step: int) -> None:
        """Removes the states of other steps."""
        for other in self.steps():
            if other != step:
                self.path(other).unlink()

    def load(self, step: int | str, device: torch.device) -> dict[str, Any]:
        """The state after ``step``."""
        state: dict[str, Any] = torch.load(self.path(step), map_location=device, weights_only=True)
        return state

    def forget(self) -> None:
        """Removes everything, as a finished run does."""
        shutil.rmtree(self.folder, ignore_errors=True)


def run_key(params: RunParams, seed: int, data: str) -> str:
    """Names a run by everything that its result depends on, so that none resumes another.

    How often it logs, shows and saves does not count.
    """
    habits = {"log_every", "show_every", "checkpoint_every"}
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


def foundation_of(card: Card, model: nn.Module) -> Foundation:
    """What a run that stands on a finished model has to know of it."""
    return Foundation(
        sha256=weights_fingerprint(model), run=card.run, specs=card.specs, classes=card.classes
    )


def weights_fingerprint(model: nn.Module) -> str:
    """SHA-256 over a model's state."""
    digest = hashlib.sha256()
    for name, value in sorted(model.state_dict().items()):
        digest.update(name.encode())
        digest.update(value.detach().cpu().contiguous().flatten().view(torch.uint8).numpy().data)
    return digest.hexdigest()


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
    state = folded(model).state_dict()
    weights = {name: t.detach().cpu().contiguous() for name, t in state.items()}
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
        put_in_place(partial, folder)
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
