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
import yaml
from exported import export_one
from mutations import mutated_archive, mutated_bytes, mutated_json, mutated_yaml
from original_bigvgan import OriginalBigvgan
from original_hifigan import CONFIGS, OriginalHifigan
from original_taming import CONFIG, OriginalVQModel
from original_vocos import OriginalVocos, config_of
from originals import OriginalResnet, OriginalUnet
from PIL import Image
from stores import prepared
from strangers import MOST_BYTES, MOST_SECONDS

from pipeline.codecs.image import read_picture
from pipeline.codecs.mel import read_wave
from pipeline.datasets.digits import DigitsParams
from pipeline.datasets.store import Store
from pipeline.errors import UserError
from pipeline.inference.finished import load
from pipeline.interop import gemelo, jik876, junyanz, nvidia, taming
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
        "checkpoint": lambda: checkpoints(folder / "checkpoint"),
        "configuration": lambda: configurations(folder / "configuration"),
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


SMALL = {**CONFIGS["v3"], "upsample_initial_channel": 16}
BIGVGAN = {**SMALL, "activation": "snakebeta", "snake_logscale": True}
"""HiFi-GAN's keys, and what BigVGAN has beside them."""
VOCOS = config_of(dim=8, intermediate_dim=8, num_layers=1)


def vqgan() -> dict:
    """A small one's configuration."""
    config: dict = yaml.safe_load(yaml.safe_dump(CONFIG))
    sizes = {
        "ch": 32,
        "z_channels": 4,
        "resolution": 16,
        "ch_mult": [1, 2],
        "attn_resolutions": [8],
    }
    config["model"]["params"]["ddconfig"] |= sizes | {"num_res_blocks": 1}
    config["model"]["params"] |= {"embed_dim": 4, "n_embed": 8}
    return config


def checkpoints(folder: Path) -> Kind:
    """Generators and a VQGAN, in torch's two formats."""
    resnet, unet = OriginalResnet(width=2).state_dict(), OriginalUnet(width=1).state_dict()
    trainer = {"epoch": 1, "callbacks": {"it": argparse.Namespace(lr=1)}}
    states = {
        "resnet": resnet,
        "unet": {"state_dict": unet},
        "hifigan": {"generator": OriginalHifigan(SMALL).state_dict()},
        "taming": {**trainer, "state_dict": OriginalVQModel(vqgan()).state_dict()},
        "vocos": OriginalVocos(VOCOS).state_dict(),
        "bigvgan": {"generator": OriginalBigvgan(BIGVGAN).state_dict()},
    }
    paths = []
    for name, state in states.items():
        for legacy in (False, True):
            path = folder / f"{name}{'_old' if legacy else ''}" / "it.pth"
            path.parent.mkdir(parents=True)
            torch.save(state, path, _use_new_zipfile_serialization=not legacy)
            (path.parent / "config.json").write_text(json.dumps(BIGVGAN))
            (path.parent / "model.yaml").write_text(yaml.safe_dump(vqgan()))
            (path.parent / "config.yaml").write_text(yaml.safe_dump(VOCOS))
            paths.append(path)
    return Kind(paths, mutated_archive, read_checkpoint)


def read_checkpoint(path: Path) -> object:
    """Reads it as what its folder says."""
    if path.parent.name.startswith("hifigan"):
        return jik876.read(path, path.with_name("config.json"))
    if path.parent.name.startswith("taming"):
        return taming.read(path, path.with_name("model.yaml"))
    if path.parent.name.startswith("bigvgan"):
        return nvidia.read(path, path.with_name("config.json"))
    if path.parent.name.startswith("vocos"):
        return gemelo.read(path, path.with_name("config.yaml"))
    return junyanz.read(path)


def configurations(folder: Path) -> Kind:
    """The files beside checkpoints of BigVGAN (with HiFi-GAN's keys), VQGAN and Vocos."""
    kind = checkpoints(folder)
    beside = {"bigvgan": "config.json", "taming": "model.yaml", "vocos": "config.yaml"}
    seeds = [
        next(p for p in kind.seeds if p.parent.name == name).with_name(file)
        for name, file in beside.items()
    ]
    return Kind(seeds, mutated_yaml, lambda path: read_checkpoint(path.with_name("it.pth")))


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
