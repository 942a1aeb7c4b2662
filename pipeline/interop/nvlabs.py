"""Generators of SPADE (Park et al. 2019) as NVlabs/SPADE saves them, read.

A checkpoint ``latest_net_G.pth`` is a state dict without any word on the network. What can be told
from keys and shapes is told from them; how often it doubles between its middle blocks
(``--num_upsampling_layers``) can't. Layers are ours save for names, gamma and beta, which are two
convolutions there, and spectral norm, which is folded in as it stands in evaluation.
"""

from pathlib import Path
from typing import Literal, NamedTuple, NoReturn

import torch
from pydantic import ValidationError
from torch import Tensor

from pipeline.backbones.spade import SpadeParams
from pipeline.errors import UserError
from pipeline.interop.shapes import shape_of_convolution
from pipeline.mistakes import reason_of
from pipeline.nn.outlines import on_meta
from pipeline.system.tensor_files import Weights, fitted, load_tensors

EXPECTED = "expected the weights of a generator of SPADE (latest_net_G.pth)"
Upsampling = Literal["normal", "more", "most"]
LEVELS: dict[Upsampling, int] = {"normal": 5, "more": 6, "most": 7}
"""Doublings; the last has a block more, which shows."""
BLOCKS = ("head_0", "G_middle_0", "G_middle_1", "up_0", "up_1", "up_2", "up_3", "up_4")
LAYERS = {
    "norm_1.shared": ("norm_0.mlp_shared.0",),
    "norm_1.affine": ("norm_0.mlp_gamma", "norm_0.mlp_beta"),
    "norm_1.norm": ("norm_0.param_free_norm",),
    "conv_1": ("conv_0",),
    "norm_2.shared": ("norm_1.mlp_shared.0",),
    "norm_2.affine": ("norm_1.mlp_gamma", "norm_1.mlp_beta"),
    "norm_2.norm": ("norm_1.param_free_norm",),
    "conv_2": ("conv_1",),
    "norm_beside.shared": ("norm_s.mlp_shared.0",),
    "norm_beside.affine": ("norm_s.mlp_gamma", "norm_s.mlp_beta"),
    "norm_beside.norm": ("norm_s.param_free_norm",),
    "conv_beside": ("conv_s",),
}
"""Of a block: ours -> theirs, one behind the other."""
SPECTRAL = {
    ".weight_orig": (".weight_u", ".weight_v"),
    ".parametrizations.weight.original": (
        ".parametrizations.weight.0._u",
        ".parametrizations.weight.0._v",
    ),
}
"""Suffix of spectral norm's weights -> those of its singular vectors, in torch's old way and its
new one."""


class LabelMapGenerator(NamedTuple):
    """A generator in our words."""

    network: SpadeParams
    inputs: int
    """One-hot channels of its label maps, `LabelMap.channels`."""
    outputs: int
    weights: dict[str, Tensor]
    """The state of `network` built with these channels and tanh."""


def read(path: Path, upsampling: Upsampling) -> LabelMapGenerator:
    """Read a generator of any width.

    ``upsampling`` counts where the file does not show another. Raises UserError, with what was
    expected and what was found, where the file holds none.
    """
    weights = fold(load_tensors(path, EXPECTED, wrapper="state_dict"))
    if "fc.weight" in weights and weights["fc.weight"].ndim == 2:
        _refuse(
            path,
            "it begins with a fully connected layer of a style code (--use_vae), which fixes the "
            "pictures' size; ours takes styles in its SPADE layers instead",
        )
    inputs = shape_of_convolution(weights, "fc.weight", path, EXPECTED)[1]
    outputs, width = shape_of_convolution(weights, "conv_img.weight", path, EXPECTED)[:2]
    if inputs < 1 or outputs not in (1, 3):
        _refuse(
            path,
            f"it makes {outputs} channels of {inputs} input channels, and pictures have 1 or 3",
        )
    hidden = shape_of_convolution(weights, "head_0.norm_0.mlp_shared.0.weight", path, EXPECTED)[0]
    most = any(name.startswith("up_4.") for name in weights)
    if upsampling == "most" and not most:
        _refuse(path, "it has no block up_4, as one of --num_upsampling_layers most has")
    batch = "head_0.norm_0.param_free_norm.running_mean" in weights
    try:
        network = SpadeParams(
            width=width,
            levels=LEVELS["most" if most else upsampling],
            max_multiplier=32 if most else 16,
            hidden=hidden,
            norm="batch" if batch else "instance",
            spectral=False,
        )
    except ValidationError as error:
        _refuse(path, f"its sizes are none of a network: {reason_of(error)}")
    what = (
        f"{path}: {EXPECTED}; by its keys it would be one of {inputs} input channels, width "
        f"{width}, {network.norm} norm"
    )
    return LabelMapGenerator(network, inputs, outputs, fit(network, inputs, outputs, weights, what))


def fit(
    network: SpadeParams, inputs: int, outputs: int, weights: Weights, what: str
) -> dict[str, Tensor]:
    """Return the weights under our names, float32.

    Batch norm's counters, which files of torch before 0.4.1 lack, are zero. Raises UserError, which
    begins with ``what``, where any is missing, too much or of another shape.
    """
    with on_meta():
        state = network.build(inputs, outputs, bounded=True).state_dict()
    sources = {name: theirs(name) for name in state}
    wanted = {
        key: part
        for name, keys in sources.items()
        for key, part in zip(keys, _parts(state[name], len(keys)), strict=True)
    }
    counters = {
        key: torch.zeros((), dtype=expected.dtype)
        for key, expected in wanted.items()
        if key.endswith("num_batches_tracked")
    }
    found = fitted({**counters, **weights}, wanted, what)
    return {
        name: found[keys[0]] if len(keys) == 1 else torch.cat([found[key] for key in keys])
        for name, keys in sources.items()
    }


def theirs(name: str) -> list[str]:
    """Return their keys of our ``blocks.0.norm_1.affine.weight``, of which there may be two."""
    part, *rest, kind = name.split(".")
    if part == "start":
        return [f"fc.{kind}"]
    if part == "out":
        return [f"conv_img.{kind}"]
    block, layer = int(rest[0]), ".".join(rest[1:])
    return [f"{BLOCKS[block]}.{their}.{kind}" for their in LAYERS[layer]]


def fold(weights: Weights) -> dict[str, Tensor]:
    """Compute plain weights from those under spectral norm: W / (u W v).

    u and v are the singular vectors as they were saved, by which the original divides in
    evaluation. Files of torch before 1.0 hold the plain weights beside, and no v.
    """
    folded = dict(weights)
    for name in weights:
        for original, (left, right) in SPECTRAL.items():
            layer = name.removesuffix(original)
            if layer == name:
                continue
            u, v = folded.get(layer + left), folded.get(layer + right)
            if f"{layer}.weight" in folded:
                plain = folded[f"{layer}.weight"]
            elif u is not None and v is not None and belong(weights[name], u, v):
                matrix = weights[name].float()
                plain = matrix / (u.float() @ matrix.flatten(1) @ v.float())
            else:
                continue  # which is refused for what is missing
            for key in (name, layer + left, layer + right):
                folded.pop(key, None)
            folded[f"{layer}.weight"] = plain
    return folded


def belong(weight: Tensor, u: Tensor, v: Tensor) -> bool:
    """Tell whether vectors are the two sides of a weight, seen as a matrix."""
    floats = all(one.is_floating_point() for one in (weight, u, v))
    sides = [list(u.shape), list(v.shape)]
    return floats and weight.ndim > 1 and sides == [[n] for n in weight.flatten(1).shape]


def _parts(tensor: Tensor, count: int) -> tuple[Tensor, ...]:
    """Return a tensor in ``count`` parts along its first axis."""
    return (tensor,) if count == 1 else tensor.chunk(count)


def _refuse(path: Path, found: str) -> NoReturn:
    raise UserError(f"{path}: {EXPECTED}, but {found}")
