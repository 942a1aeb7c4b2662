"""The models that the demo offers: described at the start, loaded when first used."""

import random
from collections import OrderedDict
from pathlib import Path
from threading import Lock
from typing import NamedTuple

from pipeline.capabilities import Sampler, Translator
from pipeline.codecs import ImageCodec, MelCodec
from pipeline.datasets.store import Domain, Store
from pipeline.errors import UserError
from pipeline.inference import FinishedModel, choose_target, find_models, load, outline
from pipeline.machine import device

KEPT = 2  # models in memory at a time


class Way(NamedTuple):
    """One direction of one translator, as a choice in a list."""

    model: str
    source: str
    to: str

    @property
    def label(self) -> str:
        """What the list shows."""
        return f"{self.source} → {self.to}  ({self.model})"

    @property
    def value(self) -> str:
        """What programs say for it."""
        return f"{self.model}/{self.to}"


class Library:
    """Finished models below a folder."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.outlines: dict[str, FinishedModel] = {}
        for path in find_models(folder):
            try:
                self.outlines[path.name] = outline(path)
            except UserError:
                continue  # the page's list of models says why
        self._loaded: OrderedDict[str, FinishedModel] = OrderedDict()
        self._lock = Lock()

    def ways(self, codec: type[ImageCodec] | type[MelCodec]) -> list[Way]:
        """The directions of all translators of pictures or of sound, each model's own first."""
        return [
            Way(name, finished.model.directions[to], to)
            for name, finished in self.outlines.items()
            if isinstance(finished.model, Translator) and isinstance(finished.codec, codec)
            for to in sorted(
                finished.model.directions, key=lambda to: to != choose_target(finished)
            )
        ]

    def samplers(self) -> list[str]:
        """The models that draw pictures."""
        return [
            name
            for name, finished in self.outlines.items()
            if isinstance(finished.model, Sampler) and isinstance(finished.codec, ImageCodec)
        ]

    def way(self, value: str) -> Way:
        """The direction called ``value``; raises UserError where there is none."""
        found = {way.value: way for kind in (ImageCodec, MelCodec) for way in self.ways(kind)}
        if value not in found:
            raise UserError(f"no translator '{value}', allowed: {', '.join(found)}")
        return found[value]

    def get(self, name: str) -> FinishedModel:
        """The model, loaded; the one that was not used for longest leaves memory.

        Raises UserError where there is none of that name.
        """
        if name not in self.outlines:
            raise UserError(f"no model '{name}', allowed: {', '.join(self.outlines)}")
        with self._lock:
            if name not in self._loaded:
                self._loaded[name] = load(self.folder / name, device())
            self._loaded.move_to_end(name)
            while len(self._loaded) > KEPT:
                self._loaded.popitem(last=False)
            return self._loaded[name]

    def examples(self, way: Way) -> Domain | None:
        """The test items that ``way`` starts from, where prepared data lie beside the models."""
        root = self.folder.parent / "prepared" / self.outlines[way.model].params.data
        try:
            domain = Store(root).domain("test", way.source)
        except UserError:
            return None
        return domain if len(domain) else None

    def example(self, way: Way) -> tuple[Domain, int]:
        """A test item by chance; raises UserError where there is none."""
        domain = self.examples(way)
        if domain is None:
            raise UserError(f"no test data of '{way.source}' lie beside {self.folder}")
        return domain, random.randrange(len(domain))
