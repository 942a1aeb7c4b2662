"""`crossdomain balance`: what a data set has much of and what it has little of."""

import sys
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import torch
from PIL import Image
from torch import Tensor

from pipeline.cli.commands.captions import captioned_grid
from pipeline.cli.commands.known_data import open_store, read_known
from pipeline.cli.commands.latent_files import save_table
from pipeline.cli.commands.latent_starts import read_sample
from pipeline.cli.commands.sample import save_picture
from pipeline.codecs import ImageCodec, PointCodec, SoundCodec
from pipeline.codecs.image import Picture, read_picture
from pipeline.datasets.folders import PICTURES, SOUNDS
from pipeline.datasets.layouts import files_in
from pipeline.errors import UserError, listing
from pipeline.evaluation.drawing import drawable
from pipeline.inference.finished import FinishedModel, load, unable
from pipeline.latent.balance import (
    Balance,
    balance_of,
    effective_number,
    places_shown,
    share_of_half,
)
from pipeline.latent.features import read_all, reader_of
from pipeline.latent.principal import fit_principal
from pipeline.system.files import check_folder, make_folder
from pipeline.system.hardware import device
from pipeline.system.progress import Progress

THUMBNAIL = 32
"""Pixels of a side of what principal components are fitted to."""
ACROSS = 8
"""Samples of a row."""
UNEVEN = 0.1
"""The effective share of samples below which milder weights are named."""


@dataclass(frozen=True)
class Manner:
    """Options of measuring and showing rarity."""

    bins: int
    alpha: float
    numbers: int
    """Of a code, where principal components take a model's place."""
    shown: int
    """Samples in the picture."""


@dataclass(frozen=True)
class Coded:
    """The samples of a data set with their codes."""

    codes: Tensor
    """[N, Z]."""
    pictures: Tensor | None
    """[N, C, H, W] in [-1, 1]; None of points."""
    keys: list[str]
    by: str
    """Name of what encodes, in words."""


def run_model(
    folder: Path,
    files: Path | None,
    data: Path | None,
    domains: list[str],
    split: str,
    out: Path,
    manner: Manner,
) -> str:
    """Show how common samples are among their codes by the encoder of a finished model.

    Of files in a folder, or of a split of a prepared data set. Raises UserError where the model has
    no encoder, or the data does not suit it.
    """
    check_out(out)
    if (files is None) == (data is None):
        raise UserError("name a folder of files, or a prepared data set by --data: one of them")
    finished = load(folder, device())
    try:
        reader = reader_of(finished.model)
    except ValueError as error:
        raise unable(
            finished,
            f"tell what is rare: {error}; without a model, principal "
            "components of the pictures can: leave the model out",
        ) from error
    if data is not None:
        names = open_store(finished, data, domains)
        found = read_known(finished, data, split, names, classes=False, limit=10**9)
        x, keys = found.x, found.keys
    else:
        assert files is not None
        x, keys = read_files(finished, files)
    codes = read_all(reader.read, x.to(finished.device)).cpu()
    codec = finished.codec
    pictures = None if isinstance(codec, PointCodec) else drawable(x, codec).clamp(-1, 1)
    return report(Coded(codes, pictures, keys, f"{reader.name} of {finished.name}"), out, manner)


def run_folder(folder: Path, out: Path, manner: Manner) -> str:
    """Show how common pictures in a folder are by principal components of small copies of them.

    Raises UserError where there are fewer than two pictures that can be read.
    """
    check_out(out)
    paths = files_in(folder, PICTURES)
    read, failures = [], []
    with Progress(f"reading {folder}", len(paths), "files") as bar:
        for done, path in enumerate(paths, 1):
            try:
                read.append((thumbnail(read_picture(path)), path.relative_to(folder).as_posix()))
            except ValueError as error:
                failures.append(f"{path}: {error}")
            bar.reach(done)
    warn(failures, len(paths))
    if len(read) < 2:
        raise UserError(f"{folder}: two pictures or more are needed, found {len(read)}")
    x = torch.from_numpy(np.stack([picture for picture, _ in read]))
    x = x.permute(0, 3, 1, 2).float() / 127.5 - 1
    coder = fit_principal(x, manner.numbers)
    codes = coder.encode(x)
    by = f"{codes.shape[1]} principal components of the pictures at {THUMBNAIL} pixels"
    return report(Coded(codes, x, [key for _, key in read], by), out, manner)


def thumbnail(picture: Picture) -> Picture:
    """Return the largest centred square of [H, W, 3] at `THUMBNAIL` pixels, enlarged if need be."""
    height, width = picture.shape[:2]
    side = min(height, width)
    top, left = (height - side) // 2, (width - side) // 2
    square = Image.fromarray(picture[top : top + side, left : left + side])
    return np.asarray(square.resize((THUMBNAIL, THUMBNAIL), Image.Resampling.BICUBIC))


def read_files(finished: FinishedModel, folder: Path) -> tuple[Tensor, list[str]]:
    """Read the files in a folder as samples [N, C, H, W], with their names.

    What can't be read is said and left out. Raises UserError where fewer than two are left.
    """
    endings = {ImageCodec: PICTURES, PointCodec: (".csv",)}.get(type(finished.codec), SOUNDS)
    paths = files_in(folder, endings)
    samples, keys, failures = [], [], []
    with Progress(f"reading {folder}", len(paths), "files") as bar:
        for done, path in enumerate(paths, 1):
            try:
                samples.append(read_sample(finished, path, None).cpu())
                keys.append(path.relative_to(folder).as_posix())
            except UserError as error:
                failures.append(str(error))
            bar.reach(done)
    warn(failures, len(paths))
    if len(samples) < 2:
        raise UserError(f"{folder}: two files or more are needed, found {len(samples)}")
    if isinstance(finished.codec, SoundCodec):  # of models of any length: the shortest one's
        least = min(sample.shape[-1] for sample in samples)
        samples = [sample[..., :least] for sample in samples]
    return torch.cat(samples), keys


def warn(failures: list[str], count: int) -> None:
    """Say which of ``count`` files were left out."""
    if failures:
        said = f"warning: {len(failures)} of {count} file(s) were left out:\n{listing(failures)}"
        print(said, file=sys.stderr)


def check_out(out: Path) -> None:
    """Raise UserError where ``out`` names neither a picture nor a table."""
    if out.suffix.lower() not in (*PICTURES, ".csv"):
        allowed = ", ".join((*PICTURES, ".csv"))
        raise UserError(f"can't write {out}: expected a name that ends in {allowed}")
    check_folder(out.parent)


def report(coded: Coded, out: Path, manner: Manner) -> str:
    """Write the table, and the picture where ``out`` names one, and say how uneven the data is."""
    try:
        balance = balance_of(coded.codes, bins=manner.bins, alpha=manner.alpha)
    except ValueError as error:
        raise UserError(f"can't tell what is rare: {error}") from error
    order = balance.order().tolist()
    table = out.with_suffix(".csv")
    make_folder(out.parent)
    save_table(table, *table_of(coded, balance, order))
    written = [str(table)]
    if out != table:
        if coded.pictures is None:
            raise UserError(f"points have no pictures: name a table, {table}")
        chosen = places_shown(len(order), manner.shown)
        shown = coded.pictures[[order[at] for at in chosen]]
        captions = [f"{at + 1}/{len(order)}" for at in chosen]
        save_picture(out, captioned_grid(shown, captions, ACROSS))
        written.insert(0, str(out))
    return "\n".join([*words(coded, balance, order, manner), f"written: {', '.join(written)}"])


def table_of(
    coded: Coded, balance: Balance, order: list[int]
) -> tuple[list[str], list[list[object]]]:
    """Return the header and rows of the table, from the most common to the rarest."""
    rarity, weights = balance.rarity.tolist(), balance.weights.tolist()
    rows: list[list[object]] = [
        [rank, coded.keys[at], f"{rarity[at]:.4f}", f"{weights[at]:.6g}"]
        for rank, at in enumerate(order, 1)
    ]
    return ["rank", "file", "rarity", "weight"], rows


def words(coded: Coded, balance: Balance, order: list[int], manner: Manner) -> list[str]:
    """Say how uneven the data is, and which samples are at both ends."""
    count = len(order)
    number, half = effective_number(balance.weights), share_of_half(balance.weights)
    lines = [
        f"{count} samples by {coded.by}",
        f"most common: {', '.join(coded.keys[at] for at in order[:3])}",
        f"rarest: {', '.join(coded.keys[at] for at in reversed(order[-3:]))}",
        f"effective number of samples: {number:.1f} of {count} ({number / count:.1%})",
        f"half of all weight is on the rarest {half:.1%}; the largest weight is "
        f"{float(balance.weights.max()):.3g} times the mean",
    ]
    if number < UNEVEN * count:
        softer = effective_number(
            balance_of(coded.codes, bins=manner.bins, alpha=10 * manner.alpha).weights
        )
        lines.append(
            "weights as uneven as that draw few samples again and again; with --alpha "
            f"{10 * manner.alpha:g} the effective number is {softer:.1f}"
        )
    return lines
