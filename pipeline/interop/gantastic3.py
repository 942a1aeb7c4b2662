"""Generators of MaskCycleGAN-VC as GANtastic3/MaskCycleGAN-VC saves them, read.

``00500_generator_A2B.pth.tar`` holds a state dict under ``model_state``, beside the optimiser's.
The network is told from keys and shapes. Layers are ours save for names, and for gates, which are
convolutions of their own there and the second half of one here.

Frames are those of MelGAN's feature extractor (descriptinc/melgan-neurips), standardised by the
speaker's mean and std, which stand in ``SPEAKER_norm_stat.npz``.
"""

from pathlib import Path
from typing import NamedTuple, NoReturn

import torch
from pydantic import ValidationError
from torch import Tensor

from pipeline.backbones.mask_cyclegan_vc import TwoOneTwo, TwoOneTwoParams
from pipeline.conventions import MelConvention
from pipeline.errors import UserError
from pipeline.interop.shapes import shape_of_convolution
from pipeline.mistakes import reason_of
from pipeline.nn.outlines import on_meta
from pipeline.system.tensor_files import Weights, fitted, load_tensors

EXPECTED = (
    "expected the weights of a generator of MaskCycleGAN-VC (00500_generator_A2B.pth.tar, ...)"
)
ALIAS = "convLayer."  # a second name of upSample2, which their state dicts have too


class VoiceGenerator(NamedTuple):
    """A generator in our words, with the mask's channel."""

    network: TwoOneTwoParams
    mels: int
    weights: dict[str, Tensor]
    """The state of `network` built for these mels."""


def read(path: Path) -> VoiceGenerator:
    """Read a generator of any width, number of mels and of residual blocks.

    Raises UserError, with what was expected and what was found, where the file holds none.
    """
    found = load_tensors(path, EXPECTED, wrapper="model_state")
    weights = {name: value for name, value in found.items() if not name.startswith(ALIAS)}
    width, channels = shape_of_convolution(weights, "conv1.weight", path, EXPECTED)[:2]
    if channels != 2:
        raise UserError(
            f"{path}: {EXPECTED}, whose first layer takes 2 channels, frames and mask, but found "
            f"{channels}; CycleGAN-VC2's take 1, of mel-cepstra that are not read here"
        )
    inner, flat, _ = shape_of_convolution(weights, "conv2dto1dLayer.weight", path, EXPECTED, axes=3)
    blocks = 0
    while f"residualLayer{blocks + 1}.conv1d_layer.0.weight" in weights:
        blocks += 1
    mels = 4 * flat // max(inner, 1)
    try:
        network = TwoOneTwoParams(width=width, blocks=blocks)
        with on_meta():
            ours = network.build(convention(mels).mels, masked=True)
    except (ValidationError, ValueError) as error:
        _refuse(path, f"its sizes are none of a network: {reason_of(error)}")
    what = (
        f"{path}: {EXPECTED}; by its shapes it would be one of {mels} mels, width {width} and "
        f"{blocks} residual blocks"
    )
    return VoiceGenerator(network, mels, fit(ours, weights, what))


def convention(mels: int) -> MelConvention:
    """Return MelGAN's: HiFi-GAN's, but to the Nyquist frequency and in logarithms of base 10.

    Raises ValidationError for an impossible number of mels.
    """
    return MelConvention(mels=mels, fmax=11_025, log="log10")


def fit(network: TwoOneTwo, weights: Weights, what: str) -> dict[str, Tensor]:
    """Return the weights under our names, float32.

    Raises UserError, which begins with ``what``, where any is missing, too much or of another
    shape.
    """
    state = network.state_dict()
    sources = {name: theirs(name, len(network.middle) - 6) for name in state}
    wanted = {
        key: part
        for name, keys in sources.items()
        for key, part in zip(keys, state[name].chunk(len(keys)), strict=True)
    }
    flat = {key: _as_theirs(key, value) for key, value in wanted.items()}
    found = fitted(weights, flat, what)
    return {
        name: torch.cat([found[key] for key in keys]).reshape(state[name].shape)
        for name, keys in sources.items()
    }


def theirs(name: str, blocks: int) -> list[str]:
    """Return their keys of our ``down.2.weight``: of values, then of gates where there are any."""
    part, place, *inner, kind = name.split(".")
    number = int(place)
    if part == "down" and number == 0:
        return [f"conv1.{kind}", f"conv1_gates.{kind}"]
    if part == "down":
        layer, at = (1 if number < 5 else 2), (0 if number in (2, 6) else 1)  # convolution, norm
        ways = ("convLayer", "convLayer_gates")
        return [f"downSample{layer}.{way}.{at}.{kind}" for way in ways]
    if part == "up" and number == 10:
        return [f"lastConvLayer.{kind}"]
    if part == "up":
        layer, at = (1 if number < 5 else 2), (0 if number in (0, 5) else 2)
        return [f"upSample{layer}.{at}.{kind}"]
    if number < 3:
        return [f"conv2dto1dLayer{'_tfan' if number == 2 else ''}.{kind}"]
    if number >= 3 + blocks:
        return [f"conv1dto2dLayer{'_tfan' if number == 5 + blocks else ''}.{kind}"]
    block, at = f"residualLayer{number - 2}", int(inner[1])
    if at < 3:
        ways = ("conv1d_layer", "conv_layer_gates")
        return [f"{block}.{way}.{0 if at == 0 else 1}.{kind}" for way in ways]
    return [f"{block}.conv1d_out_layer.{0 if at == 4 else 1}.{kind}"]


def _as_theirs(key: str, ours: Tensor) -> Tensor:
    """Shape a part of our weights [O, ...] as theirs: norms [O], and between the ends, where a
    frame is one vector, kernels of time alone [O, I, k]."""
    if ours.ndim == 3:  # `Scale`
        return ours.flatten()
    between = key.startswith(("conv2dto1d", "conv1dto2d", "residual"))
    return ours.squeeze(2) if between and ours.ndim == 4 else ours


def _refuse(path: Path, found: str) -> NoReturn:
    raise UserError(f"{path}: {EXPECTED}, but {found}")
