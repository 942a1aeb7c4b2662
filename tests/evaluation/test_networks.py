"""Pretrained networks: loaded from verified files alone, equal to their packages' own.

No published weights are at hand here. Files with random ones are written, and what is expected of
the published file is replaced by their checksum, so that the check itself takes place.
"""

import hashlib
from dataclasses import replace
from pathlib import Path
from types import ModuleType

import numpy as np
import pytest
import torch
from PIL import Image
from torch import nn

from pipeline.errors import UserError
from pipeline.evaluation import weights
from pipeline.evaluation.networks import (
    LogitsNetwork,
    clip,
    inception,
    load_clip,
    load_inception,
    load_lpips,
    lpips,
)
from pipeline.evaluation.networks.resizing import resize


def pictures(count: int, height: int, width: int, channels: int = 3) -> torch.Tensor:
    """Random ones in [-1, 1]."""
    generator = torch.Generator().manual_seed(0)
    return torch.rand(count, channels, height, width, generator=generator) * 2 - 1


def to_bytes(x: torch.Tensor) -> torch.Tensor:
    """Convert [-1, 1] to the bytes of a picture file."""
    return ((x + 1) * 127.5).round().to(torch.uint8)


def expect(monkeypatch: pytest.MonkeyPatch, network: ModuleType, path: Path) -> str:
    """Take a file for the published one; return its checksum."""
    sha256 = hashlib.sha256(path.read_bytes()).hexdigest()
    monkeypatch.setattr(network, "PUBLISHED", replace(network.PUBLISHED, sha256=sha256))
    return sha256


@pytest.fixture(autouse=True, scope="module")
def unset_layers():
    """Layers that are built without first weights, which take seconds and are overwritten."""
    with pytest.MonkeyPatch.context() as patch:
        for layer in (nn.Conv2d, nn.Linear):
            patch.setattr(layer, "reset_parameters", lambda self: None)
        yield


@pytest.fixture(scope="module")
def inception_file(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Random weights of Inception v3."""
    from torch_fidelity.feature_extractor_inceptionv3 import FeatureExtractorInceptionV3

    path = tmp_path_factory.mktemp("inception") / "weights.pth"
    torch.save({}, path)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(nn.Module, "load_state_dict", lambda self, state: None)
        network = FeatureExtractorInceptionV3("any", ["2048"], str(path))
    for parameter in network.parameters():
        if parameter.ndim > 1:  # the others are batch norm's
            nn.init.normal_(parameter, std=(2 / parameter[0].numel()) ** 0.5)
    torch.save(network.state_dict(), path)
    return path


def test_inception_is_torch_fidelitys(inception_file, monkeypatch):
    from torch_fidelity.feature_extractor_inceptionv3 import FeatureExtractorInceptionV3

    sha256 = expect(monkeypatch, inception, inception_file)
    network = load_inception(inception_file)
    assert isinstance(network, LogitsNetwork)
    assert (network.name, network.checksum) == ("inception-v3", sha256)
    assert network.package == "torch-fidelity 0.4.0"
    assert network.resizing == "bilinear to 299 x 299 as in TensorFlow 1, from 8 bits"
    x = pictures(2, 40, 33)
    features = network.features(x)
    logits = network.logits_of(features)
    theirs = FeatureExtractorInceptionV3("any", ["2048", "logits_unbiased"], str(inception_file))
    expected = theirs(to_bytes(x))
    assert features.std() > 0.01
    torch.testing.assert_close(features, expected[0], rtol=0, atol=0)
    torch.testing.assert_close(logits, expected[1], rtol=1e-5, atol=1e-6)
    torch.testing.assert_close(network.logits_of(network.features(x)), logits, rtol=0, atol=0)
    assert not features.requires_grad


def tiny_clip(path: Path) -> None:
    """Write random weights of a small encoder as the published files are: TorchScript."""
    from torch_fidelity.feature_extractor_clip import CLIPVisual

    torch.manual_seed(0)
    model = CLIPVisual(8, 32, 1, 64, 16)
    for parameter in model.parameters():
        nn.init.normal_(parameter, std=0.1)
    model.text_projection = nn.Parameter(torch.zeros(4, 8))

    class Whole(nn.Module):
        def __init__(self):
            super().__init__()
            self.visual = model.visual
            self.text_projection = model.text_projection

        def forward(self, x):
            return x * self.text_projection.sum()

    torch.jit.save(torch.jit.trace(Whole(), torch.zeros(1)), str(path))


@pytest.mark.filterwarnings("ignore::DeprecationWarning")  # of torch.jit, which wrote such files
def test_clip_is_torch_fidelitys(tmp_path, monkeypatch):
    from torch_fidelity.feature_extractor_clip import FeatureExtractorCLIP

    path = tmp_path / "clip.pt"
    tiny_clip(path)
    sha256 = expect(monkeypatch, clip, path)
    network = load_clip(path, resizing="legacy")
    assert not isinstance(network, LogitsNetwork)
    assert network.checksum == sha256
    assert network.resizing == "bilinear to 32 x 32 as in TensorFlow 1, from 8 bits"
    x = pictures(3, 50, 40)
    theirs = FeatureExtractorCLIP("clip-vit-l-14-336px", ["clip"], str(path))
    (expected,) = theirs(to_bytes(x))
    found = network.features(x)
    assert found.shape == (3, 8)
    torch.testing.assert_close(found, expected, rtol=1e-4, atol=1e-5)
    clean = load_clip(path)
    assert clean.resizing.startswith("bicubic to 32 x 32, antialiased")
    assert not torch.allclose(clean.features(x), found, rtol=1e-3)
    # At the network's own size there is nothing to resize by either convention.
    x = pictures(2, 32, 32)
    torch.testing.assert_close(clean.features(x), network.features(x))


def alexnet(path: Path) -> None:
    """Write random weights of AlexNet's convolutions as torchvision's file names them."""
    shapes = {0: (64, 3, 11, 11), 3: (192, 64, 5, 5), 6: (384, 192, 3, 3)}
    shapes |= {8: (256, 384, 3, 3), 10: (256, 256, 3, 3)}
    torch.manual_seed(0)
    state = {"classifier.6.weight": torch.zeros(2, 2)}  # what the trunk does not have
    for number, shape in shapes.items():
        state[f"features.{number}.weight"] = 0.05 * torch.randn(shape)
        state[f"features.{number}.bias"] = 0.1 * torch.randn(shape[0])
    torch.save(state, path)


@pytest.mark.filterwarnings("ignore::UserWarning")  # of torchvision, at the package's arguments
def test_lpips_is_its_packages(tmp_path, monkeypatch):
    import lpips as package
    import torchvision

    path = tmp_path / "alexnet.pth"
    alexnet(path)
    sha256 = expect(monkeypatch, lpips, path)
    network = load_lpips(path)
    assert (network.checksum, network.package) == (sha256, "lpips 0.1.4")
    trunk = torchvision.models.alexnet()
    state = {k: v for k, v in torch.load(path).items() if k.startswith("features")}
    trunk.load_state_dict(state, strict=False)
    monkeypatch.setattr(torchvision.models, "alexnet", lambda pretrained: trunk)
    theirs = package.LPIPS(net="alex", verbose=False)
    x, reference = pictures(2, 40, 50), pictures(4, 40, 50)[2:]
    with torch.no_grad():
        expected = theirs(x, reference).flatten()
    assert expected.min() > 0.01
    torch.testing.assert_close(network.each(x, reference), expected, rtol=1e-6, atol=1e-7)
    assert network.each(x, x).tolist() == [0, 0]
    assert network.each(x[:, :1], reference[:, :1]).shape == (2,)
    with pytest.raises(ValueError, match="needs 31 pixels a side"):
        network.each(x[..., :30], x[..., :30])
    with pytest.raises(ValueError, match="of one shape"):
        network.each(x, x[:1])


def test_a_trunk_of_other_shapes_is_refused(tmp_path, monkeypatch):
    path = tmp_path / "alexnet.pth"
    torch.save({"features.0.weight": torch.zeros(2, 3)}, path)
    expect(monkeypatch, lpips, path)
    with pytest.raises(UserError, match=r"expected \[64, 3, 11, 11\], found \[2, 3\]"):
        load_lpips(path)


@pytest.mark.parametrize("size", [(20, 31), (64, 48), (100, 32)])
def test_clean_resizing_is_pils(size):
    x = pictures(1, *size)
    found = resize(x, 37, "clean")
    assert found.shape == (1, 3, 37, 37)
    for channel, plane in zip(found[0], to_bytes(x)[0], strict=True):
        image = Image.fromarray(plane.numpy().astype(np.float32))
        expected = np.asarray(image.resize((37, 37), Image.Resampling.BICUBIC)).clip(0, 255)
        np.testing.assert_allclose(channel, expected, atol=0.01)


def test_legacy_resizing_takes_the_nearest_places_without_a_filter():
    # To half the size TensorFlow 1 took every second pixel.
    x = pictures(1, 8, 8)
    expected = to_bytes(x)[..., ::2, ::2].float()
    torch.testing.assert_close(resize(x, 4, "legacy"), expected, rtol=0, atol=0)


def test_grey_pictures_become_three_equal_channels():
    found = resize(pictures(2, 8, 8, channels=1), 8, "clean")
    assert found.shape == (2, 3, 8, 8)
    torch.testing.assert_close(found[:, 0], found[:, 2], rtol=0, atol=0)
    with pytest.raises(ValueError, match=r"found \[2, 2, 8, 8\]"):
        resize(pictures(2, 8, 8, channels=2), 8, "clean")


def test_what_is_expected_are_the_packages_files():
    import torchvision.models as models
    from torch_fidelity.feature_extractor_clip import MODEL_METADATA, MODEL_URLS
    from torch_fidelity.feature_extractor_inceptionv3 import URL_INCEPTION_V3

    assert inception.PUBLISHED.url == URL_INCEPTION_V3
    assert clip.PUBLISHED.url == MODEL_URLS[clip.NAME]
    assert clip.PUBLISHED.sha256 == MODEL_METADATA[clip.NAME]["hash"]
    assert lpips.PUBLISHED.url == models.AlexNet_Weights.IMAGENET1K_V1.url
    for file in (inception.PUBLISHED, lpips.PUBLISHED):  # their names begin their checksums
        assert f"-{file.sha256[:8]}.pth" in file.name


def test_a_file_of_another_checksum_is_refused_before_it_is_read(tmp_path):
    path = tmp_path / "weights.pth"
    path.write_bytes(b"cos\nsystem\n(S'exit 1'\ntR.")  # a pickle that would run a command
    for load in (load_inception, load_clip):
        with pytest.raises(UserError, match=r"expected the published .* of SHA-256"):
            load(path)
    with pytest.raises(UserError, match="it is damaged, or another file"):
        load_lpips(path)


def test_a_missing_file_is_never_fetched(tmp_path, monkeypatch):
    def refuse(*_: object, **__: object) -> None:
        raise AssertionError("fetched")

    monkeypatch.setattr("urllib.request.urlopen", refuse)
    monkeypatch.setattr(torch.hub, "load_state_dict_from_url", refuse)
    monkeypatch.setattr(torch.hub, "get_dir", lambda: str(tmp_path))
    for load in (load_inception, load_clip):
        with pytest.raises(UserError, match="Weights are never fetched: download https"):
            load()
    with pytest.raises(UserError, match=r"alexnet-owt-7be5be79.pth can't be read"):
        load_lpips()
    with pytest.raises(UserError, match=r"other.pth can't be read"):
        load_inception(tmp_path / "other.pth")


def test_a_file_that_torch_hub_keeps_is_found(tmp_path, monkeypatch):
    (tmp_path / "checkpoints").mkdir()
    path = tmp_path / "checkpoints/alexnet-owt-7be5be79.pth"
    alexnet(path)
    sha256 = expect(monkeypatch, lpips, path)
    monkeypatch.setattr(torch.hub, "get_dir", lambda: str(tmp_path))
    assert weights.find_weights(lpips.PUBLISHED, None).sha256 == sha256


def test_a_missing_package_is_named_with_the_extra(inception_file, tmp_path, monkeypatch):
    expect(monkeypatch, inception, inception_file)
    path = tmp_path / "alexnet.pth"
    alexnet(path)
    expect(monkeypatch, lpips, path)
    monkeypatch.setattr(weights, "find_spec", lambda name: None)
    with pytest.raises(UserError, match=r"torch-fidelity is not installed.*'\.\[features\]'"):
        load_inception(inception_file)
    with pytest.raises(UserError, match="package lpips is not installed"):
        load_lpips(path)
