"""Typical inputs of a translator, learnt from the items that it was trained on.

Everything random has a generator of its own: training draws what it drew.
"""

from collections.abc import Sequence

import numpy as np
import numpy.typing as npt
from torch import nn

from pipeline.capabilities import Translator
from pipeline.codecs import Codec, ImageCodec, SoundCodec
from pipeline.inference.picture_statistics import picture_statistics
from pipeline.inference.sound_statistics import bands_of, sound_statistics, stretches
from pipeline.inference.typical_inputs import LEAST_ITEMS, TypicalInputs, fit_typical
from pipeline.training.domain_reader import DomainReader
from pipeline.training.variations import vary_bands, vary_picture

Floats = npt.NDArray[np.float64]

MOST_PICTURES = 512
MOST_STRETCHES = 400
LEAST_ROWS = 256
"""Variations that there are in all, at least: few items are varied more often."""
SOUND_VARIATIONS = 3
PIECE = 4
"""Stretches that are varied alike."""


def typical_inputs(
    model: nn.Module, domains: Sequence[DomainReader], codec: Codec
) -> dict[str, TypicalInputs]:
    """Learn what items of each domain that a model translates from usually are.

    Nothing of models that don't translate, and of domains with too few items.
    """
    if not isinstance(model, Translator):
        return {}
    sources = {of for of, _ in model.pairs()}
    found: dict[str, TypicalInputs | None] = {}
    for reader in domains:
        if reader.name not in sources or len(reader.usable) < 1:
            continue
        if isinstance(codec, ImageCodec):
            found[reader.name] = typical_pictures(reader, codec)
        elif isinstance(codec, SoundCodec):
            found[reader.name] = typical_sound(reader, codec)
    return {name: typical for name, typical in found.items() if typical is not None}


def typical_pictures(reader: DomainReader, codec: ImageCodec) -> TypicalInputs | None:
    """Learn what a domain's pictures are of up to `MOST_PICTURES` of them, evenly spread."""
    usable = spread_evenly(reader.usable, MOST_PICTURES)
    if len(usable) < LEAST_ITEMS:
        return None
    copies = -(-LEAST_ROWS // len(usable))
    rows = []
    for number, index in enumerate(usable):
        picture = np.asarray(reader.domain.row(int(index)))
        varied = [vary_picture(picture, draws_of(number, copy)) for copy in range(copies)]
        rows.append([picture_statistics(one, codec.size) for one in (picture, *varied)])
    return fit_typical(np.array(rows))


def typical_sound(reader: DomainReader, codec: SoundCodec) -> TypicalInputs | None:
    """Learn what a speaker's recordings are of up to `MOST_STRETCHES` stretches of them.

    Clips follow one another, so that those that are shorter than a stretch count too.
    """
    rate = codec.convention.rate / codec.convention.hop
    length = stretches(np.zeros((1, 1)), rate)[0].bands.shape[0]
    clips, frames = [], 0
    for index in reader.usable:
        clips.append(bands_of(codec, np.asarray(reader.domain.item(int(index)))))
        frames += len(clips[-1])
        if frames >= MOST_STRETCHES * length:
            break
    bands = np.concatenate(clips)
    whole = stretches(bands, rate)
    if len(whole) < LEAST_ITEMS:
        return None
    rows = [[sound_statistics(stretch) for stretch in whole]]
    for copy in range(SOUND_VARIATIONS):
        pieces = [
            vary_bands(bands[start : start + PIECE * length], draws_of(start, copy))
            for start in range(0, len(bands) - length + 1, PIECE * length)
        ]
        varied = stretches(np.concatenate(pieces), rate)
        places = np.linspace(0, len(varied) - 1, len(whole)).astype(int)
        rows.append([sound_statistics(varied[place]) for place in places])
    return fit_typical(np.array(rows).transpose(1, 0, 2))


def spread_evenly(items: npt.NDArray[np.int64], most: int) -> npt.NDArray[np.int64]:
    """Choose up to so many items, evenly spread over all."""
    if len(items) <= most:
        return items
    chosen: npt.NDArray[np.int64] = items[np.linspace(0, len(items) - 1, most).astype(int)]
    return chosen


def draws_of(item: int, copy: int) -> np.random.Generator:
    """Return the random numbers of one variation of one item."""
    return np.random.Generator(np.random.Philox(key=[item, copy]))
