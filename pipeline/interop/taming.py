"""VQGANs as CompVis/taming-transformers publishes them, read.

``last.ckpt`` holds a state dict under ``state_dict``, with the discriminator's and LPIPS's weights
beside those of the model; a yaml (``model.yaml``, ``...-project.yaml``) says what network it is.
Layers are called as ours are, save for the codebook.
"""

from collections.abc import Mapping
from pathlib import Path
from typing import Any, Literal, NamedTuple

import torch
import yaml
from pydantic import BaseModel, ConfigDict, ValidationError
from torch import Tensor

from pipeline.backbones.vqgan import VqganParams
from pipeline.errors import UserError, listing
from pipeline.models.vq import VQModel
from pipeline.nn.quantiser import QuantiserParams
from pipeline.samples import Spec
from pipeline.system.tensor_files import Weights, fitted, load_tensors

EXPECTED = "expected the weights of a VQGAN of taming-transformers (last.ckpt)"
TARGET = "taming.models.vqgan.VQModel"
CODEBOOK = {"quantize.embedding.weight": "quantiser.codebook"}
OTHERS = ("loss.", "colorize")  # discriminator, LPIPS, colours of label maps: not the model
COUNTED = "quantiser.shares"  # of ours, which no checkpoint has


class Network(BaseModel):
    """``ddconfig``: what the encoder and the decoder are."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    double_z: Literal[False]
    z_channels: int
    resolution: int
    in_channels: int
    out_ch: int
    ch: int
    ch_mult: tuple[int, ...]
    num_res_blocks: int
    attn_resolutions: tuple[int, ...]
    dropout: float = 0.0


class Model(BaseModel):
    """``params``: the rest says how it was trained, and is not looked at."""

    model_config = ConfigDict(extra="ignore", frozen=True)

    embed_dim: int
    n_embed: int
    ddconfig: Network

    def network(self) -> VqganParams:
        """Return the networks; raise ValidationError or ValueError for what can't be."""
        d = self.ddconfig
        if d.in_channels != d.out_ch:
            raise ValueError(f"in_channels and out_ch differ: {d.in_channels} and {d.out_ch}")
        if strange := [side for side in d.attn_resolutions if side < 1 or d.resolution % side]:
            raise ValueError(f"attn_resolutions: {strange} do not divide {d.resolution}")
        return VqganParams(
            width=d.ch,
            multipliers=d.ch_mult,
            blocks=d.num_res_blocks,
            attention=tuple(d.resolution // side for side in d.attn_resolutions),
            channels=d.z_channels,
            dropout=d.dropout,
        )

    def quantiser(self) -> QuantiserParams:
        """Return the codebook; raise ValidationError for one that can't be."""
        return QuantiserParams(codes=self.n_embed, dim=self.embed_dim)


class Published(NamedTuple):
    """A VQGAN in our words."""

    network: VqganParams
    quantiser: QuantiserParams
    channels: int
    size: int
    """Side of the pictures that it was trained on."""
    weights: dict[str, Tensor]
    """The state of our model."""


def read(path: Path, config: Path) -> Published:
    """Read a VQGAN of any size.

    Raises UserError, with what was expected and what was found, where the files hold none.
    """
    model = read_config(config)
    try:
        network, quantiser = model.network(), model.quantiser()
    except ValueError as error:
        raise UserError(f"{config} is no network of ours: {error}") from error
    channels, size = model.ddconfig.in_channels, model.ddconfig.resolution
    weights = load_tensors(path, EXPECTED, wrapper="state_dict", inert=True)
    state = fit(renamed(weights), network, quantiser, channels, path, config)
    return Published(network, quantiser, channels, size, state)


def read_config(path: Path) -> Model:
    """Return the yaml's model; raise UserError with each key that is missing or impossible."""
    try:
        raw: Any = yaml.safe_load(path.read_text(encoding="utf-8"))
        model = raw["model"]
        target, found = model["target"], model["params"]
    except OSError as error:
        raise UserError(
            f"{path} can't be read: {error.strerror or error}; expected the model's yaml (--config)"
        ) from error
    except (yaml.YAMLError, ValueError, KeyError, TypeError) as error:
        raise UserError(
            f"{path}: expected model.target and model.params of taming-transformers: {error}"
        ) from error
    if target != TARGET:
        raise UserError(f"{path}: model.target: found {target}, allowed: {TARGET}")
    try:
        return Model.model_validate(found)
    except ValidationError as error:
        mistakes = [
            f"model.params.{'.'.join(map(str, mistake['loc']))}: {mistake['msg']}"
            for mistake in error.errors()
        ]
        raise UserError(f"{path} is no VQGAN's configuration:\n{listing(mistakes)}") from error


def renamed(weights: Weights) -> dict[str, Tensor]:
    """Return what belongs to the model, by our names."""
    return {
        CODEBOOK.get(name, name): value
        for name, value in weights.items()
        if not name.startswith(OTHERS)
    }


def fit(
    weights: Mapping[str, Tensor],
    network: VqganParams,
    quantiser: QuantiserParams,
    channels: int,
    path: Path,
    config: Path,
) -> dict[str, Tensor]:
    """Return the state, float32.

    Raises UserError where any is missing, too much or of another shape.
    """
    spec = Spec(channels=channels, height=network.multiple, width=network.multiple, bounded=True)
    with torch.device("meta"):
        state = VQModel(spec, network, quantiser, laplace=False).state_dict()
    shares = torch.full(state.pop(COUNTED).shape, 1 / quantiser.codes)
    return {COUNTED: shares, **fitted(weights, state, f"{path}: {EXPECTED} of {config}")}
