"""Generators of pytorch-CycleGAN-and-pix2pix (Zhu et al. 2017, Isola et al. 2017), read.

Those of contrastive-unpaired-translation (CUT, Park et al. 2020) too, which grew out of it: their
ResNets halve and double behind a filter unless ``--no_antialias`` and ``--no_antialias_up`` say
otherwise.

A checkpoint ``latest_net_G*.pth`` is a state dict without any word on the network, so everything
is told from its keys and shapes. Their networks are ours save for names and dropout in residual
blocks; dropout has no weights and is off in evaluation. With ``--norm none`` their layers but the
last have no bias; ours have one, of 0.
"""

from collections.abc import Callable, Mapping
from pathlib import Path
from typing import NamedTuple, NoReturn

import torch
from pydantic import ValidationError
from torch import Tensor

from pipeline.backbones import ResnetParams, TranslatorParams, UnetParams
from pipeline.errors import UserError, some
from pipeline.interop.shapes import shape_of_convolution
from pipeline.nn.normalisation import Norm
from pipeline.nn.outlines import on_meta
from pipeline.nn.resampling import Downsample, Upsample
from pipeline.system.tensor_files import Weights, fitted, load_tensors

EXPECTED = (
    "expected the weights of a generator of pytorch-CycleGAN-and-pix2pix or CUT "
    "(latest_net_G.pth, latest_net_G_A.pth, ...)"
)
STATISTICS = ("running_mean", "running_var", "num_batches_tracked")
FILTER = ".filt"
HALF = 1e-3  # more than half precision may take from a filter's values


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
    last: str
    """Their name of the last layer."""
    filters: Mapping[str, Tensor] = {}
    """Their names of filters that ours don't keep, for they are known: [1, 1, k, k] each."""


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
    """Read their ResNet: our order of layers, unless dropout shifts the second convolutions or
    filters the layers behind them."""
    blocks = len({key.split(".")[1] for key in weights if ".conv_block." in key})
    down: Downsample = "blur" if f"model.7{FILTER}" in weights else "stride"
    first = 12 if down == "blur" else 10  # block
    after = first + blocks
    up: Upsample = "blur" if f"model.{after}{FILTER}" in weights else "transpose"
    drops = f"model.{first}.conv_block.6.weight" in weights and (
        f"model.{first}.conv_block.5.weight" not in weights
    )
    width, inputs, *_ = shape_of_convolution(weights, "model.1.weight", path, EXPECTED)
    last = f"model.{after + (9 if up == 'blur' else 7)}"
    outputs = shape_of_convolution(weights, f"{last}.weight", path, EXPECTED)[0]
    network = ResnetParams(
        width=width,
        blocks=blocks,
        norm=_norm(weights, "model.1", "model.2"),
        downsample=down,
        upsample=up,
    )
    filters: dict[str, Tensor] = {}
    if down == "blur":
        filters |= dict.fromkeys((f"model.7{FILTER}", f"model.11{FILTER}"), binomial(1, 2, 1))
    if up == "blur":  # four times what is spread over twice the rows and columns
        names = (f"model.{after}{FILTER}", f"model.{after + 4}{FILTER}")
        filters |= dict.fromkeys(names, 4 * binomial(1, 3, 3, 1))

    def theirs(name: str) -> str:
        return _resnet_key(name, drops, after if up == "blur" else None)

    return Layout(network, inputs, outputs, drops, theirs, last, filters)


def unet_layout(weights: Weights, path: Path) -> Layout:
    """Read their U-Net, which nests each level in the one above."""
    depth = 1
    while f"{_level(depth)}.1.weight" in weights:
        depth += 1
    width, inputs, *_ = shape_of_convolution(weights, "model.model.0.weight", path, EXPECTED)
    outputs = shape_of_convolution(weights, "model.model.3.weight", path, EXPECTED)[1]
    norm = _norm(weights, "model.model.0", f"{_level(1)}.2")
    network = UnetParams(width=width, depth=depth, norm=norm)
    return Layout(
        network, inputs, outputs, False, lambda name: _unet_key(name, depth), "model.model.3"
    )


def fit(layout: Layout, weights: Weights, path: Path) -> dict[str, Tensor]:
    """Return the weights under our names, float32.

    Instance norm's statistics, which old checkpoints hold, are left out, as the original leaves
    them out; batch norm's counters, which those of torch before 0.4.1 lack, are zero, and so are
    biases where there is no norm. Raises UserError where anything else is missing, too much or of
    another shape, or where filters are not the published ones.
    """
    with on_meta():
        state = layout.network.build(layout.inputs, layout.outputs, bounded=True).state_dict()
    theirs = {name: layout.theirs(name) for name in state}
    what = f"{path}: {EXPECTED}; by its keys it would be a {describe(layout.network)}"
    weights = _without_filters(weights, layout.filters, what)
    if layout.network.norm == "instance":
        known = set(theirs.values())
        weights = {k: v for k, v in weights.items() if k in known or not k.endswith(STATISTICS)}
    counters = {
        theirs[name]: torch.zeros((), dtype=expected.dtype)
        for name, expected in state.items()
        if name.endswith("num_batches_tracked")
    }
    biases = {
        key: torch.zeros(state[name].shape)
        for name, key in theirs.items()
        if layout.network.norm == "none" and key.endswith(".bias") and key != f"{layout.last}.bias"
    }
    wanted = {theirs[name]: value for name, value in state.items() if theirs[name] not in biases}
    found = biases | fitted({**counters, **weights}, wanted, what)
    return {name: found[key] for name, key in theirs.items()}


def describe(network: TranslatorParams) -> str:
    """Return a network in a few words."""
    size = (
        f"ResNet of {network.blocks} blocks"
        if isinstance(network, ResnetParams)
        else f"U-Net of {network.depth} levels"
    )
    filtered = isinstance(network, ResnetParams) and "blur" in (
        network.downsample,
        network.upsample,
    )
    norm = "no norm" if network.norm == "none" else f"{network.norm} norm"
    return f"{size}, width {network.width}, {norm}{', antialiased' if filtered else ''}"


def binomial(*row: float) -> Tensor:
    """Return a filter [1, 1, k, k] of sum 1 that is ``row`` along either side."""
    one = torch.tensor(row)
    return torch.outer(one, one)[None, None] / one.sum() ** 2


def _norm(weights: Weights, layer: str, norm: str) -> Norm:
    """Tell the norm from the first ``layer`` that one may follow, and where one would be.

    Batch norm has weights; only where instance norm follows has a layer a bias.
    """
    if f"{norm}.weight" in weights:
        return "batch"
    return "instance" if f"{layer}.bias" in weights else "none"


def _without_filters(weights: Weights, filters: Mapping[str, Tensor], what: str) -> Weights:
    """Leave out the filters; raise UserError, beginning with ``what``, where one is another."""
    for name, expected in filters.items():
        found = weights.get(name)
        if found is None:
            raise UserError(f"{what}, but\nmissing: {name}")
        if found.shape[1:] != expected.shape[1:] or not torch.allclose(
            found.float(), expected, atol=HALF
        ):
            raise UserError(f"{what}, but {name} is another filter than CUT's")
    return {name: value for name, value in weights.items() if name not in filters}


def _resnet_key(name: str, drops: bool, filtered_from: int | None) -> str:
    """Return their key of ``layers.4.weight``.

    In a residual block, names are as ``layers.10.layers.5.weight``. ``filtered_from``: where the
    way up begins if it doubles by filters; ours holds each with the convolution behind it, as in
    ``layers.21.1.weight``, theirs as layers of their own.
    """
    _, layer, *rest = name.split(".")
    place = int(layer)
    if rest[0] == "layers":
        inner = int(rest[1])
        shifted = inner + 1 if drops and inner > 3 else inner
        rest = ["conv_block", str(shifted), *rest[2:]]
    elif filtered_from is not None and place >= filtered_from:
        place += min((place - filtered_from) // 3 + 1, 2)  # filters before it
        rest = rest[-1:]
    return ".".join(["model", str(place), *rest])


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


def _refuse(path: Path, found: str) -> NoReturn:
    raise UserError(f"{path}: {EXPECTED}, but {found}")
