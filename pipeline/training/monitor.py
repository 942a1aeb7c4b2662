"""Looking at a run as it goes on: pictures of fixed samples, and warnings."""

import json
import shutil
from pathlib import Path

from torch import nn

from pipeline.codecs import MelCodec
from pipeline.codecs.image import Picture, to_png
from pipeline.datasets.store import Store
from pipeline.methods.base import RunParams
from pipeline.system.files import replace, write
from pipeline.training.diagnostics import diagnose
from pipeline.training.history import History
from pipeline.training.previews import Look, draw, looks

KEPT = 10  # pictures of a run, spread over its steps
FEW = 1000  # steps between looks where a tenth of the run would be more


class Monitor:
    """Draws what a model makes at times, and notes in the history what looks wrong."""

    def __init__(self, params: RunParams, store: Store, folder: Path, newest: Path | None) -> None:
        """``folder`` gets pictures named by their steps; ``newest`` is the file of the last."""
        self.params, self.store = params, store
        self.folder, self.newest = folder, newest
        tenth = -(-params.steps // KEPT)
        self.every = params.show_every or min(tenth, FEW)

    def __call__(self, step: int, model: nn.Module, history: History) -> list[str]:
        """Looks at ``model`` after ``step`` if it is time to; warnings that are new."""
        if step % self.every and step != self.params.steps:
            return []
        seen = self.look(model)
        picture = self.draw(seen)
        if picture is not None:
            self.file(step, to_png(picture))
        found = diagnose(seen, history.rows, aligned=self.params.reads == "aligned")
        return [warning for warning in found if history.note(step, warning)]

    def look(self, model: nn.Module) -> list[Look]:
        """What ``model`` makes of the data set's first items."""
        return looks(model, self.store, self.params.domains[-1])

    def draw(self, seen: list[Look]) -> Picture | None:
        """The looks as one picture, where there are any."""
        return draw(seen, sound=isinstance(self.store.codec, MelCodec))

    def file(self, step: int, content: bytes) -> None:
        """Keeps the picture of the first look in each tenth of the run, and of the last look."""
        if self.newest is not None:
            self.newest.parent.mkdir(parents=True, exist_ok=True)
            replace(self.newest, content)
        tenths = [at * KEPT // self.params.steps for at in (step - self.every, step)]
        if tenths[0] != tenths[1] or step == self.params.steps:
            self.folder.mkdir(parents=True, exist_ok=True)
            replace(self.folder / f"{step:08d}.png", content)

    def leave(self, curves: Path, history: History) -> None:
        """Puts the pictures of a finished run and its warnings beside its curves."""
        shutil.rmtree(curves / "samples", ignore_errors=True)
        if self.folder.exists():
            shutil.copytree(self.folder, curves / "samples")
        content = json.dumps(history.warnings, indent=1) + "\n"
        write(curves / "warnings.json", content.encode())
