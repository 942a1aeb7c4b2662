"""The latents that a command starts at: those of seeds, of samples in files, or of a table."""

import csv
import re
from collections.abc import Sequence
from pathlib import Path

import numpy as np
import torch
from torch import Tensor

from pipeline.cli.commands.latent_spaces import Setup, naming_model
from pipeline.codecs import ImageCodec, SoundCodec
from pipeline.codecs.image import read_picture
from pipeline.codecs.mel import read_wave
from pipeline.codecs.sound_files import limited
from pipeline.datasets.recordings import levelled, trimmed
from pipeline.errors import UserError
from pipeline.inference.finished import FinishedModel
from pipeline.inference.pictures import to_sample
from pipeline.inference.sampling import domain_of
from pipeline.inference.unseen import chunks_of
from pipeline.latent.inversion import invert, passes
from pipeline.latent.spaces import Space
from pipeline.latent.style_spaces import WSpace
from pipeline.system.progress import Progress

NUMBER = re.compile(r"[0-9]+")
COLUMN = re.compile(r"(z|w|code)(\d+)(?:_(\d+))?")
"""Of a table of latents: z0, w0, code0, and w0_0 of layer 0 where each has a w."""
STARTS = 4
"""Of an inversion."""


def read_starts(
    finished: FinishedModel, space: Space, starts: Sequence[str], setup: Setup
) -> Tensor:
    """Return a latent for each start, a seed or a file: [N, *shape]; a table of latents has any
    number.

    A file's sample is encoded where the model has an encoder, and else inverted. Raises UserError
    where a start is neither, the file holds no such sample, or latents are of another kind.
    """
    parts: list[Tensor | None] = []
    samples: list[Tensor] = []
    for start in starts:
        path = Path(start)
        if NUMBER.fullmatch(start) and not path.is_file():
            with naming_model(finished):
                parts.append(space.draw(1, seed_of(start)))
        elif not path.is_file():
            raise UserError(f"{start}: expected a seed (a whole number) or a file, found neither")
        elif (latents := read_latents(path, space)) is not None:
            parts.append(latents)
        else:
            parts.append(None)
            samples.append(read_sample(finished, path, setup.label))
    read = latents_of(finished, space, torch.cat(samples), setup.steps) if samples else ()
    found = iter(read)
    whole = [next(found)[None] if part is None else part for part in parts]
    if any(part.shape[1:] != whole[0].shape[1:] for part in whole):
        raise UserError(f"{', '.join(starts)}: latents of w and of w+ don't mix")
    return torch.cat(whole)


def seed_of(text: str) -> int:
    """Return the seed that a text names; raise UserError where it is too large."""
    seed = int(text)
    if seed >= 2**63:
        raise UserError(f"{text}: seeds are less than 2^63")
    return seed


def latents_of(finished: FinishedModel, space: Space, x: Tensor, steps: int) -> Tensor:
    """Return the latents of samples [N, C, H, W], encoded or inverted."""
    if space.encodes:
        return space.encode(x)
    with Progress(f"inverting {len(x)} sample(s)", passes(len(x), STARTS, steps), "steps") as bar:
        found = invert(
            space,
            x,
            steps=steps,
            starts=STARTS,
            watch=lambda step, distance: bar.reach(step, f"distance {distance:.4f}"),
        )
    return found.latents


def read_sample(finished: FinishedModel, path: Path, label: str | None) -> Tensor:
    """Read a file as a sample [1, C, H, W] of a model's: the middle of a picture or a sound, or a
    point's coordinates.

    Raises UserError where it holds none.
    """
    codec, domain = finished.codec, domain_for(finished, label)
    try:
        if isinstance(codec, ImageCodec):
            return to_sample(finished, codec, read_picture(path), domain)
        if isinstance(codec, SoundCodec):
            return read_sound(finished, codec, path, domain)
        point = np.loadtxt(path, np.float32, delimiter=",", ndmin=2)
        if point.shape != (1, codec.dims[domain]):
            raise ValueError(f"expected one row of {codec.dims[domain]} numbers and commas")
        return codec.to_sample(torch.from_numpy(point), domain).to(finished.device)
    except ValueError as error:
        raise UserError(f"{path}: {error}") from error


def read_sound(finished: FinishedModel, codec: SoundCodec, path: Path, domain: str) -> Tensor:
    """Read the middle of a sound, prepared as recordings for training are: [1, 1, C, T].

    Raises ValueError where it holds none.
    """
    rate, width = codec.convention.rate, finished.card.data.specs[domain].width
    wave = trimmed(read_wave(path, rate), rate)
    wave = limited(wave) if codec.level is None else levelled(wave, codec.level)
    frames = torch.from_numpy(codec.stored(wave))
    chunks = chunks_of(frames, len(frames) if width is None else width)
    middle = chunks[len(chunks) // 2][None]
    return codec.to_sample(middle.to(finished.device), domain)


def domain_for(finished: FinishedModel, label: str | None) -> str:
    """Return the domain that samples are of: the class's, where domains are the classes."""
    if label is not None and label in finished.params.domains:
        return label
    return domain_of(finished, None)


def read_latents(path: Path, space: Space) -> Tensor | None:
    """Read the latents [N, *shape] of a table that a command wrote; None where a file is none.

    Raises UserError where they are none of the space's.
    """
    if path.suffix.lower() != ".csv":
        return None
    try:
        with path.open(encoding="utf-8", newline="") as file:
            header, *rows = list(csv.reader(file))
        columns = [
            (at, match) for at, name in enumerate(header) if (match := COLUMN.fullmatch(name))
        ]
        if not columns:
            return None
        values = torch.tensor([[float(row[at]) for at, _ in columns] for row in rows])
    except (ValueError, IndexError, UnicodeDecodeError) as error:
        raise UserError(f"{path}: not a table of latents: {error}") from error
    kind, _, last = columns[-1][1].groups()
    if last is not None:
        values = values.reshape(len(values), -1, int(last) + 1)
    found = kind if last is None else f"{kind}+"
    shapes: dict[str, tuple[int, ...]] = {space.kind: space.shape}
    if isinstance(space, WSpace):
        shapes["w+"] = (space.layers, space.shape[-1])
    # The length of an encoder's codes is not known before it has encoded any.
    if found not in shapes or shapes[found] not in ((), tuple(values.shape[1:])):
        raise UserError(
            f"{path} holds latents of {found}, {list(values.shape[1:])}, but the space is "
            f"{space.kind}, {list(space.shape)}: name another by --space"
        )
    return values.to(space.device)
