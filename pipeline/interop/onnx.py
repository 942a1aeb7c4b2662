"""One direction of a finished translator as an ONNX file, held against torch before it is written.

The network alone is exported, on samples as it was trained on them; what turns pictures or sound
into samples and back is written into the file's metadata, in words and as the model's codec.json.
"""

import copy
import json
import warnings
from importlib.util import find_spec
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
import torch
from torch import Tensor, nn
from torch.export import Dim
from torch.nn.functional import instance_norm
from torch.nn.modules.batchnorm import _BatchNorm
from torch.nn.modules.dropout import _DropoutNd

from pipeline.backbones.vae import GaussianLatent
from pipeline.capabilities import Translator
from pipeline.codecs import MelCodec
from pipeline.errors import UserError
from pipeline.inference.directions import choose_target
from pipeline.inference.finished import FinishedModel, as_translator
from pipeline.inference.tiling import rounded_up
from pipeline.inference.translation import SMALLEST
from pipeline.nn.normalisation import InstanceNorm
from pipeline.nn.shapes import multiples_of
from pipeline.samples import Spec
from pipeline.system.files import make_folder, replace

if TYPE_CHECKING:
    from onnx import ModelProto

OPSET = 18  # of 2022; what torch's exporter writes without a conversion
TOLERANCE = 1e-4  # of a range of 2; a level of 8 bits is about 80 times that
SIDE = 64  # pixels or frames of what is compared, or one multiple where that is more
PACKAGES = ("onnx", "onnxscript", "onnxruntime")
RESTLESS = {
    "dropout": _DropoutNd,
    "batch statistics": _BatchNorm,
    "draws of its latent": GaussianLatent,
}

Shape = tuple[int, int, int, int]


def export_onnx(finished: FinishedModel, out: Path, to: str | None = None) -> float:
    """Write the direction to ``to`` (None: the model's own target) as an ONNX file.

    The file takes ``input`` float32 [batch, channels, height, width] and gives ``output`` of the
    same size; batch, height and width are free (for sound: batch and width), in the multiples
    that the network's strides need. ``finished`` is on the processor.

    Returns the largest difference between onnxruntime and torch over two sizes. Raises UserError,
    and writes nothing, where that is above `TOLERANCE`, where the extra ``onnx`` is not installed,
    where the model is no translator, has no such direction, or can't be exported.
    """
    require_packages()
    to = choose_target(finished, to)
    refuse_restless(finished)
    content = to_onnx(finished, to).SerializeToString()
    model, (_, *others) = as_translator(finished), shapes(*geometry(finished, to))
    # numpy's maximum of anything and no number is no number; Python's depends on their order
    difference = float(np.max([disagreement(content, model, to, shape) for shape in others]))
    if not difference <= TOLERANCE:
        raise UserError(
            f"'{finished.name}' to {to}: onnxruntime differs from torch by {difference:.1g}, more "
            f"than {TOLERANCE:g}, so {out} was not written"
        )
    make_folder(out.parent)
    replace(out, content)
    return difference


def require_packages() -> None:
    """Raise UserError where what the extra ``onnx`` brings is not installed."""
    missing = [name for name in PACKAGES if find_spec(name) is None]
    if missing:
        raise UserError(
            "export compares what it writes with onnxruntime and needs packages that are not "
            f"installed: {', '.join(missing)}. Install the extra: pip install '.[onnx]' in the "
            "project's folder"
        )


def refuse_restless(finished: FinishedModel) -> None:
    """Raise UserError where translations depend on chance or on their neighbours in a batch."""
    model = finished.model
    if getattr(model, "mode", "eval") == "eval":
        return
    found = [name for name, kind in RESTLESS.items() if has_layer(model, kind)]
    if found:
        raise UserError(
            f"'{finished.name}' translates with {' and '.join(found)} on (inference: train). "
            "Dropout and draws are random and batch statistics depend on the rest of the batch, so "
            "no file can be held against it. Either train it with inference: eval (import it with "
            '--eval); or copy the model\'s folder, set "inference": "eval" in the copy\'s '
            "params.json, and export that: the weights stay, but chance goes and the statistics "
            "become those of training, so look at its translations first"
        )


def has_layer(model: nn.Module, kind: type[nn.Module]) -> bool:
    """Tell whether any layer of ``model`` is of a kind."""
    return any(isinstance(layer, kind) for layer in model.modules())


def geometry(finished: FinishedModel, to: str) -> tuple[Spec, int]:
    """Return what the direction to ``to`` reads, and the multiple that free sides must be of."""
    source, *_ = as_translator(finished).directions[to]  # others have samples of its shape
    return finished.card.data.specs[source], max(multiples_of(finished.model))


def smallest_side(multiple: int) -> int:
    """Return the least that a free side may be, as translation pads to it."""
    return rounded_up(SMALLEST, multiple)


def shapes(spec: Spec, multiple: int) -> tuple[Shape, Shape, Shape]:
    """Return what a file is traced at, and two shapes that differ from it in every free side.

    The last two are one square sample (sound keeps its height), and three that are not square.
    """
    side = rounded_up(SIDE, multiple)

    def shape(count: int, down: int, across: int) -> Shape:
        height = spec.height if spec.width is None else side + down * multiple
        return (count, spec.channels, height, side + across * multiple)

    # A trace at one multiple, where deep networks narrow to a single row, would hold for that only.
    return shape(2, 1, 2), shape(1, 0, 0), shape(3, 2, 1)


class Direction(nn.Module):
    """One direction of a translator as a module."""

    def __init__(self, model: Translator, to: str) -> None:
        super().__init__()
        self.model, self.to_domain = model, to

    def forward(self, x: Tensor) -> Tensor:
        """Translate samples [N, C, H, W] to the same height and width."""
        return self.model.translate(x, self.to_domain)


class TracedInstanceNorm(nn.Module):
    """`InstanceNorm` without its choice by memory layout, which a trace would freeze."""

    def forward(self, x: Tensor) -> Tensor:
        """Map [N, C, H, W] to the same shape."""
        return instance_norm(x)


def traceable(model: Translator, to: str) -> Direction:
    """Return a copy of one direction on the processor, in which every layer is the same at any
    size."""
    direction = Direction(copy.deepcopy(model), to).cpu().eval()
    for parent in list(direction.modules()):
        for name, layer in parent.named_children():
            if isinstance(layer, InstanceNorm):
                setattr(parent, name, TracedInstanceNorm())
    return direction


def to_onnx(finished: FinishedModel, to: str) -> "ModelProto":
    """Return the direction to ``to`` as a checked ONNX model with metadata.

    Raises UserError where torch can't export it.
    """
    import onnx
    from torch.onnx.errors import OnnxExporterError

    spec, multiple = geometry(finished, to)
    example = torch.zeros(shapes(spec, multiple)[0])
    free = {0: Dim("batch"), 3: multiple * Dim("columns")}
    if spec.width is not None:
        free[2] = multiple * Dim("rows")
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", FutureWarning)  # of torch.export, about its own code
            program = torch.onnx.export(
                traceable(as_translator(finished), to),
                (example,),
                dynamo=True,
                dynamic_shapes=(free,),
                input_names=["input"],
                output_names=["output"],
                opset_version=OPSET,
                verbose=False,
            )
    except OnnxExporterError as error:
        reason = str(error.__cause__ or error).splitlines()[0]
        raise UserError(f"torch can't export '{finished.name}' to ONNX: {reason}") from error
    assert program is not None
    proto = program.model_proto
    forget_origin(proto)
    proto.doc_string = description(finished, to)
    onnx.helper.set_model_props(proto, metadata(finished, to))
    onnx.checker.check_model(proto, full_check=True)
    return proto


def forget_origin(proto: "ModelProto") -> None:
    """Remove the exporter's notes, which name source files by their paths on this machine."""
    graph = proto.graph
    for part in (graph, *graph.node, *graph.input, *graph.output, *graph.value_info):
        part.ClearField("metadata_props")


def metadata(finished: FinishedModel, to: str) -> dict[str, str]:
    """Return what a program must know to use the file, beside the shapes that are in its graph."""
    model = as_translator(finished)
    spec, multiple = geometry(finished, to)
    return {
        "crossdomain": finished.card.version,
        "model": finished.name,
        "source": ", ".join(model.directions[to]),
        "target": to,
        "kind": finished.codec.kind,
        "source_channels": str(spec.channels),
        "target_channels": str(finished.card.data.specs[to].channels),
        "range": "[-1, 1]" if spec.bounded else "standardised",
        "multiple": str(multiple),
        "smallest": str(smallest_side(multiple)),
        "chunk": str(getattr(model, "chunk", None) or "any"),
        "inference": "eval",
        "codec": json.dumps(finished.codec.model_dump(mode="json")),
    }


def description(finished: FinishedModel, to: str) -> str:
    """Describe `metadata` in words."""
    source = " or ".join(as_translator(finished).directions[to])
    specs, (spec, multiple) = finished.card.data.specs, geometry(finished, to)
    if spec.width is None:
        sides = f"{spec.height}, frames"
        frames = (
            "log-mel frames, in each bin"
            if isinstance(finished.codec, MelCodec)
            else "the features of WORLD's envelopes (F0 and aperiodicity stay beside), each"
        )
        values = (
            f"{frames} less its domain's mean and divided by its domain's std; these and the "
            "frames' convention are in the metadata 'codec', and in 'chunk' how many frames are "
            "best converted at a time"
        )
    else:
        sides, values = "height, width", "a byte / 127.5 - 1, so in [-1, 1]"
    return (
        f"{source} -> {to} by {finished.name}, from crossdomain {finished.card.version}. "
        f"input: float32 [batch, {spec.channels}, {sides}] of {source}. "
        f"output: float32 [batch, {specs[to].channels}, {sides}] of {to}. Values: {values}. "
        f"Free sides are multiples of {multiple}, at least {smallest_side(multiple)}: pad others "
        "by reflection, below and at the right, and cut the output back. Dropout is off and batch "
        "norm uses the statistics of training (inference: eval)."
    )


@torch.no_grad()
def disagreement(content: bytes, model: Translator, to: str, shape: Shape) -> float:
    """Return the largest difference between onnxruntime and torch, both on the processor.

    For noise: where a picture is perfectly flat, instance norm divides by next to nothing and
    blows up the last bits, by which torch differs from itself in another memory layout too.

    Args:
        content: an ONNX file's.
        model: on the processor.
        to: the direction.
        shape: of the noise, which is uniform in [-1, 1] and the same in every call.
    """
    import onnxruntime

    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = torch.get_num_threads()
    session = onnxruntime.InferenceSession(content, options, providers=["CPUExecutionProvider"])
    x = torch.rand(shape, generator=torch.Generator().manual_seed(0)) * 2 - 1
    (found,) = session.run(["output"], {"input": x.numpy()})
    return float(np.abs(found - model.translate(x, to).numpy()).max())
