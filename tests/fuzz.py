"""Reads files that were changed at random: each gives a result, or a refusal of ours in words.

The tests read a few of each kind, always the same. Many more, from another seed, and what was
found in a folder:

    PYTHONPATH=.:tests python -m fuzz 5000 --seed 7 --kinds params.json picture --out /tmp/found
"""

import argparse
import faulthandler
import json
import resource
import shutil
import tempfile
import time
import traceback
from collections.abc import Callable
from pathlib import Path
from random import Random
from typing import NamedTuple

import numpy as np
import soundfile
import tiny
import torch
from exported import export_one
from mutations import mutated_archive, mutated_bytes, mutated_json, mutated_yaml
from PIL import Image
from published import (
    read_beside,
    read_checkpoint,
    write_checkpoints,
    write_configurations,
    write_statistics,
)
from stores import prepared
from strangers import MOST_BYTES, MOST_SECONDS

from pipeline.codecs.image import read_picture
from pipeline.codecs.mel import read_wave
from pipeline.datasets.digits import DigitsParams
from pipeline.datasets.store import Store
from pipeline.errors import UserError
from pipeline.inference.finished import load
from pipeline.interop.voice_statistics import read_statistics
from pipeline.params import load_params
from pipeline.scaffold.fitting import misfits

Mutation = Callable[[bytes, bytes, Random], bytes]


class Kind(NamedTuple):
    """Files of one kind, and what reads them."""

    seeds: list[Path]
    """Good ones, each in a folder of its own with all that belongs to it."""
    mutation: Mutation
    read: Callable[[Path], object]
    refusals: type[Exception] = UserError


class Found(NamedTuple):
    """A file that something is wrong with."""

    content: bytes
    suffix: str
    problem: str


def fuzz(kind: Kind, count: int, seed: int, folder: Path) -> list[Found]:
    """Reads ``count`` changed files, in turn, and returns those with which something is wrong."""
    random, found = Random(seed), []
    contents = [path.read_bytes() for path in kind.seeds]
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    for number in range(count):
        at = number % len(contents)
        good = kind.seeds[at]
        content = kind.mutation(contents[at], random.choice(contents), random)
        path = folder / good.relative_to(good.parents[1])
        if not path.parent.exists():
            shutil.copytree(good.parent, path.parent)
        path.write_bytes(content)
        problem, began = "", time.process_time()
        try:
            kind.read(path)
        except kind.refusals as error:
            if len(str(error)) > 20_000:
                problem = f"a message of {len(str(error)):,} characters"
        except Exception:
            problem = traceback.format_exc()
        if (seconds := time.process_time() - began) > MOST_SECONDS:
            problem += f"\n{seconds:.1f} s"
        after = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
        if 1024 * (after - before) > MOST_BYTES:
            problem, before = problem + f"\n{(after - before) / 2**10:.0f} MiB", after
        if problem:
            found.append(Found(content, path.suffix, problem))
    return found


def kinds(folder: Path) -> dict[str, Callable[[], Kind]]:
    """Name what there is to read, each made below ``folder`` when it is asked for."""
    return {
        "params.json": lambda: models(folder / "params.json"),
        "codec.json": lambda: models(folder / "codec.json"),
        "meta.json": lambda: stores(folder / "meta.json"),
        "params.yaml": lambda: parameters(folder / "params.yaml"),
        "sound": lambda: sounds(folder / "sound"),
        "picture": lambda: pictures(folder / "picture"),
        "checkpoint": lambda: Kind(
            write_checkpoints(folder / "checkpoint"), mutated_archive, read_checkpoint
        ),
        "configuration": lambda: Kind(
            write_configurations(folder / "configuration"), mutated_yaml, read_beside
        ),
        "statistics": lambda: Kind(
            write_statistics(folder / "statistics"),
            mutated_archive,
            lambda path: read_statistics(path, 8),
        ),
    }


def models(folder: Path) -> Kind:
    """Finished models of several methods; the file of the folder's name is what is changed."""
    runs = tiny.runs()
    chosen = ("cyclegan", "vae", "hifigan", "code_prior", "pix2pix_vqgan", "voice_mask_cyclegan")
    for name in chosen:
        export_one(folder / name, runs[name])
    paths = [folder / name / folder.name for name in chosen]
    return Kind(paths, mutated_json, lambda path: load(path.parent))


def stores(folder: Path) -> Kind:
    """Prepared data."""
    prepared(DigitsParams(size=tiny.SIDE), folder / "digits")
    sound = json.loads((folder / "digits/meta.json").read_text())
    run = tiny.runs()["voice_mask_cyclegan"]
    sound["codec"] = tiny.codec_of(run).model_dump(mode="json")
    split = dict.fromkeys(run.domains, sound["domains"]["train"]["digit"])
    sound["domains"] = {"train": split}
    (folder / "voices").mkdir()
    (folder / "voices/meta.json").write_text(json.dumps(sound))
    return Kind(
        [folder / name / "meta.json" for name in ("digits", "voices")], mutated_json, opened
    )


def opened(path: Path) -> object:
    """Ask of a store what a run asks before it reads any item."""
    store = Store(path.parent)
    return store.spec, store.factors, store.meta.counts, store.fingerprint


def parameters(folder: Path) -> Kind:
    """The shipped ones."""
    paths = []
    for path in (tiny.ROOT / "params.yaml", *sorted(tiny.ROOT.glob("recipes/*/params.yaml"))):
        out = folder / path.parent.name / "params.yaml"
        out.parent.mkdir(parents=True)
        shutil.copy(path, out)
        paths.append(out)
    return Kind(paths, mutated_yaml, lambda path: list(misfits(load_params(path))))


def sounds(folder: Path) -> Kind:
    """A tenth of a second in each of the usual formats."""
    wave = 0.3 * np.sin(np.arange(800) * 0.3)
    paths = []
    for name, subtype, channels in (
        *(("a.wav", None, 1), ("b.wav", "FLOAT", 2), ("c.wav", "PCM_U8", 1)),
        *(("d.wav", "IMA_ADPCM", 1), ("e.flac", None, 2), ("f.ogg", None, 1), ("g.mp3", None, 1)),
        *(("h.aiff", None, 1), ("i.au", None, 1), ("j.caf", None, 1), ("k.w64", None, 1)),
    ):
        path = folder / name.partition(".")[0] / name
        path.parent.mkdir(parents=True)
        soundfile.write(path, np.stack([wave] * channels, axis=1), 8000, subtype=subtype)
        paths.append(path)
    return Kind(paths, mutated_bytes, lambda path: read_wave(path, 16_000), ValueError)


def pictures(folder: Path) -> Kind:
    """Small ones in each of the usual formats and modes."""
    colours = np.random.default_rng(0).integers(0, 255, (12, 10, 3), np.uint8)
    colour = Image.fromarray(colours)
    paths = []
    for name, picture, options in (
        *(("a.png", colour, {}), ("b.png", colour.convert("P"), {}), ("c.jpg", colour, {})),
        *(("d.png", colour.convert("RGBA"), {}), ("e.png", colour.convert("I;16"), {})),
        *(("f.gif", colour, {}), ("g.bmp", colour, {}), ("h.webp", colour, {"lossless": True})),
        *(("i.tif", colour, {}), ("j.tif", colour, {"compression": "tiff_lzw"})),
        *(("k.ppm", colour, {}), ("l.jpg", colour.convert("CMYK"), {}), ("m.tga", colour, {})),
    ):
        path = folder / name.partition(".")[0] / name
        path.parent.mkdir(parents=True)
        exif = Image.Exif()
        exif[0x112] = 6
        picture.save(path, **options, **({"exif": exif} if name == "c.jpg" else {}))
        paths.append(path)
    return Kind(paths, mutated_bytes, read_picture, ValueError)


def main() -> None:
    """Read many; print what is wrong, and write the files to a folder."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("count", type=int, help="files of each kind")
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--out", type=Path, default=Path("fuzz"))
    parser.add_argument("--kinds", nargs="*", default=[])
    arguments = parser.parse_args()
    torch.set_num_threads(1)
    with tempfile.TemporaryDirectory() as made:
        every = kinds(Path(made) / "good")
        for name in arguments.kinds or every:
            faulthandler.dump_traceback_later(60 + arguments.count, exit=True)
            began = time.process_time()
            found = fuzz(every[name](), arguments.count, arguments.seed, Path(made) / name)
            print(f"{name}: {arguments.count} in {time.process_time() - began:.0f} s, {len(found)}")
            last_lines: dict[str, Found] = {each.problem.strip()[-150:]: each for each in found}
            for number, each in enumerate(last_lines.values()):
                path = arguments.out / f"{name}-{arguments.seed}-{number}{each.suffix}"
                path.parent.mkdir(parents=True, exist_ok=True)
                path.write_bytes(each.content)
                print(f"  {path}: {each.problem[-1500:]}")


if __name__ == "__main__":
    main()
