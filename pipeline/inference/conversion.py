"""Convert sound of any length with finished translators."""

from collections.abc import Iterable, Iterator

import numpy as np
import torch
from torch import Tensor

from pipeline.capabilities import Vocoder
from pipeline.codecs import SoundCodec
from pipeline.codecs.mel import Wave
from pipeline.inference.directions import choose_source, choose_target
from pipeline.inference.finished import FinishedModel, as_translator, unable
from pipeline.inference.translation import translate_any_size
from pipeline.inference.vocoders import cross_fade, fitting

CHUNK = 6.0  # seconds of sound that are converted at once, at least; at most twice that
OVERLAP = 0.25  # seconds that neighbouring chunks share and are cross-faded over
MARGIN = 0.5  # seconds beyond them that a model hears too: at the edge of what it hears it guesses
MOST_GAIN = 10.0  # 20 dB: what more than that would raise is noise


def convert_wave(
    finished: FinishedModel,
    wave: Wave,
    to: str,
    vocoder: Vocoder | None = None,
    of: str | None = None,
) -> Wave:
    """Convert sound float32 [samples] at the codec's rate; length and loudness stay.

    A constant offset, which nobody hears, is left out. Without a ``vocoder`` by Griffin-Lim, or
    WORLD for its parameters. ``of``: who speaks; None: the one speaker whom the model leads to
    ``to``. Raises UserError where the model does not translate sound of ``of`` to ``to``, or the
    vocoder does not take the model's frames.
    """
    return np.concatenate(list(convert_blocks(finished, [wave], to, vocoder, of)))


def convert_blocks(
    finished: FinishedModel,
    blocks: Iterable[Wave],
    to: str,
    vocoder: Vocoder | None = None,
    of: str | None = None,
) -> Iterator[Wave]:
    """Convert sound in blocks [samples] of any lengths, in blocks of other lengths.

    Converts chunks of `CHUNK` seconds and more, which are cross-faded, so that memory is flat
    however long the sound is. Each chunk keeps its root mean square. See `convert_wave`.
    """
    codec = sound_codec_of(finished)
    of = choose_source(finished, choose_target(finished, to), of)
    voice = fitting(vocoder, codec.convention)
    rate = codec.convention.rate
    chunk, overlap, margin = (round(seconds * rate) for seconds in (CHUNK, OVERLAP, MARGIN))
    tail = np.zeros(0, np.float32)  # the last chunk's end, not yet faded

    def faded(converted: Wave) -> Wave:
        converted[: len(tail)] = cross_fade(tail, converted[: len(tail)])
        return converted

    waiting = np.zeros(0, np.float32)
    known = 0  # samples of it that the next chunk does not begin with
    for block in blocks:
        waiting = np.concatenate([waiting, block])
        while len(waiting) - known >= 2 * chunk:  # so what is left for the end is never a snippet
            end = known + chunk
            heard = waiting[: end + margin]
            converted = faded(_convert_chunk(finished, voice, heard, of, to, slice(known, end)))
            yield converted[:-overlap]
            tail, done = converted[-overlap:], max(0, end - overlap - margin)
            waiting, known = waiting[done:], end - overlap - done
    if len(waiting):
        yield faded(_convert_chunk(finished, voice, waiting, of, to, slice(known, None)))


def sound_codec_of(finished: FinishedModel) -> SoundCodec:
    """Return the codec of a model that translates sound; raise UserError where it does not."""
    as_translator(finished)
    if not isinstance(finished.codec, SoundCodec):
        raise unable(finished, "translate sound")
    return finished.codec


@torch.inference_mode()
def _convert_chunk(
    finished: FinishedModel, vocoder: Vocoder, wave: Wave, of: str, to: str, wanted: slice
) -> Wave:
    """Return what is ``wanted`` of a wave [samples], converted, at its own root mean square."""
    model, codec = as_translator(finished), sound_codec_of(finished)
    hop = codec.convention.hop
    wave = wave - wave.mean()  # loudness would count it
    whole = torch.from_numpy(np.pad(wave, (0, -len(wave) % hop))).to(finished.device)
    heard = whole if codec.level is None else bring_to(10 ** (codec.level / 20), whole)
    frames = codec.frames_of(heard)[None]  # [1, T, F]
    translated = translate_any_size(model, codec.to_sample(frames, of), to)
    result = codec.from_sample(translated, to, beside=frames, of=of)
    converted = vocoder.vocode(result.transpose(1, 2))[0, : len(wave)]
    heard_at = loudness_of(whole[: len(wave)][wanted])
    return bring_to(heard_at, converted[wanted]).cpu().numpy()


def loudness_of(wave: Tensor) -> Tensor:
    """Compute the root mean square of a waveform [samples]."""
    return wave.square().mean().sqrt()


def bring_to(loudness: Tensor | float, wave: Tensor) -> Tensor:
    """Return a waveform [samples] at another root mean square, or as near as `MOST_GAIN` lets it
    be."""
    return wave * (loudness / loudness_of(wave).clamp(min=1e-8)).clamp(max=MOST_GAIN)
