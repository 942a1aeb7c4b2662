"""Speakers that a model was not trained on, known from recordings of theirs."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import torch
from torch import Tensor

from pipeline.capabilities import OneShot
from pipeline.codecs import SoundCodec, sound_codec
from pipeline.codecs.mel import read_wave
from pipeline.codecs.sound import Statistics
from pipeline.codecs.sound_files import limited
from pipeline.datasets.folders import SOUNDS
from pipeline.datasets.layouts import files_among
from pipeline.datasets.recordings import levelled, trimmed
from pipeline.datasets.source import DomainMoments
from pipeline.errors import UserError, listing
from pipeline.inference.conversion import sound_codec_of
from pipeline.inference.finished import FinishedModel, unable
from pipeline.inference.tiling import evenly
from pipeline.models.translators import WithUnseen

LEAST = 5.0
"""Seconds of recordings, silence at their ends cut, below which they are too few to know a speaker
by: the paper converts by a single sentence, but mean and std of features want more of them."""
MOST = 600.0
"""Seconds after which no more of them are read."""


@dataclass(frozen=True)
class Speaker:
    """A speaker as recordings tell."""

    name: str
    statistics: Statistics
    """Of the features and of pitch, as those of a speaker who was trained on."""
    clips: list[Tensor]
    """The frames [T, F] of each recording."""


def listen(name: str, paths: Iterable[Path], codec: SoundCodec, skip_bad: bool = False) -> Speaker:
    """Read a speaker's recordings as those of training are prepared, by the usual ``trim``.

    Args:
        name: what to call the speaker.
        paths: files, and folders that are searched to their depths.
        codec: the model's.
        skip_bad: leave out recordings that can't be used.

    Raises:
        UserError: one is missing or can't be used, or all of them have less than `LEAST` seconds.
    """
    moments, clips, problems = DomainMoments(), [], []
    rate, seconds = codec.convention.rate, 0.0
    for file in files_among(paths, SOUNDS, "holds no sound files:"):
        try:
            wave = trimmed(read_wave(file, rate), rate)[: round((MOST - seconds) * rate)]
            wave = limited(wave) if codec.level is None else levelled(wave, codec.level)
            stored = codec.stored(wave)
        except ValueError as error:
            problems.append(f"{file}: {error}")
            continue
        moments.add(stored, codec.pitch_of(wave, stored))
        clips.append(torch.from_numpy(stored))
        seconds += len(wave) / rate
        if seconds >= MOST - 1:
            break
    if problems and not skip_bad:
        raise UserError(f"these recordings of {name} can't be used:\n{listing(problems)}")
    if seconds < LEAST:
        raise UserError(
            f"{name}: expected {LEAST:g} seconds of recordings or more, better a minute, found "
            f"{seconds:.1f}"
        )
    return Speaker(name, moments.statistics(codec.features), clips)


def with_unseen(
    finished: FinishedModel, target: Speaker | None = None, source: Speaker | None = None
) -> FinishedModel:
    """Return the model with a new speaker to reach, by all sources, and one to start from.

    They have their names in its directions and its codec. Raises UserError where the model takes no
    speakers but those that it was trained on, or no voice is heard in the target's recordings.
    """
    model, own = one_shot_of(finished), sound_codec_of(finished)
    new = {speaker.name: speaker.statistics for speaker in (target, source) if speaker is not None}
    codec = sound_codec(own.convention, {**own.statistics, **new}, own.level)
    reached: tuple[str, Tensor] | None = None
    if target is not None:
        if target.statistics.pitch is None:
            raise UserError(f"{target.name}: no voice is heard in these recordings")
        reached = target.name, embedding_of(finished, codec, target)
    started = None if source is None else source.name
    return replace(finished, model=WithUnseen(model, reached, started), codec=codec)


def one_shot_of(finished: FinishedModel) -> OneShot:
    """Return the model as one that takes unseen speakers; raise UserError where it does not."""
    if not isinstance(finished.model, OneShot):
        raise unable(finished, "take speakers that it was not trained on from recordings")
    return finished.model


@torch.inference_mode()
def embedding_of(finished: FinishedModel, codec: SoundCodec, speaker: Speaker) -> Tensor:
    """Embed a speaker [Z] as those of training are: the mean over chunks as long as theirs.

    ``codec`` has the speaker's statistics. Recordings that are shorter are left out where others
    are not, as training leaves them out.
    """
    model, crop = one_shot_of(finished), finished.params.crop
    lengths = [len(clip) for clip in speaker.clips]
    frames = max(lengths) if crop is None else crop
    long = [clip for clip in speaker.clips if len(clip) >= frames] or speaker.clips
    found = []
    for clip in long:
        chunks = chunks_of(clip, frames).to(finished.device)
        found.append(model.embed(codec.to_sample(chunks, speaker.name)))
    return torch.cat(found).mean(dim=0)


def chunks_of(clip: Tensor, frames: int) -> Tensor:
    """Cut frames [T, F] into as many chunks as fit, evenly spread: [N, frames, F].

    A clip that is shorter is repeated to one chunk.
    """
    if len(clip) < frames:
        clip = clip.repeat(-(-frames // len(clip)), 1)[:frames]
    starts: Sequence[int] = evenly(len(clip) - frames, len(clip) // frames, multiple=1)
    return torch.stack([clip[start : start + frames] for start in starts])
