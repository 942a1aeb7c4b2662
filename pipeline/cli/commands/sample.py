"""`crossdomain sample`: pictures and sounds that a model draws."""

from collections.abc import Mapping
from io import BytesIO
from pathlib import Path
from typing import Literal

import torch
from PIL import Image

from pipeline.cli.commands.jobs import names_file
from pipeline.codecs import PointCodec, SoundCodec
from pipeline.codecs.image import Picture, to_png
from pipeline.codecs.mel import Wave, to_audio
from pipeline.datasets.folders import PICTURES
from pipeline.errors import UserError
from pipeline.figures import to_rgb
from pipeline.inference.finished import FinishedModel, as_sampler, as_vocoder, load
from pipeline.inference.sampling import draw_samples, joined, sample_grid, sample_waves
from pipeline.system.files import check_folder, make_folder, write
from pipeline.system.hardware import device

SOUNDS: dict[str, Literal["WAV", "FLAC"]] = {".wav": "WAV", ".flac": "FLAC"}


def sample(
    folder: Path,
    n: int | None,
    seed: int,
    out: Path,
    label: str | None,
    options: Mapping[str, float],
    vocoder: Path | None = None,
) -> str:
    """Write ``n`` samples of the model in ``folder``, and say what was written where.

    Args:
        folder: the finished model's.
        n: None: 16, or 1 in a file of sound.
        seed: equal seeds give equal samples.
        out: a picture of all, a file of sound with all one after the other, or a folder.
        label: the class to draw.
        options: by the names of `Sampler.options`; what is left out is as the model was trained to.
        vocoder: the folder of a finished one, for models of sound.

    Raises UserError where the model can't do as is asked, or ``out`` ends in another format.
    """
    ending = ending_of(out)
    if ending and ending not in PICTURES and ending not in SOUNDS:
        allowed = ", ".join((*PICTURES, *SOUNDS))
        raise UserError(f"can't write {out}: expected a folder, or a name that ends in {allowed}")
    check_folder(out.parent if ending else out)
    finished = load(folder, device())
    as_sampler(finished)
    sound, points = (isinstance(finished.codec, kind) for kind in (SoundCodec, PointCodec))
    count = n or (1 if ending and sound else 16)
    if vocoder is not None and not sound:
        raise UserError(
            f"--vocoder {vocoder} makes sound of mel frames, but {finished.name} samples "
            f"{'points' if points else 'pictures'}: leave it out"
        )
    if points and not ending:
        raise UserError(f"{finished.name} samples points, all on one map: name a .png file")
    if sound or ending in SOUNDS:
        return sample_sound(finished, count, seed, out, ending, label, options, vocoder)
    make_folder(out.parent if ending else out)
    if ending:
        save_picture(out, sample_grid(finished, count, seed, label, options))
    else:
        samples = torch.cat(list(draw_samples(finished, count, seed, label, options)))
        for number, one in enumerate(samples):
            write(out / f"{number:04d}.png", to_png(to_rgb(one)))
    return f"{count} sample(s) of {finished.name}: {out}"


def ending_of(out: Path) -> str:
    """Return the ending that names a file's format; "" for a folder, whatever dots it has."""
    return out.suffix.lower() if names_file(out) else ""


def sample_sound(
    finished: FinishedModel,
    count: int,
    seed: int,
    out: Path,
    ending: str,
    label: str | None,
    options: Mapping[str, float],
    vocoder: Path | None,
) -> str:
    """Write samples of sound, and say how long they are and where; ``ending``: that of ``out``."""
    codec = finished.codec
    if ending in PICTURES:
        raise UserError(f"can't write {out}: {finished.name} samples sound, so name a .wav file")
    voice = None if vocoder is None else as_vocoder(load(vocoder, device()))
    waves = list(sample_waves(finished, count, seed, label, options, voice))
    assert isinstance(codec, SoundCodec)
    rate = codec.convention.rate
    make_folder(out.parent if ending else out)
    if ending:
        save_sound(out, joined(waves, rate), rate)
    else:
        for number, wave in enumerate(waves):
            save_sound(out / f"{number:04d}.wav", wave, rate)
    seconds = len(waves[0]) / rate
    return f"{count} sample(s) of {finished.name}, {seconds:.2f} s each: {out}"


def save_picture(path: Path, picture: Picture) -> None:
    """Write a picture in the format of the file's ending."""
    content = BytesIO()
    Image.fromarray(picture).save(content, Image.registered_extensions()[path.suffix.lower()])
    write(path, content.getbuffer())


def save_sound(path: Path, wave: Wave, rate: int) -> None:
    """Write a sound in the format of the file's ending."""
    write(path, to_audio(wave, rate, SOUNDS[path.suffix.lower()]))
