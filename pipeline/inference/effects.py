"""Move a voice's pitch and its formants, in sound of any length.

WORLD (Morise, Yokomori and Ozawa, 2016) takes the sound apart into F0, spectral envelope and
aperiodicity, and puts it together again from F0 times 2^(pitch / 12), and from an envelope whose
frequencies are times 2^(formants / 12), as of a vocal tract that is shorter by that factor.

Long sound goes through in chunks. WORLD counts the phase of its pulses from the first sample that
it makes, so chunks of their own would meet at phases that have nothing in common. Here each begins
with a lead that nobody hears, voiced at whatever F0 brings it to the join at its predecessor's
phase.
"""

import math
from collections.abc import Iterable, Iterator

import numpy as np

from pipeline.codecs.mel import Wave
from pipeline.codecs.pitch import Track
from pipeline.codecs.sound_files import resampled
from pipeline.codecs.world_analysis import LEAST_RATE, PERIOD, Analysis, analyse, synthesise
from pipeline.inference.vocoders import cross_fade
from pipeline.options import FORMANTS, PITCH, VOICE_OPTIONS

FRAME = PERIOD / 1000  # seconds between WORLD's frames
CHUNK = 4.0  # seconds that are made at once
MARGIN = 0.4  # seconds beyond them that are analysed too, on either side
LEAD = 0.15  # seconds of the margin before a chunk whose F0 is free: they are over before the join
FADE = 0.02  # seconds that chunks share
UNVOICED = 500.0  # Hz: how often WORLD puts segments of noise where there is no voice
OCTAVE = 12  # semitones


def shift_voice(wave: Wave, rate: int, pitch: float = 0.0, formants: float = 0.0) -> Wave:
    """Move pitch and formants of sound float32 [samples], by semitones; see `shift_blocks`."""
    blocks = list(shift_blocks([wave], rate, pitch, formants))
    return np.concatenate([np.zeros(0, np.float32), *blocks])


def shift_blocks(
    blocks: Iterable[Wave], rate: int, pitch: float = 0.0, formants: float = 0.0
) -> Iterator[Wave]:
    """Move pitch and formants of sound in blocks [samples] of any lengths, in flat memory.

    Args:
        blocks: float32, ``rate`` samples a second.
        pitch: semitones that F0 moves by; formants stay.
        formants: semitones that formants move by; F0 stays.

    Yields blocks of other lengths, as many samples in all. By 0 and 0 semitones, it hands on the
    very blocks: nothing is taken apart. Each frame keeps its power.

    Raises ValueError, with the first block, where a value is out of `VOICE_OPTIONS`' range.
    """
    for option, value in zip(VOICE_OPTIONS, (pitch, formants), strict=True):
        if not option.least <= value <= option.most:
            raise ValueError(
                f"{option.name} is {value:g} semitones, allowed: {option.least:g} to "
                f"{option.most:g}"
            )
    if (pitch, formants) == (PITCH.neutral, FORMANTS.neutral):
        yield from blocks
        return
    fast = rate * math.ceil(LEAST_RATE / rate)
    raised = resampled(blocks, rate, fast)
    yield from resampled(_shift(raised, fast, pitch, formants), fast, rate)


def _shift(blocks: Iterable[Wave], rate: int, pitch: float, formants: float) -> Iterator[Wave]:
    """See `shift_blocks`; ``rate`` is at least `LEAST_RATE`."""
    chunk, margin, fade = (round(seconds * rate) for seconds in (CHUNK, MARGIN, FADE))
    tail = np.zeros(0, np.float32)  # the last chunk's end, not yet faded
    phase: float | None = None  # the last chunk's, at the next one's first sample

    def shifted(heard: Wave) -> Wave:
        """Return ``heard`` from the end of its first margin on."""
        nonlocal phase
        found = _moved(analyse(heard.astype(np.float64), rate), pitch, formants)
        f0 = found.f0 if phase is None else _led(found.f0, rate, margin, phase)
        phase = float(_phases(f0, rate, margin + chunk + 1)[margin + chunk])
        made = synthesise(found._replace(f0=f0), rate, len(heard))[margin:].astype(np.float32)
        made[: len(tail)] = cross_fade(tail, made[: len(tail)])
        return made

    waiting = np.zeros(margin, np.float32)  # with the margin before the next chunk
    for block in blocks:
        waiting = np.concatenate([waiting, block])
        while len(waiting) >= chunk + 2 * margin:
            made = shifted(waiting[: chunk + 2 * margin])
            yield made[:chunk]
            tail, waiting = made[chunk : chunk + fade], waiting[chunk:]
    if len(waiting) > margin:
        rest = len(waiting) - margin
        tail = tail[:rest]
        yield shifted(np.pad(waiting, (0, margin)))[:rest]


def _moved(found: Analysis, pitch: float, formants: float) -> Analysis:
    """Return an analysis whose F0 and formants are moved by semitones."""
    envelope = found.envelope
    if formants:
        envelope = warped(envelope, 2 ** (formants / OCTAVE))
    return Analysis(found.f0 * 2 ** (pitch / OCTAVE), envelope, found.aperiodicity)


def warped(envelope: Track, factor: float) -> Track:
    """Multiply the frequencies of power envelopes [T, K] by a factor; each keeps its sum.

    Interpolates logarithms. What would come from above half the rate is as at that.
    """
    last = envelope.shape[1] - 1
    place = (np.arange(last + 1) / factor).clip(max=last)
    below = np.minimum(place.astype(int), last - 1)
    logarithm, part = np.log(envelope), place - below
    moved = np.exp(logarithm[:, below] * (1 - part) + logarithm[:, below + 1] * part)
    kept: Track = np.ascontiguousarray(moved * (envelope.sum(1) / moved.sum(1))[:, None])
    return kept


def _led(f0: Track, rate: int, sample: int, phase: float) -> Track:
    """Return F0 [T] whose first frames are such that WORLD is at ``phase`` (radians) at a
    sample."""
    lead = round(LEAD / FRAME)
    slow, fast = f0.copy(), f0.copy()
    slow[:lead], fast[:lead] = 100.0, 200.0
    # Phase is linear in the lead's F0.
    reached, other = (_phases(track, rate, sample + 1)[sample] for track in (slow, fast))
    missing = (phase - reached) % (2 * np.pi)
    slow[:lead] += 100.0 * missing / (other - reached)
    return slow


def _phases(f0: Track, rate: int, samples: int) -> Track:
    """Compute the phase, radians [samples], whose whole turns are WORLD's pulses.

    As its synthesis does: F0 and voicing are interpolated between frames.
    """
    times, frames = np.arange(samples) / rate, np.arange(len(f0)) * FRAME
    voiced = np.interp(times, frames, (f0 > 0).astype(float)) > 0.5
    hertz = np.where(voiced, np.interp(times, frames, f0), UNVOICED)
    return np.cumsum(2 * np.pi * hertz / rate)
