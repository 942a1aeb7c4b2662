"""Generators as ajbrock/BigGAN-PyTorch saves them, read.

Its training writes state dicts (``G_ema_best0.pth``). They hold weights as they were before
spectral norm, and for each the vector u that power iteration has come to; what is read has been
divided by that code's estimate of the largest singular value, one iteration on. Known to differ:
where that code samples by each batch's statistics, those that were saved are taken here, as by its
``--G_eval_mode``.
"""

import math
import re
from collections.abc import Iterator
from pathlib import Path

import torch
from torch import Tensor
from torch.nn.functional import normalize

from pipeline.backbones.biggan import BigganGeneratorParams
from pipeline.errors import UserError
from pipeline.interop.published_generator import PublishedGenerator
from pipeline.interop.shapes import shape_of
from pipeline.mistakes import reason_of
from pipeline.nn.outlines import on_meta
from pipeline.samples import Spec
from pipeline.system.tensor_files import Weights, fitted, load_tensors

EXPECTED = "expected the weights of a generator of BigGAN-PyTorch (G_ema.pth)"
SMALLEST = 4  # rows and columns of the first map: ``bottom_width``

BLOCK = re.compile(r"blocks\.(\d{1,2})\.[01]\..+")
ESTIMATE = re.compile(r"(.+\.)?(u\d+|sv\d+|accumulation_counter)")
"""Of singular values, and a count of sums: no weights."""
STATISTIC = re.compile(r"(.+\.)stored_(mean|var)")
RENAMED = (
    (r"^linear\.", "stem.0."),
    (r"^output_layer\.0\.gain$", "head.0.weight"),
    (r"^output_layer\.0\.(?:bn\.)?stored_", "head.0.running_"),
    (r"^output_layer\.", "head."),
    (r"^(blocks\.\d+\.0\.)bn(\d)\.(?:bn\.)?stored_", r"\1norm_\2.norm.running_"),
    (r"^(blocks\.\d+\.0\.)bn(\d)\.", r"\1norm_\2."),
    (r"^(blocks\.\d+\.0\.)conv(\d)\.", r"\1conv_\2."),
    (r"^(blocks\.\d+\.0\.)conv_sc\.", r"\1shortcut."),
)
"""Their names -> ours; ``bn.`` within a norm is of ``--mybn``."""


def read(path: Path) -> PublishedGenerator:
    """Read a generator of any size whose z comes in parts beside a shared embedding of classes.

    Raises UserError, with what was expected and what was found, where the file holds none.
    """
    weights = load_tensors(path, EXPECTED, wrapper="G_ema")
    classes, shared = shape_of(weights, "shared.weight", 2, path, EXPECTED)
    first, part = shape_of(weights, "linear.weight", 2, path, EXPECTED)
    widths = widths_of(weights, path)
    if first != widths[0] * SMALLEST**2:
        raise UserError(
            f"{path}: expected a first map of {SMALLEST}x{SMALLEST} places of {widths[0]} channels,"
            f" found a first layer of {first} numbers"
        )
    _, told = shape_of(weights, "blocks.0.0.bn1.gain.weight", 2, path, EXPECTED)
    if told != shared + part:
        raise UserError(
            f"{path}: expected norms that are told a class by {shared} numbers and a part of z by "
            f"{part} (--G_shared --hier), found {told} in blocks.0.0.bn1.gain.weight"
        )
    channels = shape_of(weights, "output_layer.2.weight", 4, path, EXPECTED)[0]
    size, latent = SMALLEST * 2 ** len(widths), part * (len(widths) + 1)
    width = math.gcd(*widths)
    try:
        network = BigganGeneratorParams(
            kind="biggan",
            width=width,
            multipliers=tuple(each // width for each in widths),
            shared=shared,
            spectral=False,  # the weights have been divided
            attention=tuple(
                SMALLEST * 2 ** (level + 1)
                for level in range(len(widths))
                if f"blocks.{level}.1.gamma" in weights
            ),
        )
        spec = Spec(channels=channels, height=size, width=size, bounded=True)
        with on_meta():
            state = network.build(latent, spec, classes).state_dict()
    except ValueError as error:  # pydantic's are such, too
        raise UserError(f"{path} is no generator of ours: {reason_of(error)}") from error
    known = dict(translated(weights, path))
    counts = {name: value for name, value in state.items() if name.endswith("batches_tracked")}
    known |= {name: torch.zeros_like(value, device="cpu") for name, value in counts.items()}
    fitting = fitted(known, state, f"{path}: {EXPECTED}")
    return PublishedGenerator(network, latent, classes, channels, size, fitting)


def widths_of(weights: Weights, path: Path) -> list[int]:
    """List the channels behind each block; raise UserError where there are no blocks."""
    found = {int(block[1]) for name in weights if (block := BLOCK.fullmatch(name))}
    if not found or found != set(range(len(found))):
        shown = ", ".join(map(str, sorted(found))) or "none"
        raise UserError(f"{path}: {EXPECTED}, whose blocks are counted from 0, but found {shown}")
    names = [f"blocks.{level}.0.conv1.weight" for level in range(len(found))]
    return [shape_of(weights, name, 4, path, EXPECTED)[0] for name in names]


def translated(weights: Weights, path: Path) -> Iterator[tuple[str, Tensor]]:
    """Yield tensors as they take effect, under our names, or their own where there are none."""
    for name, value in weights.items():
        if ESTIMATE.fullmatch(name):
            continue
        found = value.float()
        u = weights.get(f"{name.removesuffix('weight')}u0") if name.endswith(".weight") else None
        if u is not None:
            found = normed(found, u.float(), name, path)
        if statistic := STATISTIC.fullmatch(name):
            count = weights.get(f"{statistic[1]}accumulation_counter", torch.zeros(1))
            if count.numel() == 1 and count.item() > 0:
                found = found / count.item()  # standing statistics, saved as sums
        if name.endswith(".gamma") and not found.ndim:
            found = found[None]
        yield ours(name), found


def normed(weight: Tensor, u: Tensor, name: str, path: Path) -> Tensor:
    """Divide a weight by its largest singular value, as far as one iteration from u [1, rows].

    Raises UserError where u is not of the weight's rows.
    """
    if weight.ndim < 2 or u.shape != (1, len(weight)):
        raise UserError(
            f"{path}: {EXPECTED}, but {name} is {list(weight.shape)} and its u0 {list(u.shape)}"
        )
    matrix = weight.flatten(1)
    v = normalize(u @ matrix)
    value: Tensor = (v @ matrix.T).norm()  # u' W v, where u' is W v normalised
    return weight / value


def ours(name: str) -> str:
    """Return our name of a tensor; its own where there is none."""
    for pattern, put in RENAMED:
        name = re.sub(pattern, put, name)
    return name
