"""Prepared stores of any size that take next to no disk: arrays of zeros that are never written."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np

from pipeline.codecs import Codec, ImageCodec, MelCodec
from pipeline.codecs.sound import Statistics
from pipeline.conventions import HIFI_GAN
from pipeline.datasets.store import Meta, Sealed
from pipeline.datasets.writer import SHARD_BYTES

DOMAINS = ("a", "b")
CLIP = 344  # frames: four seconds
SIDE = 64  # pixels


def write_pictures(root: Path, items: int) -> None:
    """Write uint8 pictures, half in each domain."""
    codec = ImageCodec(size=SIDE, channels=dict.fromkeys(DOMAINS, 3))
    write_store(root, codec, items // 2, length=SIDE)
    per_shard = -(-SHARD_BYTES // (SIDE * SIDE * 3))
    for domain in DOMAINS:
        folder = root / "train" / domain
        for number, rows in enumerate(parts(items // 2, per_shard)):
            write_zeros(folder, number, (rows, SIDE, SIDE, 3), np.uint8)


def write_clips(root: Path, items: int) -> None:
    """Write float16 mel frames of clips of `CLIP` frames, half in each domain."""
    still = Statistics(mean=(0.0,) * HIFI_GAN.mels, std=(1.0,) * HIFI_GAN.mels)
    write_store(root, MelCodec(statistics=dict.fromkeys(DOMAINS, still)), items // 2, length=CLIP)
    per_shard = -(-SHARD_BYTES // (CLIP * HIFI_GAN.mels * 2))
    for domain in DOMAINS:
        folder = root / "train" / domain
        np.save(folder / "lengths.npy", np.full(items // 2, CLIP))
        for number, clips in enumerate(parts(items // 2, per_shard)):
            write_zeros(folder, number, (clips * CLIP, HIFI_GAN.mels), np.float16)


def write_store(root: Path, codec: Codec, count: int, length: int) -> None:
    """Write all of a store but its arrays: tables and labels as preparation writes them."""
    for domain in DOMAINS:
        folder = root / "train" / domain
        folder.mkdir(parents=True)
        np.save(folder / "labels.npy", np.zeros(count, np.int64))
        with (folder / "items.tsv").open("w", encoding="utf-8") as table:
            ending = f"\t0\t{length}\t10000\t{'0' * 64}\n"
            table.writelines(f"{domain}/{number:09d}{ending}" for number in range(count))
    sealed = {domain: Sealed(count=count, content="", keys=domain) for domain in DOMAINS}
    meta = Meta(codec=codec, classes=(), domains={"train": sealed})
    (root / "meta.json").write_text(meta.model_dump_json(), encoding="utf-8")


def parts(total: int, size: int) -> Iterator[int]:
    """Yield ``total`` in parts of ``size``, the last of which may be smaller."""
    for first in range(0, total, size):
        yield min(size, total - first)


def write_zeros(folder: Path, number: int, shape: tuple[int, ...], kind: type[np.generic]) -> None:
    """Write a shard of which only the header is stored; the rest is a hole that reads as zeros."""
    array: np.memmap[Any, np.dtype[Any]] = np.lib.format.open_memmap(
        folder / f"shard-{number:05d}.npy", mode="w+", dtype=kind, shape=shape
    )
    array.flush()
