"""Generators as NVlabs/stylegan2-ada-pytorch publishes them, read.

Its files are pickles of whole networks, with their code; what is read here is the state dict of the
generator alone (``G_ema.state_dict()``), as safetensors or torch's. StyleGAN2's own networks, which
that code can convert, have the same names.
"""

import re
from pathlib import Path

import torch
from pydantic import ValidationError

from pipeline.backbones.stylegan2_synthesis import StyleGAN2Params
from pipeline.errors import UserError, some
from pipeline.interop.published_generator import PublishedGenerator
from pipeline.interop.shapes import shape_of
from pipeline.mistakes import reason_of
from pipeline.nn.fir import low_pass
from pipeline.nn.outlines import on_meta
from pipeline.samples import Spec
from pipeline.system.tensor_files import Weights, fitted, load_tensors

EXPECTED = "expected the weights of a generator of stylegan2-ada-pytorch (G_ema.state_dict())"
CONVERT = (
    "is a pickle of whole networks, whose code is not run. Where you trust the file, save its "
    'weights alone, in the folder of stylegan2-ada-pytorch: python -c "import pickle, torch; '
    "torch.save(pickle.load(open('network.pkl', 'rb'))['G_ema'].state_dict(), 'network.pt')\""
)
FILTER = "resample_filter"  # of each block and layer, the same everywhere: no weight
CLAMP = 256.0
"""``conv_clamp``, which no state dict holds: the public code trains all its networks with it."""

BLOCK = re.compile(r"synthesis\.b(\d{1,5})\.(.+)")
MAPPING = re.compile(r"mapping\.fc(\d{1,3})\.(weight|bias)")
LAYER = {
    "weight": "conv.weight",
    "bias": "bias",
    "affine.weight": "conv.affine.weight",
    "affine.bias": "conv.affine.bias",
    "noise_const": "noise.constant",
    "noise_strength": "noise.strength",
}
PLAIN = {
    "mapping.w_avg": "mapping.mean",
    "mapping.embed.weight": "mapping.embed.weight",
    "mapping.embed.bias": "mapping.embed.bias",
    "synthesis.b4.const": "synthesis.start",
}


def read(path: Path) -> PublishedGenerator:
    """Read a generator of any size.

    Raises UserError, with what was expected and what was found, where the file holds none.
    """
    if path.suffix == ".pkl":
        raise UserError(f"{path} {CONVERT}")
    weights = load_tensors(path, EXPECTED, wrapper="G_ema")
    check_filters(weights, path)
    size = size_of(weights, path)
    dim = shape_of(weights, "mapping.w_avg", 1, path, EXPECTED)[0]
    _, inputs = shape_of(weights, "mapping.fc0.weight", 2, path, EXPECTED)
    classes = 0
    if "mapping.embed.weight" in weights:
        classes = shape_of(weights, "mapping.embed.weight", 2, path, EXPECTED)[1]
    channels, width, _, _ = shape_of(weights, f"synthesis.b{size}.torgb.weight", 4, path, EXPECTED)
    most = shape_of(weights, "synthesis.b4.torgb.weight", 4, path, EXPECTED)[1]
    latent = inputs - (dim if classes else 0)
    if latent < 1:
        raise UserError(f"{path}: {EXPECTED}, but mapping.fc0.weight takes no z: {inputs} numbers")
    try:
        network = StyleGAN2Params(
            width=width,
            most=most,
            dim=dim,
            layers=sum(name.endswith("weight") for name in weights if MAPPING.fullmatch(name)),
            conv_clamp=CLAMP,
        )
        spec = Spec(channels=channels, height=size, width=size, bounded=True)
    except ValidationError as error:
        raise UserError(f"{path} is no generator of ours: {reason_of(error)}") from error
    with on_meta():
        state = network.build(latent, spec, classes).state_dict()
    known = {ours(name): value for name, value in weights.items() if not name.endswith(FILTER)}
    for name, value in known.items():
        if name.endswith("noise.strength") and not value.ndim:
            known[name] = value[None]
    fitting = fitted(known, state, f"{path}: {EXPECTED}")
    return PublishedGenerator(network, latent, classes, channels, size, fitting)


def ours(name: str) -> str:
    """Return our name of a tensor; its own where there is none."""
    if name in PLAIN:
        return PLAIN[name]
    if found := MAPPING.fullmatch(name):
        return f"mapping.layers.{found[1]}.{found[2]}"
    if not (found := BLOCK.fullmatch(name)):
        return name
    level = int(found[1]).bit_length() - 3  # 0 at 4 rows
    layer, _, tensor = found[2].partition(".")
    places = {
        "conv0": f"convs.{2 * level - 1}",
        "conv1": f"convs.{2 * level}",
        "torgb": f"to_samples.{level}",
    }
    if layer not in places or tensor not in LAYER:
        return name
    return f"synthesis.{places[layer]}.{LAYER[tensor]}"


def size_of(weights: Weights, path: Path) -> int:
    """Return the side of a generator's pictures.

    Raises UserError where its blocks do not double from 4 on.
    """
    sizes = sorted({int(found[1]) for name in weights if (found := BLOCK.match(name))})
    if len(sizes) < 2 or sizes != [4 * 2**level for level in range(len(sizes))]:
        shown = some([f"b{size}" for size in sizes]) if sizes else "none"
        raise UserError(
            f"{path}: {EXPECTED}, whose blocks are synthesis.b4, b8 and so on, but found {shown}"
        )
    return sizes[-1]


def check_filters(weights: Weights, path: Path) -> None:
    """Raise UserError where layers resample by another filter than [1, 3, 3, 1]."""
    expected = low_pass(torch.device("cpu"), torch.float32, 1.0)[0, 0]
    for name, value in weights.items():
        if name.endswith(FILTER) and (
            value.shape != expected.shape or not torch.allclose(value.float(), expected, atol=1e-4)
        ):
            raise UserError(f"{path}: {name} is another filter than StyleGAN2's [1, 3, 3, 1]")
