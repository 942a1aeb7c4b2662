"""Checkpoints that a killed run resumes from."""

import hashlib
import io
import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import torch

import pipeline
from pipeline.errors import UserError
from pipeline.methods.base import RunParams
from pipeline.system.files import replace

KEPT = 2  # newest states: where the last one is damaged, a run goes on from the one before
DIGEST = hashlib.sha256().digest_size


class Checkpoints:
    """The states that one process of a run resumes from: ``<step>-<rank>of<world>.pt``.

    Every process saves its own, for what they hold differs (image pools, batch norm's statistics).
    A file ends with the SHA-256 of what stands before it.
    """

    def __init__(self, folder: Path, rank: int = 0, world: int = 1) -> None:
        self.folder, self._who = folder, f"{rank}of{world}"

    def path(self, step: int | str) -> Path:
        """Return where the state after ``step`` is, or one of another name."""
        return self.folder / f"{step}-{self._who}.pt"

    def steps(self) -> list[int]:
        """Return the steps that are saved, rising."""
        names = [path.name.split("-")[0] for path in self.folder.glob(f"*-{self._who}.pt")]
        return sorted(int(name) for name in names if name.isdecimal())

    def intact(self) -> Iterator[int]:
        """Yield the steps whose states are as they were written, the newest first; tell of the
        others."""
        for step in reversed(self.steps()):
            if self._content(step) is not None:
                yield step
            else:
                print(f"{self.path(step)} is damaged and left aside", flush=True)

    def save(self, step: int | str, state: dict[str, Any]) -> None:
        """Write a state, whole or not at all."""
        self.folder.mkdir(parents=True, exist_ok=True)
        content = io.BytesIO()
        torch.save(state, content)
        content.write(hashlib.sha256(content.getbuffer()).digest())
        replace(self.path(step), content.getbuffer())

    def keep_newest(self) -> None:
        """Remove all states but the `KEPT` newest."""
        for step in self.steps()[:-KEPT]:
            self.path(step).unlink()

    def load(self, step: int | str, device: torch.device) -> dict[str, Any]:
        """Return the state after ``step``; raise UserError where it is damaged."""
        content = self._content(step)
        if content is None:
            raise UserError(f"{self.path(step)} is damaged")
        state: dict[str, Any] = torch.load(
            io.BytesIO(content), map_location=device, weights_only=True
        )
        return state

    def _content(self, step: int | str) -> memoryview | None:
        """Read what was saved; None where it is not what was written."""
        read = memoryview(self.path(step).read_bytes())
        content, digest = read[:-DIGEST], read[-DIGEST:]
        return content if hashlib.sha256(content).digest() == digest else None

    def forget(self) -> None:
        """Remove everything, as a finished run does."""
        shutil.rmtree(self.folder, ignore_errors=True)


def run_key(params: RunParams, seed: int, data: str, pretrained: str = "") -> str:
    """Name a run by everything that its result depends on, so that none resumes another.

    How often it logs, shows and saves does not count. ``pretrained``: the fingerprint of the
    weights that it builds on.
    """
    habits = {"log_every", "show_every", "checkpoint_every"}
    known = params.model_dump_json(exclude=habits)
    parts = [known, str(seed), data, pretrained, code_fingerprint()]
    return hashlib.sha256("\n".join(parts).encode()).hexdigest()[:16]


def code_fingerprint() -> str:
    """Compute the SHA-256 over the package's source files."""
    digest = hashlib.sha256()
    root = Path(pipeline.__file__).parent
    for file in sorted(root.rglob("*.py")):
        digest.update(file.relative_to(root).as_posix().encode())
        digest.update(file.read_bytes())
    return digest.hexdigest()[:16]
