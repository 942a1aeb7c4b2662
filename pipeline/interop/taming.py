"""VQGANs as CompVis/taming-transformers and CompVis/latent-diffusion publish them, read.

``last.ckpt`` holds a state dict under ``state_dict``, with the discriminator's and LPIPS's weights
beside those of the model; a yaml (``model.yaml``, ``...-project.yaml``) says what network it is.
Layers are called as ours are, save for the codebook. Checkpoints of what was trained on a VQGAN,
transformers and latent diffusion, hold it within (``first_stage_model``), and so do their yamls.

Codes of ``GumbelVQ`` are chosen by logits: see `GumbelQuantiser`, which takes the likeliest where
the published code draws one.
"""

from collections.abc import Mapping
from pathlib import Path
from typing import Any, Literal, NamedTuple

import torch
from pydantic import BaseModel, ConfigDict, Field, ValidationError, field_validator
from torch import Tensor

from pipeline.backbones.vqgan import Multiplier, VqganParams
from pipeline.block import Count, Layers, Side, Width
from pipeline.errors import UserError, listing, shortened
from pipeline.mistakes import mistakes_of, reason_of
from pipeline.models.vq import AnyQuantiserParams, VQModel
from pipeline.nn.gumbel import GumbelParams
from pipeline.nn.outlines import on_meta
from pipeline.nn.quantiser import QuantiserParams
from pipeline.samples import Spec
from pipeline.system.tensor_files import Weights, fitted, load_tensors
from pipeline.system.yaml_files import read_yaml

EXPECTED = "expected the weights of a VQGAN of taming-transformers (last.ckpt)"
GUMBEL = "taming.models.vqgan.GumbelVQ"
TAMING = ("taming.models.vqgan.VQModel", "taming.models.vqgan.VQNoDiscModel", GUMBEL)
TARGETS = (*TAMING, "ldm.models.autoencoder.VQModel", "ldm.models.autoencoder.VQModelInterface")
"""Classes, each of the same networks."""
CODEBOOK = {"quantize.embedding.weight": "quantiser.codebook"}
GUMBEL_CODEBOOK = {
    "quantize.embed.weight": "quantiser.codebook",
    "quantize.proj.weight": "quantiser.proj.weight",
    "quantize.proj.bias": "quantiser.proj.bias",
}
WITHIN = "first_stage_model."  # before names, where the file holds what was trained on the VQGAN
OTHERS = ("loss.", "colorize", "model_ema.")
"""Discriminator, LPIPS, colours of label maps, averages: not the model."""
COUNTED = "quantiser.shares"  # of ours, which no checkpoint has


class Network(BaseModel):
    """``ddconfig``: what the encoder and the decoder are; the last keys have one value that there
    is a network of, which is the published default."""

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
    attn_type: Literal["vanilla", "none"] = "vanilla"
    """``none``: no attention anywhere; latent diffusion's alone."""
    resamp_with_conv: Literal[True] = True
    use_linear_attn: Literal[False] = False
    give_pre_end: Literal[False] = False
    tanh_out: Literal[False] = False


class Model(BaseModel):
    """``params``: the rest says how it was trained, and is not looked at."""

    model_config = ConfigDict(extra="ignore", frozen=True)

    embed_dim: Width
    n_embed: Count
    ddconfig: Network
    remap: None = None

    @field_validator("remap", mode="before")
    @classmethod
    def _keeps_the_numbers_of_codes(cls, given: object) -> object:
        """Refuse a list of the codes in use: a second stage counts these alone, and `GumbelVQ`
        chooses among them alone."""
        if given is not None:
            raise ValueError(
                f"found {shortened(str(given))}, allowed: null; it gives the codes in use other "
                "numbers, by a file that is not read"
            )
        return given

    def network(self, target: str) -> VqganParams:
        """Return the networks of the class ``target``.

        Raises ValidationError or ValueError for what can't be.
        """
        d = self.ddconfig
        attends = d.attn_type == "vanilla" or target in TAMING  # which doesn't know the key
        if d.in_channels != d.out_ch:
            raise ValueError(f"in_channels and out_ch differ: {d.in_channels} and {d.out_ch}")
        if strange := [side for side in d.attn_resolutions if d.resolution % side]:
            raise ValueError(f"attn_resolutions: {strange} do not divide {d.resolution}")
        return VqganParams(
            width=d.ch,
            multipliers=d.ch_mult,
            blocks=d.num_res_blocks,
            attention=tuple(d.resolution // side for side in d.attn_resolutions if attends),
            middle_attention=attends,
            channels=d.z_channels,
            dropout=d.dropout,
        )

    def quantiser(self, target: str) -> AnyQuantiserParams:
        """Return the codebook of the class ``target``.

        Raises ValidationError or ValueError for one that can't be.
        """
        if target != GUMBEL:
            return QuantiserParams(codes=self.n_embed, dim=self.embed_dim)
        if self.embed_dim != self.ddconfig.z_channels:
            raise ValueError(
                "a GumbelVQ takes logits of vectors of embed_dim as of z_channels, but these are "
                f"{self.embed_dim} and {self.ddconfig.z_channels}"
            )
        return GumbelParams(codes=self.n_embed, dim=self.embed_dim)


class Published(NamedTuple):
    """A VQGAN in our words."""

    network: VqganParams
    quantiser: AnyQuantiserParams
    channels: int
    size: int
    """Side of the pictures that it was trained on."""
    weights: dict[str, Tensor]
    """The state of our model."""


def read(path: Path, config: Path) -> Published:
    """Read a VQGAN of any size.

    Raises UserError, with what was expected and what was found, where the files hold none.
    """
    target, model = read_config(config)
    try:
        network, quantiser = model.network(target), model.quantiser(target)
    except ValueError as error:
        raise UserError(f"{config} is no network of ours: {reason_of(error)}") from error
    channels, size = model.ddconfig.in_channels, model.ddconfig.resolution
    weights = load_tensors(path, EXPECTED, wrapper="state_dict")
    state = fit(renamed(weights, target), network, quantiser, channels, path, config)
    return Published(network, quantiser, channels, size, state)


def read_config(path: Path) -> tuple[str, Model]:
    """Return the class and the parameters of the yaml's VQGAN.

    Raises UserError with each key that is missing or impossible.
    """
    try:
        raw = read_yaml(path)
        place, part = part_of(raw)
        target, found = part["target"], part["params"]
    except OSError as error:
        raise UserError(
            f"{path} can't be read: {error.strerror or error}; expected the model's yaml (--config)"
        ) from error
    except (ValueError, KeyError, TypeError) as error:
        raise UserError(
            f"{path}: expected model.target and model.params of taming-transformers or latent "
            f"diffusion: {error}"
        ) from error
    if target not in TARGETS:
        raise UserError(
            f"{path}: {place}.target: found {shortened(str(target))}, allowed: {', '.join(TARGETS)}"
        )
    try:
        return target, Model.model_validate(found)
    except ValidationError as error:
        mistakes = [f"{place}.params.{mistake}" for mistake in mistakes_of(error)]
        raise UserError(f"{path} is no VQGAN's configuration:\n{listing(mistakes)}") from error


def part_of(raw: Any) -> tuple[str, Any]:
    """Return the path and the mapping of a VQGAN in a yaml: its model, or what that one is on.

    Raises KeyError or TypeError where the yaml describes no model.
    """
    model = raw["model"]
    params = model["params"]
    within = "first_stage_config"
    if isinstance(params, dict) and within in params:
        return f"model.params.{within}", params[within]
    return "model", model


def renamed(weights: Weights, target: str) -> dict[str, Tensor]:
    """Return what belongs to the VQGAN of the class ``target``, by our names."""
    if any(name.startswith(WITHIN) for name in weights):
        weights = {
            name.removeprefix(WITHIN): value
            for name, value in weights.items()
            if name.startswith(WITHIN)
        }
    ours = GUMBEL_CODEBOOK if target == GUMBEL else CODEBOOK
    return {
        ours.get(name, name): value
        for name, value in weights.items()
        if not name.startswith(OTHERS)
    }


def fit(
    weights: Mapping[str, Tensor],
    network: VqganParams,
    quantiser: AnyQuantiserParams,
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
    shares = {
        name: torch.full(state.pop(name).shape, 1 / quantiser.codes)
        for name in [COUNTED]
        if name in state
    }
    return shares | fitted(weights, state, f"{path}: {EXPECTED} of {config}")
