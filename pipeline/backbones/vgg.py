"""VGG19 (Simonyan & Zisserman 2015, column E), whose features perceptual losses compare."""

import re
from pathlib import Path
from typing import NoReturn

import torch
from safetensors.torch import load_file
from torch import Tensor, nn
from torch.nn.functional import conv2d, max_pool2d, relu

from pipeline.errors import UserError, listing
from pipeline.system.files import sha256_of

POOL = "pool"
LAYERS: tuple[int | str, ...] = (
    *(64, 64, POOL),
    *(128, 128, POOL),
    *(256, 256, 256, 256, POOL),
    *(512, 512, 512, 512, POOL),
    512,
)
"""Of VGG19 (Simonyan & Zisserman 2015, column E) up to conv5_1: channels that a 3x3 convolution
with a ReLU gives, or max pooling."""
FIRSTS = (0, 3, 6, 11, 16)
"""Indices in `LAYERS` of relu1_1, relu2_1, relu3_1, relu4_1 and relu5_1."""
MEAN, STD = (0.485, 0.456, 0.406), (0.229, 0.224, 0.225)
"""Of ImageNet's red, green and blue in [0, 1]: what torchvision's weights were trained with."""
HASHED = re.compile(r"-([0-9a-f]{8,64})\.\w+$")
"""torchvision's file names carry the beginning of their SHA-256: vgg19-dcbb9e9d.pth."""


class VGG19(nn.Module):
    """The features of pictures from relu1_1 to relu5_1.

    Its weights are buffers that no state dict has: nothing trains, saves or exports them.
    """

    smallest = 16  # four halvings leave one place
    mean: Tensor
    std: Tensor

    def __init__(self, features: dict[str, Tensor]) -> None:
        """Take weights and biases named as `shapes` names them."""
        super().__init__()
        names = list(shapes())
        self.names = list(zip(names[::2], names[1::2], strict=True))
        for name in names:
            value = features[name]
            if value.ndim == 4:
                value = value.contiguous(memory_format=torch.channels_last)
            self.register_buffer(_attribute(name), value, persistent=False)
        for name, numbers in (("mean", MEAN), ("std", STD)):
            value = torch.tensor(numbers)[:, None, None]
            self.register_buffer(name, value, persistent=False)

    def forward(self, x: Tensor) -> list[Tensor]:
        """Map pictures [N, 1 or 3, H, W] in [-1, 1] to relu1_1 ... relu5_1, each half as high."""
        if x.shape[1] == 1:
            x = x.expand(-1, 3, -1, -1)
        x = ((x + 1) / 2 - self.mean) / self.std
        convolutions = iter(self.names)
        found: list[Tensor] = []
        for number, layer in enumerate(LAYERS):
            if layer == POOL:
                x = max_pool2d(x, 2)
            else:
                weight, bias = (getattr(self, _attribute(name)) for name in next(convolutions))
                x = relu(conv2d(x, weight, bias, padding=1))
            if number in FIRSTS:
                found.append(x)
        return found


def check_sum(path: Path, sha256: str | None) -> None:
    """Raise UserError where a file is missing or has another SHA-256 than told, or than named."""
    named = HASHED.search(path.name)
    expected = sha256 or (named[1] if named else "")
    try:
        found = sha256_of(path)
    except OSError as error:
        raise UserError(
            f"{path} can't be read: {error.strerror}. The perceptual loss needs VGG19's weights: "
            "put torchvision's file vgg19-dcbb9e9d.pth there, or say perceptual: {kind: none}"
        ) from error
    if not found.startswith(expected):
        source = "sha256 says" if sha256 else "its name says"
        raise UserError(f"{path}: {source} that its SHA-256 begins {expected}, found {found}")


def read_features(path: Path) -> dict[str, Tensor]:
    """Read ``N.weight`` and ``N.bias`` of the convolutions in `LAYERS`, by torchvision's numbers.

    No code in the file is run. Raises UserError where any is missing or of another shape.
    """
    state = _load(path)
    features: dict[str, Tensor] = {}
    problems = []
    for name, shape in shapes().items():
        found = state.get(f"features.{name}")
        if not isinstance(found, Tensor):
            problems.append(f"missing: features.{name}")
        elif found.shape != shape:
            shown = f"expected {list(shape)}, found {list(found.shape)}"
            problems.append(f"features.{name}: {shown}")
        else:
            features[name] = found.detach().float()
    if problems:
        _refuse(path, f"\n{listing(problems)}")
    return features


def shapes() -> dict[str, torch.Size]:
    """Return the shape of each weight and bias of `LAYERS` by torchvision's names less
    ``features.``."""
    found, inputs, number = {}, 3, 0
    for layer in LAYERS:
        if isinstance(layer, int):
            found[f"{number}.weight"] = torch.Size((layer, inputs, 3, 3))
            found[f"{number}.bias"] = torch.Size((layer,))
            inputs = layer
        number += 2 if isinstance(layer, int) else 1  # a ReLU has a number of its own
    return found


def _load(path: Path) -> dict[str, object]:
    try:
        if path.suffix == ".safetensors":
            return dict(load_file(path))
        found = torch.load(path, map_location="cpu", weights_only=True)
    except Exception as error:  # damaged files fail in any way
        raise UserError(
            f"{path}: expected VGG19's weights, found no file of tensors alone: it is damaged or "
            "of another format (whole pickled networks are not read: save their state_dict)"
        ) from error
    return (
        found if isinstance(found, dict) else _refuse(path, f" it holds a {type(found).__name__}")
    )


def _refuse(path: Path, found: str) -> NoReturn:
    raise UserError(f"{path}: expected torchvision's weights of VGG19, but{found}")


def _attribute(name: str) -> str:
    return "features_" + name.replace(".", "_")
