"""`crossdomain probe`: what a model's features tell of classes that nobody taught it."""

from pathlib import Path

import torch
from torch import Tensor, nn

from pipeline.cli.commands.captions import draw_map
from pipeline.cli.commands.known_data import KnownSamples, class_names, open_store, read_known
from pipeline.cli.commands.latent_files import save_table
from pipeline.cli.commands.sample import save_picture
from pipeline.codecs import PointCodec
from pipeline.datasets.folders import PICTURES
from pipeline.errors import UserError
from pipeline.evaluation.drawing import drawable
from pipeline.inference.finished import FinishedModel, load, unable
from pipeline.latent.features import FeatureReader, read_all, reader_of
from pipeline.latent.maps import MapKind, map_of
from pipeline.latent.probing import Features, probe_all
from pipeline.methods.registry import build_from_card
from pipeline.system.files import check_folder, make_folder
from pipeline.system.hardware import device


def run(
    folder: Path,
    data: Path,
    domains: list[str],
    factor: str | None,
    out: Path | None,
    by: MapKind,
    thumbnails: bool,
    limit: int,
    seed: int,
) -> str:
    """Probe and cluster a model's features, and draw a map of test samples where ``out`` says.

    Beside them stand pixels and the same network with random weights. Raises UserError where the
    model encodes nothing, or the data has no classes or does not suit it.
    """
    check_out(out, thumbnails)
    finished = load(folder, device())
    reader = reader_for(finished)
    names = open_store(finished, data, domains)
    classes = class_names(data, names, factor)
    train, test = (
        read_known(finished, data, split, names, factor=factor, limit=limit)
        for split in ("train", "test")
    )
    fresh = random_twin(finished, seed)
    ways = {
        f"{reader.name} of {finished.name}": reader,
        "of random weights": reader_of(fresh),
        "pixels": FeatureReader("pixels", lambda x: x),
    }
    features = {
        name: Features(*(features_of(finished, way, part.x) for part in (train, test)))
        for name, way in ways.items()
    }
    found = probe_all(features, train.y, test.y, seed)
    commonest = int(torch.bincount(train.y).argmax())
    chance = float((test.y == commonest).double().mean())
    lines = [
        f"{len(classes)} classes ({factor or 'of the data set'}); {len(train.y)} training and "
        f"{len(test.y)} test samples",
        f"{'':<32}numbers  accuracy  clusters' NMI",
    ]
    for name, values in found.items():
        size = features[name].train.shape[1]
        lines.append(f"{name:<32}{size:>7}  {values.accuracy:>8.3f}  {values.nmi:>13.3f}")
    lines.append(f"{'commonest class':<32}{'':>7}  {chance:>8.3f}")
    if out is not None:
        places = map_of(next(iter(features.values())).test, by, seed)
        save_map(finished, out, places, test, classes, thumbnails)
        lines.append(f"map of the test samples ({by}): {out}")
    return "\n".join(lines)


def check_out(out: Path | None, thumbnails: bool) -> None:
    """Raise UserError where ``out`` names neither a picture nor a table."""
    if out is None:
        if thumbnails:
            raise UserError("--thumbnails are of a map: name its file by -o")
        return
    if out.suffix.lower() not in (*PICTURES, ".csv"):
        allowed = ", ".join((*PICTURES, ".csv"))
        raise UserError(f"can't write {out}: expected a name that ends in {allowed}")
    check_folder(out.parent)


def reader_for(finished: FinishedModel) -> FeatureReader:
    """Return how to read a model's features; raise UserError where it has none."""
    try:
        return reader_of(finished.model)
    except ValueError as error:
        raise unable(finished, f"give features: {error}") from error


def random_twin(finished: FinishedModel, seed: int) -> nn.Module:
    """Build a model's network with fresh weights, the same for equal seeds."""
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(seed)
        return build_from_card(finished.card).eval().to(finished.device)


def features_of(finished: FinishedModel, reader: FeatureReader, x: Tensor) -> Tensor:
    """Read features [N, F] on the model's device, and bring them to the processor."""
    return read_all(reader.read, x.to(finished.device)).cpu()


def save_map(
    finished: FinishedModel,
    out: Path,
    places: Tensor,
    test: KnownSamples,
    classes: list[str],
    thumbnails: bool,
) -> None:
    """Write a map as a picture or as a table of places."""
    make_folder(out.parent)
    if out.suffix.lower() == ".csv":
        rows: list[list[object]] = [
            [key, classes[int(label)], *place]
            for key, label, place in zip(test.keys, test.y, places.tolist(), strict=True)
        ]
        save_table(out, ["item", "class", "x", "y"], rows)
        return
    if thumbnails and isinstance(finished.codec, PointCodec):
        raise UserError(f"points have no pictures: leave --thumbnails out for {finished.name}")
    shown = drawable(test.x, finished.codec).clamp(-1, 1) if thumbnails else None
    save_picture(out, draw_map(places, test.y, classes, shown))
