"""Convert sound while it is spoken, block by block."""

import math
from collections.abc import Callable

import numpy as np

from pipeline.codecs.mel import Wave
from pipeline.inference.limiter import Limiter
from pipeline.inference.vocoders import cross_fade

BLOCK = 0.4
"""Seconds that are converted at once."""
CONTEXT = 1.25
"""Seconds before a block that the model hears too; they were spoken, so they cost no delay."""
MARGIN = 0.35
"""Seconds after it, which one has to wait for: at the edge of what it hears a model guesses. Nearly
a block: where a block is pushed at a time, a whole one is waited for anyway, and resampling holds
back a little."""
FADE = 0.05
"""Seconds of the margin that the next block is cross-faded with."""


class LiveConverter:
    """The state between the blocks of a sound that goes on.

    A block is converted together with `CONTEXT` before and `MARGIN` behind it, of which only the
    block is given out, so the memory and the work of each are alike however long it goes on.
    Never clipped: see `Limiter`.
    """

    def __init__(self, convert: Callable[[Wave], Wave], source_rate: int, rate: int) -> None:
        """Begin a sound.

        Args:
            convert: converts sound float32 [samples] at ``rate``, length stays.
            source_rate: samples a second of what is pushed.
            rate: samples a second of what is given out, the model's.
        """
        import soxr

        self.rate, self._convert, self._limiter = rate, convert, Limiter(rate)
        self._resampler = soxr.ResampleStream(source_rate, rate, num_channels=1)
        self._block, self._context, self._margin, self._fade = (
            round(seconds * rate) for seconds in (BLOCK, CONTEXT, MARGIN, FADE)
        )
        self._heard = np.zeros(0, np.float32)
        self._given = 0  # samples of it that were given out
        self._tail = np.zeros(0, np.float32)  # what follows them, converted with the block before

    def delay(self, piece: float) -> float:
        """Return the seconds from a block's first sample to that of its conversion, computing
        aside, where ``piece`` seconds are pushed at a time: a whole part of a block."""
        pieces = math.ceil((BLOCK + MARGIN) / piece - 1e-6)
        return pieces * piece + self._limiter.look_ahead / self.rate

    def push(self, wave: Wave) -> Wave:
        """Take in sound [samples] of any length, and give out what can be converted by now."""
        return self._limiter.push(self._converted(self._resampler.resample_chunk(wave)))

    def flush(self) -> Wave:
        """Give out what is left after the last push."""
        end = self._resampler.resample_chunk(np.zeros(0, np.float32), last=True)
        made = [self._converted(end)]
        if len(self._heard) > self._given:
            made.append(self._faded(self._heard))
        bounded = self._limiter.push(np.concatenate(made))
        return np.concatenate([bounded, self._limiter.flush()])

    def _converted(self, wave: Wave) -> Wave:
        """Take in sound at the model's rate, and convert each block that is complete."""
        self._heard = np.concatenate([self._heard, wave])
        made = [np.zeros(0, np.float32)]
        while len(self._heard) >= (end := self._given + self._block) + self._margin:
            converted = self._faded(self._heard[: end + self._margin])
            made.append(converted[: self._block])
            self._tail = converted[self._block : self._block + self._fade]
            done = max(0, end - self._context)
            self._heard, self._given = self._heard[done:], end - done
        return np.concatenate(made)

    def _faded(self, heard: Wave) -> Wave:
        """Convert ``heard``, and return what was not given out of it, after the last block's
        tail."""
        converted = self._convert(heard)[self._given :].copy()
        tail = self._tail[: len(converted)]
        converted[: len(tail)] = cross_fade(tail, converted[: len(tail)])
        return converted
