"""Generators of HiFi-GAN as its authors' code (jik876/hifi-gan) and its like publish them, read.

A checkpoint ``generator_v1``, ``g_02500000`` holds a state dict under ``generator``; network and
mel convention stand in a ``config.json`` beside it. Layers are called as ours are, but for weight
norm, which training leaves in the files.
"""

from pathlib import Path
from typing import Any, Literal

from pydantic import BaseModel, ConfigDict, Field
from torch import Tensor

from pipeline.backbones.bigvgan import BigvganParams
from pipeline.backbones.hifigan import Dilations, HifiganParams
from pipeline.block import Kernel, Side, Width
from pipeline.conventions import MelConvention, Rate
from pipeline.errors import UserError
from pipeline.interop.published_vocoder import PublishedVocoder, configuration_of, fitting
from pipeline.system.json_files import read_json
from pipeline.system.tensor_files import Weights, load_tensors

EXPECTED = "expected the weights of a generator of HiFi-GAN (generator_v1, g_02500000, ...)"
DIRECTIONS = {
    ".weight_g": ".weight_v",
    ".parametrizations.weight.original0": ".parametrizations.weight.original1",
}
"""Suffix of weight norm's lengths -> that of its directions, in torch's old way and its new one."""


class Config(BaseModel):
    """Network and frames by config.json; its training settings are ignored."""

    model_config = ConfigDict(extra="ignore", frozen=True)

    resblock: Literal["1", "2"]
    upsample_rates: tuple[Kernel, ...] = Field(max_length=12)
    upsample_kernel_sizes: tuple[Kernel, ...] = Field(max_length=12)
    upsample_initial_channel: Width
    resblock_kernel_sizes: tuple[Kernel, ...] = Field(max_length=16)
    resblock_dilation_sizes: tuple[Dilations, ...] = Field(max_length=16)
    num_mels: Kernel
    n_fft: Side
    hop_size: Side
    win_size: Side
    sampling_rate: Rate
    fmin: float
    fmax: float | None
    """None: half the rate."""

    def generator(self) -> HifiganParams | BigvganParams:
        """Return the network; raise ValidationError for one that can't be."""
        return HifiganParams(**self.layers())

    def layers(self) -> dict[str, Any]:
        """Return the fields of `UpsamplingParams`."""
        return {
            "channels": self.upsample_initial_channel,
            "rates": self.upsample_rates,
            "kernels": self.upsample_kernel_sizes,
            "block": 1 if self.resblock == "1" else 2,
            "block_kernels": self.resblock_kernel_sizes,
            "block_dilations": self.resblock_dilation_sizes,
        }

    def convention(self) -> MelConvention:
        """Return what its frames mean.

        Raises ValidationError for numbers that do not fit together.
        """
        return MelConvention(
            rate=self.sampling_rate,
            n_fft=self.n_fft,
            hop=self.hop_size,
            win=self.win_size,
            mels=self.num_mels,
            fmin=self.fmin,
            fmax=self.sampling_rate / 2 if self.fmax is None else self.fmax,
        )


def read(path: Path, config: Path) -> PublishedVocoder:
    """Read a generator of any size.

    Raises UserError, with what was expected and what was found, where the files hold none.
    """
    network, convention = read_config(config)
    weights = fold(load_tensors(path, EXPECTED, wrapper="generator"))
    return fitting(weights, network, convention, f"{path}: {EXPECTED} of {config}")


def read_config(
    path: Path, layout: type[Config] = Config, of: str = "HiFi-GAN"
) -> tuple[HifiganParams | BigvganParams, MelConvention]:
    """Read network and convention.

    Raises UserError with each key that is missing or impossible, or where they do not fit.
    """
    with configuration_of(of, path):
        config = layout.model_validate(read_json(path))
        network, convention = config.generator(), config.convention()
    if network.hop != convention.hop:
        raise UserError(
            f"{path}: upsample_rates make {network.hop} samples of a frame, but hop_size is "
            f"{convention.hop}"
        )
    return network, convention


def fold(weights: Weights) -> dict[str, Tensor]:
    """Compute plain weights from weight norm's lengths and directions.

    These are g v / |v| along the first axis.
    """
    folded = dict(weights)
    for name in weights:
        for length, direction in DIRECTIONS.items():
            layer = name.removesuffix(length)
            other = layer + direction
            if layer != name and other in folded and belong(folded[name], folded[other]):
                g, v = folded.pop(name).float(), folded.pop(other).float()
                folded[f"{layer}.weight"] = g * v / v.flatten(1).norm(dim=1).view_as(g)
    return folded


def belong(length: Tensor, direction: Tensor) -> bool:
    """Tell whether two tensors are the two halves of one weight."""
    floats = length.is_floating_point() and direction.is_floating_point()
    ones = [1] * (direction.ndim - 1)
    return floats and bool(ones) and list(length.shape) == [direction.shape[0], *ones]
