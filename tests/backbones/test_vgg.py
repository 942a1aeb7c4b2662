"""VGG19's features: against plain arithmetic on the layout of torchvision's file; what is refused.

The weights are random: the file itself is half a gigabyte that no test can count on.
"""

import hashlib
from collections.abc import Callable
from pathlib import Path

import pytest
import torch
from safetensors.torch import save_file
from torch import Tensor, nn
from torch.nn.functional import conv2d

from pipeline.backbones.vgg import VGG19, check_sum, read_features, shapes
from pipeline.errors import UserError
from pipeline.methods.perceptual import Perceptual

# torchvision's vgg19().features, by the numbers of its modules.
TORCHVISION = {
    0: (3, 64),
    2: (64, 64),
    5: (64, 128),
    7: (128, 128),
    10: (128, 256),
    12: (256, 256),
    14: (256, 256),
    16: (256, 256),
    19: (256, 512),
    21: (512, 512),
    23: (512, 512),
    25: (512, 512),
    28: (512, 512),
}
POOLS = (4, 9, 18, 27)
ENDS = (1, 6, 11, 20, 29)  # relu1_1, relu2_1, ...


@pytest.fixture(scope="module")
def weights() -> dict[str, Tensor]:
    generator = torch.Generator().manual_seed(0)
    found = {}
    for number, (inputs, outputs) in TORCHVISION.items():
        std = (2 / (9 * inputs)) ** 0.5
        weight = torch.randn(outputs, inputs, 3, 3, generator=generator) * std
        found[f"features.{number}.weight"] = weight
        found[f"features.{number}.bias"] = torch.randn(outputs, generator=generator) * 0.1
    # Of what else the file holds:
    return found | {"features.34.weight": torch.zeros(2), "classifier.0.weight": torch.zeros(2)}


@pytest.fixture(scope="module")
def file(weights: dict[str, Tensor], tmp_path_factory: pytest.TempPathFactory) -> Path:
    path: Path = tmp_path_factory.mktemp("vgg") / "vgg19.pth"
    torch.save(weights, path)
    return path


def built(path: Path) -> VGG19:
    return VGG19(read_features(path))


def checked(path: Path) -> VGG19:
    check_sum(path, None)
    return built(path)


def reference(weights: dict[str, Tensor], x: Tensor) -> list[Tensor]:
    """The five features of one RGB picture [1, 3, H, W], module by module."""
    mean = torch.tensor([0.485, 0.456, 0.406]).view(1, 3, 1, 1)
    std = torch.tensor([0.229, 0.224, 0.225]).view(1, 3, 1, 1)
    x, found = (0.5 * x + 0.5 - mean) / std, []
    for number in range(30):
        if number in TORCHVISION:
            weight, bias = (weights[f"features.{number}.{kind}"] for kind in ("weight", "bias"))
            x = conv2d(x, weight, bias, padding=1)
        elif number in POOLS:
            rows, columns = x.shape[-2] // 2, x.shape[-1] // 2
            x = x.view(1, -1, rows, 2, columns, 2).amax(dim=(3, 5))
        else:
            x = x.clamp(min=0)
        if number in ENDS:
            found.append(x)
    return found


def test_shapes_are_torchvisions():
    assert {name.split(".")[0] for name in shapes()} == {str(number) for number in TORCHVISION}
    for number, (inputs, outputs) in TORCHVISION.items():
        assert shapes()[f"{number}.weight"] == (outputs, inputs, 3, 3)
        assert shapes()[f"{number}.bias"] == (outputs,)


def test_features_and_loss_are_those_of_the_reference(file, weights):
    loss = Perceptual(built(file))
    fake, real = torch.rand(1, 3, 32, 16) * 2 - 1, torch.rand(1, 3, 32, 16) * 2 - 1
    found, expected = loss.network(fake), reference(weights, fake)
    assert [y.shape[1] for y in found] == [64, 128, 256, 512, 512]
    for ours, theirs in zip(found, expected, strict=True):
        torch.testing.assert_close(ours, theirs, rtol=1e-4, atol=1e-4)
    distances = [
        (a - b).abs().mean() for a, b in zip(expected, reference(weights, real), strict=True)
    ]
    total = sum(
        weight * distance
        for weight, distance in zip((1 / 32, 1 / 16, 1 / 8, 1 / 4, 1), distances, strict=True)
    )
    torch.testing.assert_close(loss(fake, real), total, rtol=1e-4, atol=1e-5)
    assert loss(real, real) == 0


def test_grey_is_seen_as_three_equal_colours(file):
    loss = Perceptual(built(file))
    grey, other = torch.rand(2, 1, 16, 16), torch.rand(2, 1, 16, 16)
    torch.testing.assert_close(
        loss(grey, other), loss(grey.repeat(1, 3, 1, 1), other.repeat(1, 3, 1, 1))
    )


def test_gradients_reach_the_fake_alone(file):
    loss = Perceptual(built(file))
    fake, real = (torch.rand(1, 3, 16, 16, requires_grad=True) for _ in range(2))
    loss(fake, real).backward()
    assert fake.grad is not None
    assert real.grad is None


def test_it_is_neither_trained_nor_saved(file):
    network = built(file)
    assert not [*network.parameters()]
    assert not nn.ModuleDict({"network": network}).state_dict()
    assert network.double()(torch.zeros(1, 3, 16, 16).double())[0].dtype == torch.float64


def test_safetensors_are_read_too(file, weights, tmp_path):
    save_file(weights, tmp_path / "vgg19.safetensors")
    x = torch.rand(1, 3, 16, 16)
    one, other = (built(path)(x)[-1] for path in (file, tmp_path / "vgg19.safetensors"))
    assert torch.equal(one, other)


def test_checksums(file, tmp_path):
    digest = hashlib.sha256(file.read_bytes()).hexdigest()
    named = tmp_path / f"vgg19-{digest[:8]}.pth"
    named.symlink_to(file)
    check_sum(named, None)
    check_sum(file, None)  # says nothing of its own
    check_sum(file, digest)
    wrong = tmp_path / "vgg19-dcbb9e9d.pth"
    wrong.symlink_to(file)
    with pytest.raises(UserError, match=f"its name says .* begins dcbb9e9d, found {digest}"):
        check_sum(wrong, None)
    with pytest.raises(UserError, match=f"sha256 says .* begins {'0' * 64}"):
        check_sum(named, "0" * 64)


class Hostile:
    """Would run code where a pickle is loaded without care."""

    def __reduce__(self) -> tuple[Callable[..., object], tuple[str]]:
        return print, ("ran",)


@pytest.mark.parametrize(
    ("content", "words"),
    [
        (None, r"can't be read: No such file.*vgg19-dcbb9e9d\.pth.*\{kind: none\}"),
        (b"no tensors", "no file of tensors alone"),
        (Hostile(), "no file of tensors alone"),
        ([1, 2], "it holds a list"),
        ({"features.0.weight": torch.zeros(64, 3, 5, 5)}, r"0\.weight: expected .*, found \[64, 3"),
        ({"conv1_1": torch.zeros(1)}, r"missing: features\.0\.weight"),
    ],
)
def test_other_files_are_refused_in_words(content, words, tmp_path, capsys):
    path = tmp_path / "weights.pth"
    if isinstance(content, bytes):
        path.write_bytes(content)
    elif content is not None:
        torch.save(content, path)
    with pytest.raises(UserError, match=f"(?s){words}") as error:
        checked(path)
    assert str(path) in str(error.value)
    assert capsys.readouterr().out == ""
