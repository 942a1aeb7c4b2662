"""VQGANs as CompVis/taming-transformers publishes them, read.

``last.ckpt`` holds a state dict under ``state_dict``, with the discriminator's and LPIPS's weights
beside those of the model; a yaml (``model.yaml``, ``...-project.yaml``) says what network it is.
Layers are called as ours are, save for the codebook.
"""

from collections.abc import Mapping
from pathlib import Path
from typing import Literal, NamedTuple

import torch
from pydantic import BaseModel, ConfigDict, Field, ValidationError
from torch import Tensor

from pipeline.backbones.vqgan import Multiplier, VqganParams
from pipeline.block import Count, Layers, Side, Width
from pipeline.errors import UserError, listing, shortened
from pipeline.mistakes import mistakes_of, reason_of
from pipeline.models.vq import VQModel
from pipeline.nn.outlines import on_meta
from pipeline.nn.quantiser import QuantiserParams
from pipeline.samples import Spec
from pipeline.system.tensor_files import Weights, fitted, load_tensors
from pipeline.system.yaml_files import read_yaml

EXPECTED = "expected the weights of a VQGAN of taming-transformers (last.ckpt)"
TARGET = "taming.models.vqgan.VQModel"
CODEBOOK = {"quantize.embedding.weight": "quantiser.codebook"}
OTHERS = ("loss.", "colorize")  # discriminator, LPIPS, colours of label maps: not the model
COUNTED = "quantiser.shares"  # of ours, which no checkpoint has


class Network(BaseModel):
    """``ddconfig``: what the encoder and the decoder are."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    double_z: Literal[False]
    z_channels: Width
    resolution: Side
    in_channels: Width
    out_ch: Width
    ch: Width
    ch_mult: tuple[Multiplier, ...] = Field(max_length=12)
    num_res_blocks: Layers
    attn_resolutions: tuple[Side, ...] = Field(max_length=12)
    dropout: float = 0.0


class Model(BaseModel):
    """``params``: the rest says how it was trained, and is not looked at."""

    model_config = ConfigDict(extra="ignore", frozen=True)

    embed_dim: Width
    n_embed: Count
    ddconfig: Network

    def network(self) -> VqganParams:
        """Return the networks; raise ValidationError or ValueError for what can't be."""
        d = self.ddconfig
        if d.in_channels != d.out_ch:
            raise ValueError(f"in_channels and out_ch differ: {d.in_channels} and {d.out_ch}")
        if strange := [side for side in d.attn_resolutions if d.resolution % side]:
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
        raise UserError(f"{config} is no network of ours: {reason_of(error)}") from error
    channels, size = model.ddconfig.in_channels, model.ddconfig.resolution
    weights = load_tensors(path, EXPECTED, wrapper="state_dict")
    state = fit(renamed(weights), network, quantiser, channels, path, config)
    return Published(network, quantiser, channels, size, state)


def read_config(path: Path) -> Model:
    """Return the yaml's model; raise UserError with each key that is missing or impossible."""
    try:
        raw = read_yaml(path)
        model = raw["model"]
        target, found = model["target"], model["params"]
    except OSError as error:
        raise UserError(
            f"{path} can't be read: {error.strerror or error}; expected the model's yaml (--config)"
        ) from error
    except (ValueError, KeyError, TypeError) as error:
        raise UserError(
            f"{path}: expected model.target and model.params of taming-transformers: {error}"
        ) from error
    if target != TARGET:
        raise UserError(f"{path}: model.target: found {shortened(str(target))}, allowed: {TARGET}")
    try:
        return Model.model_validate(found)
    except ValidationError as error:
        mistakes = [f"model.params.{mistake}" for mistake in mistakes_of(error)]
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
    with on_meta():
        state = VQModel(spec, network, quantiser, laplace=False).state_dict()
    shares = torch.full(state.pop(COUNTED).shape, 1 / quantiser.codes)
    return {COUNTED: shares, **fitted(weights, state, f"{path}: {EXPECTED} of {config}")}
