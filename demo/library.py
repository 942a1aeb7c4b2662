"""The models that the demo offers: described at the start, loaded when first used."""

from collections import OrderedDict
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from threading import Lock
from typing import NamedTuple

from pipeline.capabilities import (
    Latent,
    LatentSampler,
    Reconstructor,
    Sampler,
    Scorer,
    Stylist,
    Translator,
    Vocoder,
)
from pipeline.codecs import ImageCodec, SoundCodec
from pipeline.conventions import differences
from pipeline.errors import UserError
from pipeline.inference.conversion import sound_codec_of
from pipeline.inference.directions import own_target
from pipeline.inference.finished import FinishedModel, as_vocoder, find_models, load, outline
from pipeline.inference.vocoders import fitting
from pipeline.system.hardware import device

KEPT = 4  # models in memory at a time


class Direction(NamedTuple):
    """One direction of one translator, as a choice in a list."""

    model: str
    source: str
    to: str
    alone: bool = True
    """True: of the model's sources none but this one leads there."""

    @property
    def label(self) -> str:
        """The list's entry."""
        return f"{self.source} → {self.to}  ({self.model})"

    @property
    def value(self) -> str:
        """The name that programs use."""
        between = "" if self.alone else f"{self.source}/"
        return f"{self.model}/{between}{self.to}"


class Library:
    """Finished models below a folder."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.outlines: dict[str, FinishedModel] = {}
        self.unusable: dict[str, str] = {}
        for path in find_models(folder):
            try:
                self.outlines[path.name] = outline(path)
            except UserError as error:
                self.unusable[path.name] = str(error).splitlines()[0]
        self._classifiers = self._outline_classifiers(folder.parent / "classifiers")
        self._loaded: OrderedDict[str, FinishedModel] = OrderedDict()
        self._lock = Lock()

    def ways(self, codec: type) -> list[Direction]:
        """Return the directions of all translators of pictures or of sound.

        Those of models that lead both ways come first, and each model's own before its way back.
        """
        ways = [
            (len(finished.model.directions), Direction(name, of, to, alone=len(sources) == 1))
            for name, finished in self.outlines.items()
            if isinstance(finished.model, Translator) and isinstance(finished.codec, codec)
            for to, sources in sorted(
                finished.model.directions.items(), key=lambda way: way[0] != own_target(finished)
            )
            for of in sources
        ]
        return [way for _, way in sorted(ways, key=lambda found: -found[0])]

    def way(self, value: str) -> Direction:
        """Return the direction called ``value``; raise UserError where there is none."""
        found = {way.value: way for kind in (ImageCodec, SoundCodec) for way in self.ways(kind)}
        if value not in found:
            raise UserError(f"no translator '{value}', allowed: {', '.join(found)}")
        return found[value]

    def stylists(self) -> list[str]:
        """Return the models that take their style from a picture."""
        return self._pictures(lambda model: isinstance(model, Stylist))

    def samplers(self) -> list[str]:
        """Return the models that draw pictures."""
        return self._pictures(lambda model: isinstance(model, Sampler))

    def between(self) -> list[str]:
        """Return the models that know ways between two draws."""
        return self._pictures(lambda model: isinstance(model, LatentSampler))

    def explorable(self) -> list[str]:
        """Return the models with a latent space in which one can move; first those that need no
        picture to begin at."""
        known = self.between()
        return known + [name for name in self.encoders() if name not in known]

    def encoders(self) -> list[str]:
        """Return the models that find a picture's place in their latent space."""
        return self._pictures(lambda model: isinstance(model, Latent))

    def editable(self) -> list[str]:
        """Return the models with a latent space whose pictures a classifier beside them reads."""
        return [name for name in self.explorable() if self.classifiers_for(name)]

    def classifiers_for(self, name: str) -> list[str]:
        """Return the classifiers that read pictures as a model draws them; those of its data set
        come first."""
        own = self.outlines[name]
        spec = own.card.data.specs[own.params.domains[0]]  # of several, samples are of one kind
        found = [
            classifier
            for classifier, outlined in self._classifiers.items()
            if all(one == spec for one in outlined.card.data.specs.values())
        ]
        return sorted(found, key=lambda classifier: classifier != own.params.data)

    def classifier_outline(self, name: str) -> FinishedModel:
        """Return a classifier without weights; raise UserError where there is none of that name."""
        if name not in self._classifiers:
            raise UserError(f"no classifier '{name}', allowed: {', '.join(self._classifiers)}")
        return self._classifiers[name]

    def classifier(self, name: str, model: str) -> FinishedModel:
        """Return a classifier, loaded; raise UserError where it reads other pictures than a model
        draws."""
        self.outline(model)
        self.classifier_outline(name)
        if name not in (fitting := self.classifiers_for(model)):
            raise UserError(
                f"'{name}' does not read what '{model}' draws, allowed: "
                f"{', '.join(fitting) or 'none'}"
            )
        return load(self.folder.parent / "classifiers" / name, device())

    def _outline_classifiers(self, folder: Path) -> dict[str, FinishedModel]:
        found: dict[str, FinishedModel] = {}
        for path in find_models(folder):
            with suppress(UserError):
                outlined = outline(path)
                if isinstance(outlined.codec, ImageCodec):
                    found[path.name] = outlined
        return found

    def reconstructors_and_scorers(self) -> list[str]:
        """Return the models that take a picture apart and together again, or say how typical it
        is."""
        return self._pictures(lambda model: isinstance(model, Reconstructor | Scorer))

    def _pictures(self, able: Callable[[object], bool]) -> list[str]:
        return [
            name
            for name, finished in self.outlines.items()
            if isinstance(finished.codec, ImageCodec) and able(finished.model)
        ]

    def vocoders(self, way: Direction | None = None) -> list[str]:
        """Return the vocoders, or those that take the frames of ``way``'s model."""
        found = []
        for name, finished in self.outlines.items():
            if not isinstance(finished.model, Vocoder):
                continue
            if way is not None:
                wanted = sound_codec_of(self.outlines[way.model]).convention
                if differences(finished.model.convention, wanted):
                    continue
            found.append(name)
        return found

    def vocoder(self, name: str, way: Direction) -> Vocoder:
        """Return the vocoder, loaded.

        Raises UserError where it does not take the frames of ``way``.
        """
        convention = sound_codec_of(self.outlines[way.model]).convention
        return fitting(as_vocoder(self.get(name)), convention)

    def outline(self, name: str) -> FinishedModel:
        """Return the model without weights; raise UserError where there is none of that name."""
        if name not in self.outlines:
            raise UserError(f"no model '{name}', allowed: {', '.join(self.outlines)}")
        return self.outlines[name]

    def get(self, name: str) -> FinishedModel:
        """Return the model, loaded; the one that was not used for longest leaves memory.

        Raises UserError where there is none of that name.
        """
        self.outline(name)
        with self._lock:
            if name not in self._loaded:
                self._loaded[name] = load(self.folder / name, device())
            self._loaded.move_to_end(name)
            while len(self._loaded) > KEPT:
                self._loaded.popitem(last=False)
            return self._loaded[name]
