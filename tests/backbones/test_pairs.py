"""Encoders and decoders of every kind keep one contract: samples to vectors, and back."""

from typing import Any

import pytest
import torch
from pydantic import TypeAdapter, ValidationError
from torch import nn

from pipeline.backbones import DecoderParams, EncoderParams
from pipeline.nn.convolution import SpectralNorm
from pipeline.nn.shapes import check_size
from pipeline.samples import Spec

KINDS = ("dcgan", "mlp", "resnet")
SIZES = [(8, 8), (16, 16), (64, 64), (80, 64), (16, 48)]


def encoder(**block: Any) -> EncoderParams:
    return TypeAdapter(EncoderParams).validate_python({"width": 2, **block})


def decoder(**block: Any) -> DecoderParams:
    return TypeAdapter(DecoderParams).validate_python({"width": 2, **block})


def spec(height: int, width: int | None, channels: int = 3, bounded: bool = True) -> Spec:
    return Spec(channels=channels, height=height, width=width, bounded=bounded)


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize(("height", "width"), SIZES)
@pytest.mark.parametrize("channels", [1, 3])
def test_a_pair_has_each_others_shapes(kind, height, width, channels):
    made = spec(height, width, channels)
    network = encoder(kind=kind).build(made, 5)
    x = torch.rand(2, channels, height, width)
    codes = network(x)
    assert codes.shape == (2, 5)
    y = decoder(kind=kind).build(5, made)(100 * codes)
    assert y.shape == x.shape
    assert y.abs().max() <= 1
    check_size(network, height, width)
    with pytest.raises(ValueError, match=f"takes {height}x{width}, but samples are 24x24"):
        check_size(network, 24, 24)


@pytest.mark.parametrize("kind", KINDS)
def test_samples_end_in_tanh_where_they_are_bounded(kind):
    for bounded in (True, False):
        network = decoder(kind=kind).build(3, spec(16, 16, bounded=bounded))
        assert any(isinstance(m, nn.Tanh) for m in network.modules()) == bounded
        with torch.no_grad():
            for parameter in network.parameters():
                parameter.mul_(100)
        assert (network(torch.randn(4, 3)).abs().max() > 1) == (not bounded)


@pytest.mark.parametrize("kind", KINDS)
def test_every_input_counts(kind):
    x = torch.randn(4, 3, 16, 16, requires_grad=True)
    encoder(kind=kind, width=16).build(spec(16, 16), 1)(x).sum().backward()
    assert (x.grad.abs().amax(dim=(0, 1)) > 0).all()
    z = torch.randn(4, 5, requires_grad=True)
    y = decoder(kind=kind, width=16).build(5, spec(16, 16))(z)
    (y * torch.randn_like(y)).sum().backward()
    assert (z.grad.abs().amax(dim=0) > 0).all()


@pytest.mark.parametrize("kind", ["dcgan", "resnet"])
@pytest.mark.parametrize(("height", "width"), [(4, 4), (18, 18), (17, 16), (16, 30), (1, 1)])
def test_sizes_that_do_not_halve_evenly_are_refused(kind, height, width):
    words = f"halve evenly until the lesser is below 8: found {height}x{width}"
    with pytest.raises(ValueError, match=words):
        encoder(kind=kind).build(spec(height, width), 1)
    with pytest.raises(ValueError, match=words):
        decoder(kind=kind).build(1, spec(height, width))


@pytest.mark.parametrize("kind", KINDS)
def test_a_free_width_is_refused(kind):
    with pytest.raises(ValueError, match="theirs is time: set crop"):
        encoder(kind=kind).build(spec(16, None), 1)
    with pytest.raises(ValueError, match="theirs is time: set crop"):
        decoder(kind=kind).build(1, spec(16, None))


def test_a_block_without_a_kind_is_dcgans():
    for block in (encoder(), decoder()):
        assert (block.kind, block.width) == ("dcgan", 2)


@pytest.mark.parametrize("block", [encoder, decoder])
def test_another_kind_is_refused_in_words(block):
    with pytest.raises(ValidationError, match=r"'vit'.*does not match any of the expected tags"):
        block(kind="vit")
    with pytest.raises(ValidationError, match="layers"):
        block(kind="dcgan", layers=3)  # an mlp's


@pytest.mark.parametrize("kind", KINDS)
def test_spectral_norm_is_on_every_layer_of_an_encoder(kind):
    block = {"kind": kind, "spectral": True}
    network = encoder(**block).build(spec(16, 16), 1)
    layers = [m for m in network.modules() if isinstance(m, nn.Conv2d | nn.Linear)]
    assert layers
    for layer in layers:
        assert isinstance(layer.parametrizations.weight[0], SpectralNorm)
        for _ in range(60):  # a power iteration each
            weight = layer.weight
        assert float(torch.linalg.matrix_norm(weight.detach().flatten(1), 2)) == pytest.approx(
            1, abs=0.02
        )
    plain = encoder(kind=kind).build(spec(16, 16), 1)
    assert not any(isinstance(m, SpectralNorm) for m in plain.modules())


@pytest.mark.parametrize("norm", ["batch", "instance", "none"])
@pytest.mark.parametrize("kind", ["dcgan", "resnet"])
def test_norms_are_where_they_are_told_to_be(kind, norm):
    networks = [
        encoder(kind=kind, norm=norm).build(spec(16, 16), 1),
        decoder(kind=kind, norm=norm).build(5, spec(16, 16)),
    ]
    for network in networks:
        batch = any(isinstance(m, nn.BatchNorm2d) for m in network.modules())
        instance = any(type(m).__name__ == "InstanceNorm" for m in network.modules())
        assert (batch, instance) == (norm == "batch", norm == "instance")
    seen = [m for m in networks[0].modules() if isinstance(m, nn.BatchNorm2d)]
    assert all(m.num_features > 3 or m.num_features == 2 for m in seen)  # not of the samples
