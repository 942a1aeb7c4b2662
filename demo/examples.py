"""Test items for visitors who have no file at hand."""

from functools import lru_cache

import numpy as np
import soundfile

from demo.library import Direction, Library
from pipeline.codecs import ImageCodec
from pipeline.codecs.image import Picture
from pipeline.codecs.mel import Wave
from pipeline.datasets.digits import DigitsParams
from pipeline.datasets.espeak import SAMPLE_RATE
from pipeline.datasets.savanna.dataset import SavannaParams
from pipeline.datasets.source import Array, Item
from pipeline.datasets.store import Domain, Store
from pipeline.datasets.voices import SPEAKERS, speech, test_sentences
from pipeline.errors import UserError

SHOWN = 4
SMALLEST_SAVANNA = 64


class Examples:
    """Items of the test sets that models were not trained on.

    From the prepared data beside the models; where the models were copied here without it, and it
    is one of the embedded sets, drawn or spoken anew.
    """

    def __init__(self, library: Library) -> None:
        self.library = library
        self._prepared = library.folder.parent / "prepared"

    def pictures(self, model: str, domain: str, count: int = SHOWN) -> list[Picture]:
        """Return up to ``count`` test pictures uint8 [H, W, 3] of a domain that ``model`` knows."""
        finished = self.library.outline(model)
        assert isinstance(finished.codec, ImageCodec)
        stored = self._stored(model, domain)
        if stored is not None:
            found: list[Array] = [np.array(stored.item(i)) for i in spread(len(stored), count)]
        else:
            items = embedded(finished.params.data, finished.codec.size).get(domain, [])
            found = [items[i].load() for i in spread(len(items), count)]
        return [np.repeat(p, 3, axis=2) if p.shape[2] == 1 else p for p in found]

    def sentence(self, way: Direction, number: int) -> tuple[int, Wave] | None:
        """Return a test sentence of the speaker that ``way`` starts from: rate, float32
        [samples]."""
        stored = self._stored(way.model, way.source)
        if stored is not None and stored.has_audio:
            wave, rate = soundfile.read(stored.audio(number % len(stored)), dtype="float32")
            return rate, wave
        if not self._embedded_voice(way):
            return None
        sentences = test_sentences()
        return SAMPLE_RATE, speech(way.source, [sentences[number % len(sentences)]])[0]

    def has_sentences(self, way: Direction) -> bool:
        """Tell whether there is any."""
        stored = self._stored(way.model, way.source)
        return (stored is not None and stored.has_audio) or self._embedded_voice(way)

    def _embedded_voice(self, way: Direction) -> bool:
        return self.library.outline(way.model).params.data == "voices" and way.source in SPEAKERS

    def _stored(self, model: str, domain: str) -> Domain | None:
        try:
            store = Store(self._prepared / self.library.outline(model).params.data)
            stored = store.domain("test", domain)
        except (UserError, OSError):
            return None
        return stored if len(stored) else None


def spread(length: int, count: int) -> list[int]:
    """Spread at most ``count`` places evenly below ``length``."""
    count = min(length, count)
    return [place * length // count for place in range(count)]


@lru_cache(maxsize=4)
def embedded(data: str, size: int) -> dict[str, list[Item]]:
    """List test items of the embedded set of pictures that is called ``data``, by domain."""
    if data == "digits":
        return DigitsParams(size=max(size, 8)).source().items["test"]
    if data == "savanna":
        side = max(size, SMALLEST_SAVANNA)
        return (
            SavannaParams(size=side, train=1, test=4 * SHOWN, classifier=1).source().items["test"]
        )
    return {}
