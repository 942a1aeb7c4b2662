"""Files that commands about latents write: a grid, a film, sound, or a table."""

import csv
import io
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import torch
from PIL import Image
from torch import Tensor

from pipeline.cli.commands.latent_spaces import Setup
from pipeline.cli.commands.latent_starts import domain_for
from pipeline.cli.commands.sample import SOUNDS, save_picture, save_sound
from pipeline.codecs import PointCodec, SoundCodec, holds
from pipeline.codecs.image import Picture
from pipeline.datasets.folders import PICTURES
from pipeline.errors import UserError
from pipeline.evaluation.drawing import drawable
from pipeline.figures import draw_points, grid
from pipeline.inference.finished import FinishedModel, as_vocoder, load
from pipeline.inference.sampling import joined, square_grid
from pipeline.inference.vocoders import fitting
from pipeline.latent.spaces import Space
from pipeline.system.files import check_folder, make_folder, write
from pipeline.system.hardware import device

FILMS = (".gif", ".mp4")
TABLE = ".csv"
RATE = 12
"""Frames of a film a second."""
WIDEST = 16
"""Samples of a single row in a picture; more are arranged as a square."""
FRAMES, PLACES = 24, 9
"""Samples of a way, where nobody says how many: in a film, and elsewhere."""


@dataclass(frozen=True)
class Ways:
    """Samples on their ways, a row each."""

    samples: Tensor
    """[R, T, C, H, W], on the processor."""
    latents: Tensor
    """[R, T, *shape]."""


def decode_ways(space: Space, latents: Tensor) -> Ways:
    """Decode latents [R, T, *shape]."""
    samples = space.decode_all(latents.flatten(0, 1)).cpu()
    return Ways(samples.reshape(*latents.shape[:2], *samples.shape[1:]), latents)


def check_out(finished: FinishedModel, setup: Setup) -> str:
    """Return the ending of the file to write.

    Raises UserError where it names no format that the model's samples have, or can't be written.
    """
    out, vocoder = setup.out, setup.vocoder
    kind, ending = holds(finished.codec), out.suffix.lower()
    allowed = [*PICTURES, *FILMS, *(SOUNDS if kind == "sound" else ()), TABLE]
    if ending in SOUNDS and kind != "sound":
        raise UserError(f"can't write {out}: {finished.name} makes {kind}, so name a .png file")
    if ending not in allowed:
        raise UserError(f"can't write {out}: expected a name that ends in {', '.join(allowed)}")
    if vocoder is not None and ending not in SOUNDS:
        raise UserError(f"--vocoder {vocoder} makes sound: leave it out, or name a .wav file")
    check_folder(out.parent)
    return ending


def how_many(n: int | None, ending: str) -> int:
    """Return how many samples a way has: ``n``, or the usual number for a file of this ending."""
    return n or (FRAMES if ending in FILMS else PLACES)


def save_ways(finished: FinishedModel, space: Space, ways: Ways, setup: Setup) -> None:
    """Write samples on their ways in the format of the file's ending.

    As a picture each way is a row; a film shows all at once, there and back; of sound one follows
    the other; a table has their latents, and points' coordinates.
    """
    out, ending = setup.out, setup.out.suffix.lower()
    make_folder(out.parent)
    if ending == TABLE:
        save_table(out, *table_of(space, ways, isinstance(finished.codec, PointCodec)))
    elif ending in SOUNDS:
        save_sounds(finished, ways.samples.flatten(0, 1), setup)
    elif ending in FILMS:
        frames = frames_of(finished, ways.samples)
        write(out, encode_film([*frames, *frames[-2:0:-1]], ending))
    else:
        save_picture(out, still_of(finished, ways.samples))


def still_of(finished: FinishedModel, samples: Tensor) -> Picture:
    """Draw samples [R, T, C, H, W] as one picture."""
    codec = finished.codec
    if isinstance(codec, PointCodec):
        points = samples.flatten(0, 1).flatten(1)
        return draw_points(points[:0], points, reach_of(points))
    if len(samples) == 1 and samples.shape[1] > WIDEST:
        return square_grid(drawable(samples[0], codec))
    return grid([drawable(row, codec) for row in samples])


def frames_of(finished: FinishedModel, samples: Tensor) -> list[Picture]:
    """Draw samples [R, T, C, H, W] as T pictures of R samples."""
    codec = finished.codec
    if isinstance(codec, PointCodec):
        points = samples.flatten(2)
        every = points.flatten(0, 1)
        return [draw_points(every, now, reach_of(every)) for now in points.unbind(1)]
    return [square_grid(drawable(now, codec)) for now in samples.unbind(1)]


def reach_of(points: Tensor) -> float:
    """Return how far a map of points [N, D] has to reach."""
    return 1.1 * max(float(points.abs().max()), 1e-6)


def encode_film(frames: Sequence[Picture], ending: str) -> bytes:
    """Encode pictures uint8 [H, W, 3] of one size as a film; a GIF runs for ever.

    Raises UserError where there is nothing to encode MP4 by.
    """
    if ending == ".mp4":
        return encode_mp4(frames)
    first, *others = (Image.fromarray(frame) for frame in frames)
    content = io.BytesIO()
    first.save(
        content, "GIF", save_all=True, append_images=others, duration=round(1000 / RATE), loop=0
    )
    return content.getvalue()


def encode_mp4(frames: Sequence[Picture]) -> bytes:
    """Encode pictures uint8 [H, W, 3] as H.264, of even height and width."""
    try:
        import av
    except ImportError as error:
        raise UserError(
            "mp4 needs the package av, which comes with the extra 'judges' (pip install "
            "'.[judges]' in the project's folder): install it, or name a .gif file"
        ) from error
    height, width = (size + size % 2 for size in frames[0].shape[:2])
    content = io.BytesIO()
    with av.open(content, "w", format="mp4") as file:
        stream: Any = file.add_stream("libx264", rate=RATE, options={"crf": "16"})
        stream.height, stream.width, stream.pix_fmt = height, width, "yuv420p"
        for frame in frames:
            padding = [(0, height - frame.shape[0]), (0, width - frame.shape[1]), (0, 0)]
            whole = np.pad(frame, padding, mode="edge")
            file.mux(stream.encode(av.VideoFrame.from_ndarray(whole, format="rgb24")))
        file.mux(stream.encode())
    return content.getvalue()


def save_sounds(finished: FinishedModel, samples: Tensor, setup: Setup) -> None:
    """Write the sounds of samples [N, 1, C, T], one after the other."""
    codec = finished.codec
    assert isinstance(codec, SoundCodec)
    voice = None if setup.vocoder is None else as_vocoder(load(setup.vocoder, device()))
    vocoder, domain = fitting(voice, codec.convention), domain_for(finished, setup.label)
    waves = []
    for sample in samples:
        frames = codec.from_sample(sample[None], domain).transpose(1, 2)
        with torch.inference_mode():
            waves.append(vocoder.vocode(frames.to(finished.device))[0].float().cpu().numpy())
    save_sound(setup.out, joined(waves, codec.convention.rate), codec.convention.rate)


def table_of(space: Space, ways: Ways, points: bool) -> tuple[list[str], list[list[object]]]:
    """Return the header and rows of a table of latents, and of coordinates where asked for."""
    rows: list[list[object]] = []
    for row, way in enumerate(ways.latents):
        for place, latent in enumerate(way):
            values = [*latent.flatten().tolist()]
            if points:
                values += ways.samples[row, place].flatten().tolist()
            rows.append([row, place, *values])
    header = ["row", "place", *columns_of(space, ways.latents.shape[2:])]
    header += [f"x{i}" for i in range(ways.samples[0, 0].numel())] if points else []
    return header, rows


def columns_of(space: Space, shape: Sequence[int]) -> list[str]:
    """Name the numbers of a latent: z0, w0, code0, or w0_0 where each layer has a w."""
    name = space.kind.rstrip("+")
    if len(shape) == 1:
        return [f"{name}{i}" for i in range(shape[0])]
    return [f"{name}{layer}_{i}" for layer in range(shape[0]) for i in range(shape[1])]


def save_table(out: Path, header: Sequence[str], rows: Sequence[Sequence[object]]) -> None:
    """Write rows of values as comma-separated text."""
    make_folder(out.parent)
    content = io.StringIO(newline="")
    writer = csv.writer(content, lineterminator="\n")
    writer.writerow(header)
    writer.writerows(rows)
    write(out, content.getvalue().encode())
