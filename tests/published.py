"""Small checkpoints in every published layout, with what stands beside them, and who reads them."""

import argparse
import json
from collections.abc import Callable
from pathlib import Path

import numpy as np
import torch
import yaml
from original_bigvgan import OriginalBigvgan
from original_hifigan import CONFIGS, OriginalHifigan
from original_mask_cyclegan_vc import OriginalVoiceGenerator, saved
from original_spade import OriginalSpade
from original_taming import CONFIG, OriginalGumbelVQ, OriginalVQModel
from original_vocos import OriginalVocos, config_of
from originals import OriginalResnet, OriginalUnet

from pipeline.interop import gantastic3, gemelo, jik876, junyanz, nvidia, nvlabs, taming

SMALL = {**CONFIGS["v3"], "upsample_initial_channel": 16}
BIGVGAN = {**SMALL, "activation": "snakebeta", "snake_logscale": True}
"""HiFi-GAN's keys, and what BigVGAN has beside them."""
VOCOS = config_of(dim=8, intermediate_dim=8, num_layers=1)


def vqgan(target: str = CONFIG["model"]["target"]) -> dict:
    """A small one's configuration."""
    config: dict = yaml.safe_load(yaml.safe_dump(CONFIG))
    sizes = {
        "ch": 32,
        "z_channels": 4,
        "resolution": 16,
        "ch_mult": [1, 2],
        "attn_resolutions": [8],
    }
    config["model"]["target"] = target
    config["model"]["params"]["ddconfig"] |= sizes | {"num_res_blocks": 1}
    config["model"]["params"] |= {"embed_dim": 4, "n_embed": 8}
    return config


GUMBEL = vqgan("taming.models.vqgan.GumbelVQ")
WITHIN = {"model": {"target": "x", "params": {"first_stage_config": vqgan()["model"]}}}
"""What was trained on a VQGAN."""


def states() -> dict[str, object]:
    """Name -> what a trainer saves."""
    trainer = {"epoch": 1, "callbacks": {"it": argparse.Namespace(lr=1)}}
    state = OriginalVQModel(vqgan()).state_dict()
    return {
        "resnet": OriginalResnet(width=2).state_dict(),
        "cut": OriginalResnet(width=2, blurs_down=True, blurs_up=True).state_dict(),
        "unet": {"state_dict": OriginalUnet(width=1, norm="none").state_dict()},
        "hifigan": {"generator": OriginalHifigan(SMALL).state_dict()},
        "taming": {**trainer, "state_dict": state},
        "gumbel": {"state_dict": OriginalGumbelVQ(GUMBEL).state_dict()},
        "within": {"state_dict": {f"first_stage_model.{k}": v for k, v in state.items()}},
        "vocos": OriginalVocos(VOCOS).state_dict(),
        "bigvgan": {"generator": OriginalBigvgan(BIGVGAN).state_dict()},
        "voices": saved(OriginalVoiceGenerator(8, 4)),
        "spade": OriginalSpade(3, width=1, hidden=2).state_dict(),
    }


YAMLS = {"gumbel": GUMBEL, "within": WITHIN}


def write_checkpoint(folder: Path, name: str, state: object, *, legacy: bool = False) -> Path:
    """Writes one in either of torch's formats, with its configuration, to a folder of its own."""
    path = folder / f"{name}{'_old' if legacy else ''}" / "it.pth"
    path.parent.mkdir(parents=True)
    torch.save(state, path, _use_new_zipfile_serialization=not legacy)
    (path.parent / "config.json").write_text(json.dumps(BIGVGAN))
    (path.parent / "model.yaml").write_text(yaml.safe_dump(YAMLS.get(name, vqgan())))
    (path.parent / "config.yaml").write_text(yaml.safe_dump(VOCOS))
    return path


def write_checkpoints(folder: Path) -> list[Path]:
    """Writes all in both formats."""
    return [
        write_checkpoint(folder, name, state, legacy=legacy)
        for name, state in states().items()
        for legacy in (False, True)
    ]


READERS: dict[str, Callable[[Path], object]] = {
    "hifigan": lambda path: jik876.read(path, path.with_name("config.json")),
    "bigvgan": lambda path: nvidia.read(path, path.with_name("config.json")),
    "vocos": lambda path: gemelo.read(path, path.with_name("config.yaml")),
    "voices": gantastic3.read,
    "spade": lambda path: nvlabs.read(path, "normal"),
    **dict.fromkeys(
        ("taming", "gumbel", "within"),
        lambda path: taming.read(path, path.with_name("model.yaml")),
    ),
    **dict.fromkeys(("resnet", "cut", "unet"), junyanz.read),
}


def read_checkpoint(path: Path) -> object:
    """Reads it as what its folder says."""
    return READERS[path.parent.name.removesuffix("_old")](path)


def write_configurations(folder: Path) -> list[Path]:
    """Writes checkpoints, and returns the files beside those that have one."""
    paths = {path.parent.name: path for path in write_checkpoints(folder)}
    beside = {"bigvgan": "config.json", "vocos": "config.yaml"}
    beside |= dict.fromkeys(("taming", "gumbel", "within"), "model.yaml")
    return [paths[name].with_name(file) for name, file in beside.items()]


def read_beside(path: Path) -> object:
    """Reads the checkpoint beside a configuration."""
    return read_checkpoint(path.with_name("it.pth"))


def write_statistics(folder: Path) -> list[Path]:
    """Writes those of a voice, plain and packed."""
    paths = []
    for name, save in {"plain": np.savez, "packed": np.savez_compressed}.items():
        path = folder / name / "voice_norm_stat.npz"
        path.parent.mkdir(parents=True)
        save(path, mean=np.zeros((8, 1), np.float32), std=np.ones((8, 1), np.float32))
        paths.append(path)
    return paths
