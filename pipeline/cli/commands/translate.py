"""`crossdomain translate`: files of pictures or sound from one domain to another."""

import math
import sys
from collections.abc import Iterator, Mapping, Sequence
from itertools import accumulate
from pathlib import Path

import numpy as np
import soundfile
import torch
from PIL import Image

from pipeline.capabilities import Vocoder
from pipeline.cli.commands.ends import choose_ends
from pipeline.cli.commands.jobs import Job, plan
from pipeline.cli.commands.rates import check_rate
from pipeline.cli.commands.sound import Manner, Pitches, PitchMeter, convert_file, in_hertz
from pipeline.codecs import ImageCodec
from pipeline.codecs.image import Picture, read_picture
from pipeline.errors import UserError, listing
from pipeline.inference.conversion import sound_codec_of
from pipeline.inference.finished import FinishedModel, as_vocoder, load
from pipeline.inference.pictures import check_pictures, translate_pictures, with_style
from pipeline.inference.unlike import Beginning, unlike_picture, unlike_sound
from pipeline.inference.vocoders import fitting
from pipeline.system.files import make_folder
from pipeline.system.hardware import device
from pipeline.system.progress import Progress

BATCH = 16  # pictures that are translated at once
BATCH_PIXELS = 2**20  # and no more than this together, so that large ones go alone


def translate(
    folder: Path,
    inputs: Sequence[Path],
    out: Path,
    to: str | None,
    *,
    of: str | None = None,
    like: Path | None = None,
    style: Path | None = None,
    vocoder: Path | None = None,
    shift: Mapping[str, float] | None = None,
    rate: int | None = None,
    show_pitch: bool = False,
) -> None:
    """Translate files, and folders of files, by the model in ``folder``.

    ``of``, ``to``, ``like``: see `choose_ends`.
    ``style``: a picture whose style the results shall have, where the model takes styles.
    ``vocoder``: the folder of a model that makes the sound in Griffin-Lim's place.
    ``shift``: semitones that voices are moved by, by the names of `VOICE_OPTIONS`.
    ``rate``: samples a second of the results; by default each has its source's.
    ``show_pitch``: says on standard output, at the end, each sound's mean F0 before and after.

    Files that can't be read are left out; after the others are done they raise one UserError. What
    is odd about others is said on standard error, as that they are unlike all that the model was
    trained on.
    """
    finished = load(folder, device())
    finished, of, to = choose_ends(finished, inputs, of, to, like)
    if style is not None:
        finished = in_style(finished, style)
    if vocoder or shift or rate:
        sound_codec_of(finished)  # raises where it makes no sound
    voice = None if vocoder is None else load_vocoder(vocoder, finished)
    notes = pitch_notes(finished, to) if show_pitch else None
    jobs = plan(inputs, out, finished.codec.kind)
    check_rate(rate, [job.result for job in jobs])
    failures: list[str] = []
    remarks: list[str] = []
    unlike: dict[Path, str] = {}
    sound = not isinstance(finished.codec, ImageCodec)
    lengths = [seconds_in(job.source) if sound else 1 for job in jobs]
    unit = "seconds of sound" if sound else "files"
    with Progress(f"{finished.name} to {to}", sum(lengths), unit) as progress:
        if sound:
            manner = Manner(voice, shift or {}, rate)
            steps = convert_all(finished, jobs, of, to, manner, notes, remarks, unlike, progress)
        else:
            steps = translate_all(finished, jobs, of, to, unlike)
        for reached, failure in zip(accumulate(lengths), steps, strict=True):
            progress.reach(reached)
            if failure is not None:
                failures.append(failure)
    print("".join(f"{note}\n" for note in notes or []), end="")
    for remark in [*remarks, *(f"{file}: {words}" for file, words in unlike.items())]:
        print(f"warning: {remark}", file=sys.stderr)
    if len(jobs) > 1 and unlike:
        of_all = f"{len(unlike)} of {len(jobs)} file(s)"
        print(f"warning: {of_all} are unlike the '{of}' of {finished.name}", file=sys.stderr)
    done = len(jobs) - len(failures)
    print(f"{done} file(s) translated to {to} by {finished.name}: {out}")
    if failures:
        total = f"{len(failures)} of {len(jobs)} file(s) could not be translated:"
        raise UserError(f"{total}\n{listing(failures)}")


def in_style(finished: FinishedModel, picture: Path) -> FinishedModel:
    """Return the model with its style fixed to that of a picture.

    Raises UserError where the model takes none, or the file holds no picture.
    """
    try:
        return with_style(finished, read_picture(picture))
    except ValueError as error:
        raise UserError(f"--style {picture}: {error}") from error


def load_vocoder(folder: Path, finished: FinishedModel) -> Vocoder:
    """Return the vocoder in ``folder``.

    Raises UserError where ``finished`` makes no frames for it.
    """
    convention = sound_codec_of(finished).convention
    return fitting(as_vocoder(load(folder, device())), convention)


def pitch_notes(finished: FinishedModel, to: str) -> list[str]:
    """Return the first line of what is said of pitch: the mean F0 of the speaker who is to be
    reached.

    Raises UserError where ``finished`` does not translate sound.
    """
    known = sound_codec_of(finished).statistics[to].pitch
    recordings = "training" if to in finished.params.domains else "recordings"
    return [] if known is None else [f"mean F0 of {to}'s {recordings}: {in_hertz(known.hertz)}"]


def seconds_in(sound: Path) -> int:
    """Return how long a file says that it lasts, in whole seconds; 0 where it says nothing."""
    try:
        duration: float = soundfile.info(sound).duration
    except (soundfile.SoundFileError, RuntimeError, TypeError):  # said when it is read
        return 0
    return math.ceil(duration)


def convert_all(
    finished: FinishedModel,
    jobs: Sequence[Job],
    of: str,
    to: str,
    manner: Manner,
    notes: list[str] | None,
    remarks: list[str],
    unlike: dict[Path, str],
    progress: Progress,
) -> Iterator[str | None]:
    """Convert sound; for each file None, or why it failed.

    ``notes`` take in the pitch of each, ``remarks`` what is odd, ``unlike`` those that are far from
    all that the model was trained on; ``progress`` counts seconds.
    """
    convention = sound_codec_of(finished).convention
    for job in jobs:
        meters = None if notes is None else Pitches(PitchMeter(convention), PitchMeter(convention))
        before, note = progress.done, job.source.name if len(jobs) > 1 else ""

        def watch(seconds: float, before: int = before, note: str = note) -> None:
            progress.reach(min(before + int(seconds), progress.total), note)

        try:
            beginning = Beginning(convention.rate)
            odd = convert_file(finished, job, of, to, manner, meters, watch, beginning)
        except ValueError as error:
            yield f"{job.source}: {error}"
            continue
        remarks += [f"{job.source}: {one}" for one in odd]
        if words := unlike_sound(finished, beginning.wave, of):
            unlike[job.source] = words
        if notes is not None and meters is not None:
            notes.append(f"{job.source}: mean F0 {meters.words()}")
        yield None


def translate_all(
    finished: FinishedModel, jobs: Sequence[Job], of: str, to: str, unlike: dict[Path, str]
) -> Iterator[str | None]:
    """Translate pictures, neighbours of equal size together; for each None, or why it failed.

    ``unlike`` takes in those that are far from all that the model was trained on.
    """
    batch: list[tuple[Job, Picture]] = []
    for job in jobs:
        try:
            picture = read_picture(job.source)
            check_pictures(finished, picture, of)
        except ValueError as error:
            yield f"{job.source}: {error}"
            continue
        if words := unlike_picture(finished, picture, of):
            unlike[job.source] = words
        if batch and not fits(picture, [other for _, other in batch]):
            yield from translate_batch(finished, batch, of, to)
            batch = []
        batch.append((job, picture))
    if batch:
        yield from translate_batch(finished, batch, of, to)


def fits(picture: Picture, batch: Sequence[Picture]) -> bool:
    """Tell whether ``picture`` can join a batch."""
    pixels = picture.shape[0] * picture.shape[1] * (len(batch) + 1)
    return picture.shape == batch[0].shape and len(batch) < BATCH and pixels <= BATCH_PIXELS


def translate_batch(
    finished: FinishedModel, batch: Sequence[tuple[Job, Picture]], of: str, to: str
) -> Iterator[str | None]:
    """Translate and write pictures of one size; for each None, or why it failed."""
    try:
        results = translate_pictures(finished, np.stack([p for _, p in batch]), to, of)
    except RuntimeError as error:
        if "memory" not in str(error) and not isinstance(error, torch.OutOfMemoryError):
            raise
        height, width = batch[0][1].shape[:2]
        for job, _ in batch:
            yield f"{job.source}: {width}x{height} pixels need more memory than there is"
        return
    for (job, _), result in zip(batch, results, strict=True):
        make_folder(job.result.parent)
        try:
            Image.fromarray(result).save(job.partial, quality=95)
            job.partial.replace(job.result)
        finally:
            job.partial.unlink(missing_ok=True)
        yield None
