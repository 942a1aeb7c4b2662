"""Previews of fixed samples and diagnostics while a run goes on."""

import shutil
from pathlib import Path

from torch import Tensor, nn

from pipeline.codecs import PointCodec
from pipeline.codecs.image import Picture, to_png
from pipeline.datasets.store import Store
from pipeline.methods.adversarial import AdversarialRunParams
from pipeline.methods.base import RunParams
from pipeline.samples import DatasetSpec, Paired
from pipeline.system.files import replace
from pipeline.system.json_files import write_json
from pipeline.training.course import FILE, CourseRecorder, Logits, field_of
from pipeline.training.diagnostics import diagnose
from pipeline.training.history import History
from pipeline.training.previews import SAMPLES, Preview, draw, preview

KEPT = 10
"""Pictures of a run, spread over its steps."""
FEW = 1000
"""Steps between previews where a tenth of the run would be more."""


class Monitor:
    """Draws what a model makes at times, and notes in the history what looks wrong."""

    def __init__(
        self,
        params: RunParams,
        store: Store,
        data: DatasetSpec,
        folder: Path,
        newest: Path | None,
        logits: Logits = lambda x: None,
    ) -> None:
        """Take the ``folder`` of pictures named by their steps, and the file of the ``newest``.

        ``logits``: the discriminator's, of samples, for the course of a training on points.
        """
        self.params, self.store, self.data = params, store, data
        self.folder, self.newest = folder, newest
        tenth = -(-params.steps // KEPT)
        self.every = params.show_every or min(tenth, FEW)
        points = isinstance(store.codec, PointCodec)
        self.course = CourseRecorder(folder.with_name("course"), logits) if points else None

    def __call__(self, step: int, model: nn.Module, history: History) -> list[str]:
        """Preview ``model`` after ``step`` if it is time to; return warnings that are new."""
        if step % self.every and step != self.params.steps:
            return []
        previews = self.preview(model)
        picture = self.draw(previews, self.record(step, previews))
        if picture is not None:
            self.file(step, to_png(picture))
        found = diagnose(previews, history.rows, paired=self.params.reads is Paired)
        return [warning for warning in found if history.note(step, warning)]

    def preview(self, model: nn.Module) -> list[Preview]:
        """Show what ``model`` makes of the data set's first items."""
        return preview(model, self.store, self.data)

    def draw(self, previews: list[Preview], field: Tensor | None = None) -> Picture | None:
        """Draw the previews as one picture, where there are any; behind points the ``field`` [P]
        of the discriminator."""
        return draw(previews, self.store.codec, field)

    def record(self, step: int, previews: list[Preview]) -> Tensor | None:
        """Record the course of a training on points; return the discriminator's field [P], where
        there is one."""
        samples = next((found for found in previews if found.name == SAMPLES), None)
        if self.course is None or samples is None:
            return None
        logits = self.course.record(step, samples.output, samples.real)
        loss = self.params.loss if isinstance(self.params, AdversarialRunParams) else ""
        return None if logits is None else field_of(logits, loss)

    def file(self, step: int, content: bytes) -> None:
        """Keep the picture of the first preview in each tenth of the run, and of the last one."""
        if self.newest is not None:
            self.newest.parent.mkdir(parents=True, exist_ok=True)
            replace(self.newest, content)
        tenths = [at * KEPT // self.params.steps for at in (step - self.every, step)]
        if tenths[0] != tenths[1] or step == self.params.steps:
            self.folder.mkdir(parents=True, exist_ok=True)
            replace(self.folder / f"{step:08d}.png", content)

    def leave(self, curves: Path, history: History) -> None:
        """Put the pictures of a finished run, its course and its warnings beside its curves."""
        shutil.rmtree(curves / "samples", ignore_errors=True)
        if self.folder.exists():
            shutil.copytree(self.folder, curves / "samples")
        if self.course is not None:
            self.course.leave(curves / FILE)
        write_json(curves / "warnings.json", history.warnings)
