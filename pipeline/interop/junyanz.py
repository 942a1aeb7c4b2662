"""Generators of pytorch-CycleGAN-and-pix2pix (Zhu et al. 2017, Isola et al. 2017), read.

A checkpoint ``latest_net_G*.pth`` is a state dict without any word on the network, so everything
is told from its keys and shapes. Their networks are ours save for names and dropout in residual
blocks; dropout has no weights and is off in evaluation.
"""

from collections.abc import Callable
from pathlib import Path
from typing import NamedTuple, NoReturn

import torch
from pydantic import ValidationError
from torch import Tensor

from pipeline.backbones import ResnetParams, TranslatorParams, UnetParams
from pipeline.errors import UserError, some
from pipeline.nn.outlines import on_meta
from pipeline.system.tensor_files import Weights, fitted, load_tensors

EXPECTED = (
    "expected the weights of a generator of pytorch-CycleGAN-and-pix2pix (latest_net_G.pth, "
    "latest_net_G_A.pth, ...)"
)
STATISTICS = ("running_mean", "running_var", "num_batches_tracked")
FIRST_BLOCK = 10  # where the residual blocks begin, in their ResNet as in ours
LAST_OF_RESNET = 7  # from the layer after the residual blocks to the last convolution


class Generator(NamedTuple):
    """A generator in our words."""

    network: TranslatorParams
    inputs: int
    """Channels."""
    outputs: int
    drops: bool
    """It has dropout where `network` has none."""
    weights: dict[str, Tensor]
    """The state of `network` built with these channels and tanh."""


class Layout(NamedTuple):
    """The network that keys and shapes of a checkpoint describe."""

    network: TranslatorParams
    inputs: int
    outputs: int
    drops: bool
    theirs: Callable[[str], str]
    """Our name of a weight -> theirs."""


def read(path: Path) -> Generator:
    """Read a ResNet of any number of blocks or a U-Net of any depth, of any width.

    Raises UserError, with what was expected and what was found, where the file holds none.
    """
    weights = load_tensors(path, EXPECTED, wrapper="state_dict")
    try:
        if "model.model.0.weight" in weights:
            layout = unet_layout(weights, path)
        elif "model.1.weight" in weights:
            layout = resnet_layout(weights, path)
        else:
            _refuse(path, f"its keys are: {some(weights)}")
    except ValidationError as error:  # no blocks, say
        _refuse(path, "; ".join(f"{m['loc'][0]}: {m['msg']}" for m in error.errors()))
    fitted = fit(layout, weights, path)
    return Generator(layout.network, layout.inputs, layout.outputs, layout.drops, fitted)


def resnet_layout(weights: Weights, path: Path) -> Layout:
    """Read their ResNet: our order of layers, unless dropout shifts the second convolutions."""
    blocks = len({key.split(".")[1] for key in weights if ".conv_block." in key})
    drops = f"model.{FIRST_BLOCK}.conv_block.6.weight" in weights and (
        f"model.{FIRST_BLOCK}.conv_block.5.weight" not in weights
    )
    width, inputs, *_ = _shape(weights, "model.1.weight", path)
    last = f"model.{FIRST_BLOCK + blocks + LAST_OF_RESNET}.weight"
    outputs = _shape(weights, last, path)[0]
    norm = "batch" if "model.2.weight" in weights else "instance"
    network = ResnetParams(width=width, blocks=blocks, norm=norm)
    return Layout(network, inputs, outputs, drops, lambda name: _resnet_key(name, drops))


def unet_layout(weights: Weights, path: Path) -> Layout:
    """Read their U-Net, which nests each level in the one above."""
    depth = 1
    while f"{_level(depth)}.1.weight" in weights:
        depth += 1
    width, inputs, *_ = _shape(weights, "model.model.0.weight", path)
    outputs = _shape(weights, "model.model.3.weight", path)[1]
    norm = "batch" if f"{_level(1)}.2.weight" in weights else "instance"
    network = UnetParams(width=width, depth=depth, norm=norm)
    return Layout(network, inputs, outputs, False, lambda name: _unet_key(name, depth))


def fit(layout: Layout, weights: Weights, path: Path) -> dict[str, Tensor]:
    """Return the weights under our names, float32.

    Instance norm's statistics, which old checkpoints hold, are left out, as the original leaves
    them out; batch norm's counters, which those of torch before 0.4.1 lack, are zero. Raises
    UserError where anything else is missing, too much or of another shape.
    """
    with on_meta():
        state = layout.network.build(layout.inputs, layout.outputs, bounded=True).state_dict()
    theirs = {name: layout.theirs(name) for name in state}
    if layout.network.norm == "instance":
        known = set(theirs.values())
        weights = {k: v for k, v in weights.items() if k in known or not k.endswith(STATISTICS)}
    counters = {
        theirs[name]: torch.zeros((), dtype=expected.dtype)
        for name, expected in state.items()
        if name.endswith("num_batches_tracked")
    }
    wanted = {theirs[name]: expected for name, expected in state.items()}
    what = f"{path}: {EXPECTED}; by its keys it would be a {describe(layout.network)}"
    found = fitted({**counters, **weights}, wanted, what)
    return {name: found[key] for name, key in theirs.items()}


def describe(network: TranslatorParams) -> str:
    """Return a network in a few words."""
    size = (
        f"ResNet of {network.blocks} blocks"
        if isinstance(network, ResnetParams)
        else f"U-Net of {network.depth} levels"
    )
    return f"{size}, width {network.width}, {network.norm} norm"


def _resnet_key(name: str, drops: bool) -> str:
    """Return their key of ``layers.4.weight``.

    In a residual block, names are as ``layers.10.layers.5.weight``.
    """
    _, layer, *rest = name.split(".")
    if rest[0] == "layers":
        place = int(rest[1])
        shifted = place + 1 if drops and place > 3 else place
        rest = ["conv_block", str(shifted), *rest[2:]]
    return ".".join(["model", layer, *rest])


def _unet_key(name: str, depth: int) -> str:
    """Return their key of ``down.LEVEL.PLACE.weight``, ``up.NUMBER.PLACE...`` or ``out.PLACE...``.

    NUMBER counts from the innermost level. A level of theirs holds activation, convolution and norm
    of the way down, the level below, and the same of the way up; the outermost lacks the first and
    the norms, the innermost the norm of the way down and a level below.
    """
    side, *numbers, kind = name.split(".")
    place = int(numbers[-1])
    if side == "down":
        level = int(numbers[0])
    else:
        level = 0 if side == "out" else depth - 1 - int(numbers[0])
        place += 2 if level in (0, depth - 1) else 4
    return f"{_level(level)}.{place}.{kind}"


def _level(level: int) -> str:
    """Return the prefix of the keys of a U-Net's level, 0 the outermost."""
    return "model.model" + (".1.model" + ".3.model" * (level - 1) if level else "")


def _shape(weights: Weights, key: str, path: Path) -> list[int]:
    """Return the four numbers of a convolution's shape."""
    if key not in weights:
        _refuse(path, f"{key} is missing; its keys are: {some(weights)}")
    shape = list(weights[key].shape)
    if len(shape) != 4:
        _refuse(path, f"{key} is no convolution's: its shape is {shape}")
    return shape


def _refuse(path: Path, found: str) -> NoReturn:
    raise UserError(f"{path}: {EXPECTED}, but {found}")
