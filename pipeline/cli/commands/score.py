"""`crossdomain score`: files ranked by how unlike its training data a model finds them."""

import csv
import io
from collections.abc import Iterator, Sequence
from pathlib import Path

import numpy as np
import numpy.typing as npt
import torch
from torch import Tensor

from pipeline.codecs import ImageCodec, SoundCodec
from pipeline.codecs.image import read_picture
from pipeline.codecs.mel import read_wave
from pipeline.datasets.folders import PICTURES, SOUNDS
from pipeline.datasets.layouts import files_among
from pipeline.datasets.recordings import levelled, trimmed
from pipeline.errors import UserError, listing
from pipeline.inference.finished import FinishedModel, load, unable
from pipeline.inference.pictures import to_sample
from pipeline.inference.unseen import chunks_of
from pipeline.latent.anomaly import Score, auroc, scores_of
from pipeline.system.files import check_file, check_folder, make_folder, replace
from pipeline.system.hardware import device
from pipeline.system.progress import Progress

ORDER = ("elbo", "iwae", "reconstruction", "mahalanobis")
"""Scores to rank by, those first that tell most: of a digit that training left out the first three
told as much (docs/results.md)."""
BATCH = 64
LEAST_NORMAL = 4

Scores = dict[str, npt.NDArray[np.float64]]
"""Name -> scores [N] of files."""


@torch.inference_mode()
def score(
    folder: Path,
    inputs: Sequence[Path],
    *,
    normal: Path | None = None,
    by: str | None = None,
    draws: int,
    out: Path | None = None,
) -> str:
    """Score files by the model in ``folder``; return a table, the most anomalous first.

    Args:
        folder: the finished model's.
        inputs: files, and folders that are searched to their depths.
        normal: a folder of files that are no anomalies.
        by: the score to rank by.
        draws: of the latent, for the importance-weighted bound.
        out: a csv file of all scores.

    Raises UserError where the model scores nothing, where a file can't be read, with all of them,
    and where ``by`` is none of its scores.
    """
    if out is not None:
        check_folder(out.parent)
        check_file(out)
    finished = load(folder, device())
    kinds = kinds_of(finished)
    lacks = f"holds nothing to score: looked for {', '.join(kinds)};"
    files = files_among(inputs, kinds, lacks)
    apart = None if normal is None else halves_of(files_among([normal], kinds, lacks), normal)
    known = None if apart is None else torch.cat(list(samples_of(finished, apart[0])))
    able = scores_of(finished.model, known, draws)
    if not able:
        raise unable(finished, "score: it neither reconstructs nor bounds likelihoods")
    chosen = by or next(name for name in ORDER if name in able)
    if chosen not in able:
        needs = " (needs --normal)" if chosen == "mahalanobis" and normal is None else ""
        raise UserError(f"no score '{chosen}'{needs}, {finished.name} gives: {', '.join(able)}")
    scores = measure(finished, able, files)
    order = np.argsort(-scores[chosen], kind="stable")
    if out is not None:
        make_folder(out.parent)
        replace(out, to_csv(files, scores, order))
    lines = table(files, scores, order, chosen)
    if apart is not None:
        usual = measure(finished, able, apart[1])
        areas = [f"{name} {auroc(usual[name], scores[name]):.3f}" for name in able]
        lines.append(f"AUROC against {len(apart[1])} files of {normal}: {', '.join(areas)}")
    return "\n".join([*lines, *([] if out is None else [f"all scores: {out}"])])


def kinds_of(finished: FinishedModel) -> tuple[str, ...]:
    """Return the endings of the files that a model takes; raise UserError where it takes none."""
    if isinstance(finished.codec, ImageCodec):
        return PICTURES
    if isinstance(finished.codec, SoundCodec):
        return SOUNDS
    raise unable(finished, "score files")


def halves_of(files: Sequence[Path], folder: Path) -> tuple[list[Path], list[Path]]:
    """Return every second file, and the others; raise UserError where there are too few."""
    if len(files) < LEAST_NORMAL:
        raise UserError(
            f"--normal {folder}: expected {LEAST_NORMAL} files or more, found {len(files)}"
        )
    return list(files[::2]), list(files[1::2])


def samples_of(finished: FinishedModel, files: Sequence[Path]) -> Iterator[Tensor]:
    """Yield the samples [N, C, H, W] of each file: one of a picture, chunks of sound.

    Raises UserError, after the last, with all files that can't be used.
    """
    problems: list[str] = []
    for file in files:
        try:
            yield sample_of(finished, file)
        except ValueError as error:
            problems.append(f"{file}: {error}")
    if problems:
        raise UserError(f"these files can't be scored:\n{listing(problems)}")


def sample_of(finished: FinishedModel, file: Path) -> Tensor:
    """Read a file as a model sees those that it was trained on: [N, C, H, W].

    Raises ValueError with the reason where it can't be used.
    """
    codec, domain = finished.codec, finished.params.domains[0]
    if isinstance(codec, ImageCodec):
        return to_sample(finished, codec, read_picture(file), domain)
    assert isinstance(codec, SoundCodec)
    rate = codec.convention.rate
    wave = trimmed(read_wave(file, rate), rate)
    stored = codec.stored(wave if codec.level is None else levelled(wave, codec.level))
    frames = torch.from_numpy(stored)
    chunks = chunks_of(frames, finished.params.crop or len(frames)).to(finished.device)
    return codec.to_sample(chunks, domain)


def measure(finished: FinishedModel, able: dict[str, Score], files: Sequence[Path]) -> Scores:
    """Compute each score of each file, the mean over its samples."""
    found: dict[str, list[float]] = {name: [] for name in able}

    def add(waiting: list[Tensor]) -> None:
        for name, one in able.items():
            each = torch.split(one(torch.cat(waiting)).cpu(), [len(x) for x in waiting])
            found[name] += [float(part.double().mean()) for part in each]

    waiting: list[Tensor] = []
    with Progress(f"{finished.name} scores", len(files), "files") as progress:
        for sample in samples_of(finished, files):
            waiting.append(sample)
            progress.advance()
            if sum(map(len, waiting)) >= BATCH:
                add(waiting)
                waiting = []
        if waiting:
            add(waiting)
    return {name: np.array(values, np.float64) for name, values in found.items()}


def to_csv(files: Sequence[Path], scores: Scores, order: npt.NDArray[np.int64]) -> bytes:
    """Write a line a file in an order: rank, file and its scores."""
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow(["rank", "file", *scores])
    for rank, index in enumerate(order, 1):
        writer.writerow([rank, files[index], *(f"{s[index]:.6g}" for s in scores.values())])
    return text.getvalue().encode("utf-8", "surrogateescape")


def table(
    files: Sequence[Path], scores: Scores, order: npt.NDArray[np.int64], by: str
) -> list[str]:
    """Write the lines of a table in an order, the column that it is ordered by first."""
    names = [by, *(name for name in scores if name != by)]
    widths = [max(len(name), 9) for name in names]
    head = "  ".join(name.rjust(width) for name, width in zip(names, widths, strict=True))
    lines = [f"{head}  file"]
    for index in order:
        cells = [
            f"{scores[name][index]:.4g}".rjust(width)
            for name, width in zip(names, widths, strict=True)
        ]
        lines.append(f"{'  '.join(cells)}  {files[index]}")
    return lines
