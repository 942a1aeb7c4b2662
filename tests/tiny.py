"""Small stand-ins: raw files of two kinds of domains, and the shipped blocks at toy sizes."""

import resource
from collections.abc import Iterator
from contextlib import contextmanager
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np
import soundfile
import torch
from PIL import Image
from torch import Tensor, nn

from pipeline.codecs import Codec, ImageCodec, MelCodec
from pipeline.codecs.sound import Statistics
from pipeline.conventions import MelConvention
from pipeline.datasets.digits import DigitsParams
from pipeline.datasets.source import SoundParams
from pipeline.methods.base import Method, RunParams
from pipeline.methods.pretrained import SecondStageRunParams
from pipeline.methods.registry import build_from_card, load_run
from pipeline.methods.runs import DomainsRunParams
from pipeline.models.card import Card, Pretrained
from pipeline.params import Params, load_params
from pipeline.samples import Batch, DatasetSpec, Labelled, Spec, Vocoded

ROOT = Path(__file__).parents[1]
SIDE = 16
CONVENTION = MelConvention(rate=8000, n_fft=256, hop=64, win=256, mels=SIDE, fmax=4000)

SMALL: dict[str, Any] = {
    "width": 4,
    "depth": 3,
    "blocks": 1,
    "layers": 1,
    "levels": 2,
    "features": 8,
    "groups": 2,
    "heads": 2,
    "dropout": 0,
    "channels": 8,
    "codes": 16,
    "dim": 4,
    "discriminator_start": 0,
    "latent": 4,
    "num_patches": 16,
    "pool": 3,
    "mel_alone": 0,
    "batch": 2,
    "crop": SIDE,
    "mask_frames": SIDE // 2,
    "queue": 6,
    "neighbours": 3,
    "frames_width": 8,
    "steps": 6,
    "log_every": 3,
    "checkpoint_every": 2,
}
"""The most that a shrunken block has of each of these, wherever in the block it stands."""

LATENT_TRANSLATION = {"kind": "latent", "tokenizer": "tuned", "width": 8, "blocks": 1, "groups": 2}

TOYS: dict[str, dict[str, Any]] = {
    "hifigan": {
        "convention": CONVENTION.model_dump(),
        "generator": {
            "channels": 16,
            "rates": [8, 8],
            "kernels": [16, 16],
            "block": 2,
            "block_kernels": [3, 5],
            "block_dilations": [[1, 2], [2, 6]],
        },
    },
    "vocos": {
        "convention": CONVENTION.model_dump(),
        "generator": {"width": 16, "hidden": 32, "layers": 2, "n_fft": 256, "hop": 64},
        "resolutions": {"width": 4, "windows": [256, 64]},
    },
    # On a toy of a VQ model, which has learnt nothing: frozen it could draw nothing either.
    "pix2pix_vqgan": {"generator": LATENT_TRANSLATION},
    "cyclegan_vqgan": {
        "generator": LATENT_TRANSLATION,
        "cycle_weight": 100,
        "identity_weight": 50,
        "optimizer": {"lr": 6e-4, "beta1": 0.9, "beta2": 0.99},
    },
    # One part of z for each of two blocks and one for the first layer; attention where maps are.
    "biggan": {
        "latent": 3,
        "generator": {"kind": "biggan", "width": 2, "shared": 4, "attention": [8]},
        "discriminator": {"kind": "biggan", "width": 2, "attention": [8]},
    },
    "code_prior": {"network": {"layers": 2, "heads": 2, "width": 16}, "top_p": None},
    "vqgan": {
        "network": {
            "kind": "vqgan",
            "width": 8,
            "multipliers": [1, 2],
            "blocks": 1,
            "attention": [],
            "channels": 8,
            "groups": 2,
        },
        "quantiser": {"codes": 16, "dim": 8, "learns": "ema", "start": "kmeans", "revive": 0.1},
        "optimizer": {"lr": 3e-4, "beta1": 0.5, "beta2": 0.9},
    },
    "vit_vqgan": {
        "network": {"kind": "vit", "patch": 4, "layers": 1, "heads": 2, "width": 16},
        "optimizer": {"lr": 5e-4, "beta1": 0.9, "beta2": 0.99},
    },
    "inca": {"discriminator_start": 0},
    "sgan": {"adversarial_weight": 0, "matching_weight": 1},
    "stylegan": {"discriminator_optimizer": {"lr": 5e-4, "beta1": 0, "beta2": 0.99}},
    "stylegan2": {"discriminator_optimizer": {"lr": 5e-4, "beta1": 0, "beta2": 0.99}},
    # Full-grown, so that every layer learns: growth has tests of its own.
    "progressive_gan": {"growth": {"start": 2}},
    # Not told classes, since one-hot vectors are waited for on a processor. Batch norm takes from
    # the fakes of a toy what would tell them from others.
    "projected_gan_16": {"conditional": False},
    "grown_projected_gan": {"discriminator": {"width": 4, "norm": "none"}},
    "mask_cyclegan_vc": {
        "optimizer": {"lr": 5e-4},
        "discriminator_optimizer": {"lr": 2.5e-4},
    },
}
"""What no shrinking gives a block or a method's blocks: numbers that must fit `CONVENTION`, widths
that heads share, and rates that bear being raised tenfold."""


@cache
def shipped() -> Params:
    """params.yaml as it is shipped."""
    return load_params(ROOT / "params.yaml")


def runs() -> dict[str, RunParams]:
    """The default models, classifiers, CycleGAN on sound, and a model of each family that only the
    zoo or the recipe of real voices has: toy-sized."""
    params = shipped()
    found: dict[str, RunParams] = {
        **params.models,
        "voice_cyclegan": zoo().models["voice_cyclegan"],
    }
    for name, run in {**zoo().runs, **gans().runs, **real_voices()}.items():
        if family(run) not in map(family, found.values()):
            found[name] = run
    found["db_vae"] = db_vae()
    found |= {f"classifier_{name}": classifier for name, classifier in params.classifiers.items()}
    return {name: toy(name, run) for name, run in found.items()}


def db_vae() -> RunParams:
    """A DB-VAE, which no recipe has."""
    wanted = {"data": "digits", "domains": ["digit"], "steps": 6, "batch": 2}
    return load_run({"method": "db_vae", "debias": {"candidates": 2, "memory": 32}, **wanted})


@cache
def gans() -> Params:
    """The adversarial family's params.yaml as it is shipped."""
    return load_params(ROOT / "recipes/gans/params.yaml")


@cache
def zoo() -> Params:
    """The zoo's params.yaml as it is shipped."""
    return load_params(ROOT / "recipes/zoo/params.yaml")


def real_voices() -> dict[str, RunParams]:
    """The models of all speakers of vcc2016, of the embedded voices in place of those."""
    models = load_params(ROOT / "recipes/vcc2016/params.yaml").models
    embedded = {"data": "voices", "domains": ("arthur", "beatrice")}
    return {
        name: run.model_copy(update=embedded)
        for name, run in models.items()
        if isinstance(run, DomainsRunParams)
    }


def toy(name: str, run: RunParams) -> RunParams:
    """A block at the toy size that its name or its method has."""
    return shrink(run, **TOYS.get(name, TOYS.get(run.method, {})))


def pretrained_of(run: RunParams) -> Pretrained | None:
    """A toy of what a block builds on, with fresh weights, where it builds on anything."""
    if not isinstance(run, SecondStageRunParams) or run.pretrained is None:
        return None
    group, _, name = run.pretrained.partition("/")
    runs = {**zoo().runs, **gans().runs}
    below = toy(name, (zoo().classifiers if group == "classifiers" else runs)[name])
    card = card_of(below)
    return Pretrained(build_from_card(card), card)


def build(run: RunParams, pretrained: Pretrained | None = None) -> Method:
    """A block's method with fresh weights, the same each time."""
    torch.manual_seed(0)
    return run.build(data_of(run), pretrained or pretrained_of(run))


def card_of(run: RunParams) -> Card:
    """Make the card of a finished toy."""
    pretrained = pretrained_of(run)
    return Card(
        version="",
        seed=0,
        data=data_of(run),
        run=run.model_dump(mode="json"),
        weights="",
        pretrained=None if pretrained is None else pretrained.card,
    )


def family(run: RunParams) -> tuple[str, ...]:
    """Name what sets runs apart for tests: the method, and the kinds of its networks if any."""
    networks = (getattr(run, field, None) for field in ("generator", "network"))
    return run.method, *(getattr(network, "kind", "") for network in networks)


def shrink(run: RunParams, **changes: Any) -> RunParams:
    """A block at a toy size; ``changes`` are set as they are."""
    return load_run({**_smaller(run.model_dump()), **changes})


def _smaller(value: Any, key: str = "") -> Any:
    if isinstance(value, dict):
        return {name: _smaller(inner, name) for name, inner in value.items()}
    if key in SMALL and value is not None:
        return min(value, SMALL[key])
    return value


def count_parameters(*networks: nn.Module) -> int:
    """Count the numbers that networks learn."""
    return sum(p.numel() for network in networks for p in network.parameters())


def kind_of(run: RunParams) -> str:
    """Name the kind of data that a shipped block reads: ``sounds``, ``digits`` or ``pictures``."""
    data = shipped().datasets[run.data]
    if isinstance(data, SoundParams):
        return "sounds"
    return "digits" if isinstance(data, DigitsParams) else "pictures"


def codec_of(run: RunParams) -> Codec:
    """A codec that gives a block's domains samples of `SIDE` rows."""
    if kind_of(run) == "sounds":
        one = Statistics(mean=(-5.0,) * SIDE, std=(2.0,) * SIDE)
        return MelCodec(convention=CONVENTION, statistics=dict.fromkeys(run.domains, one))
    channels = 1 if kind_of(run) == "digits" else 3
    return ImageCodec(size=SIDE, channels=dict.fromkeys(run.domains, channels))


def specs_of(run: RunParams) -> dict[str, Spec]:
    """Make the data that a block's networks are built from."""
    specs = {domain: codec_of(run).spec(domain) for domain in run.domains}
    return run.select(DatasetSpec(specs=specs)).specs


def classes_of(run: RunParams) -> tuple[str, ...]:
    """The classes of a block's domain, or its domains where it reads several."""
    if run.reads is Labelled and len(run.domains) > 1:
        return run.domains
    return tuple("0123456789") if kind_of(run) == "digits" else ()


def data_of(run: RunParams) -> DatasetSpec:
    """Make the data that a block's networks are built from."""
    return DatasetSpec(specs=specs_of(run), classes=classes_of(run))


def sample_of(spec: Spec, count: int, seed: int) -> Tensor:
    """Smooth random samples in the range of a domain."""
    generator = torch.Generator().manual_seed(seed)
    coarse = torch.randn(count, spec.channels, 4, 4, generator=generator)
    fine = nn.functional.interpolate(coarse, (spec.height, spec.width or SIDE), mode="bilinear")
    return fine.clamp(-1, 1) if spec.bounded else fine


def batch_of(run: RunParams, count: int = 4) -> Batch:
    """A synthetic batch such as a block's training reads."""
    specs = specs_of(run)
    first, last = run.domains[0], run.domains[-1]
    if run.reads is Labelled:
        return Labelled(sample_of(specs[first], count, 1), torch.arange(count) % 2)
    if run.reads is Vocoded:
        time = torch.arange(SIDE * CONVENTION.hop) / CONVENTION.rate
        pitches = torch.linspace(200, 400, count)[:, None]
        frames = sample_of(specs[first], count, 1).squeeze(1) * 2 - 5
        return Vocoded(frames, 0.3 * torch.sin(2 * torch.pi * pitches * time))
    return run.reads(sample_of(specs[first], count, 1), sample_of(specs[last], count, 2))


def write_picture(path: Path, seed: int, height: int = SIDE, width: int = SIDE) -> None:
    """A picture of soft colours."""
    path.parent.mkdir(parents=True, exist_ok=True)
    coarse = np.random.default_rng(seed).integers(0, 256, (4, 4, 3), dtype=np.uint8)
    Image.fromarray(coarse).resize((width, height), Image.Resampling.BILINEAR).save(path)


def write_pictures(
    folder: Path, count: int, height: int = SIDE, width: int = SIDE, start: int = 0
) -> None:
    """Pictures that differ, named by their numbers."""
    for number in range(start, start + count):
        write_picture(folder / f"{number}.png", number, height, width)


def write_sound(path: Path, seed: int, seconds: float = 0.5, rate: int = 8000) -> None:
    """A tone in a little noise."""
    path.parent.mkdir(parents=True, exist_ok=True)
    rng = np.random.default_rng(seed)
    time = np.arange(int(seconds * rate)) / rate
    wave = 0.3 * np.sin(2 * np.pi * rng.uniform(200, 2000) * time)
    soundfile.write(path, wave + 0.05 * rng.standard_normal(len(time)), rate)


@contextmanager
def files_no_larger_than(size: int) -> Iterator[None]:
    """Writing beyond ``size`` bytes of a file fails, as on a full disk."""
    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (size, hard))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))


def names_in(folder: Path) -> list[str]:
    """List the files of a folder."""
    return sorted(path.name for path in folder.iterdir())


def tree(folder: Path) -> dict[str, bytes]:
    """Every file below a folder with its content."""
    files = sorted(file for file in folder.rglob("*") if file.is_file())
    return {file.relative_to(folder).as_posix(): file.read_bytes() for file in files}
