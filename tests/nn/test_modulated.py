"""Modulated convolution: the scaling form against the paper's weights, written out."""

import pytest
import torch
from torch.nn.functional import conv2d

from pipeline.nn.fir import doubling_conv
from pipeline.nn.modulated import ModulatedConv2d, demodulation


def weights_of(layer: ModulatedConv2d, w: torch.Tensor) -> torch.Tensor:
    """Equations 1 and 3: a convolution's weights for each sample, [N, O, I, k, k]."""
    style = w @ (layer.affine.weight * layer.affine.scale).T + layer.affine.bias
    scaled = layer.weight[None] * (style * layer.scale)[:, None, :, None, None]
    if not layer.demodulate:
        return scaled
    return scaled / (scaled.square().sum((2, 3, 4), keepdim=True) + 1e-8).sqrt()


@pytest.mark.parametrize("demodulate", [True, False])
@pytest.mark.parametrize("double", [True, False])
@pytest.mark.parametrize("layout", [torch.contiguous_format, torch.channels_last])
def test_scaled_maps_are_a_convolution_for_each_sample(demodulate, double, layout):
    torch.manual_seed(0)
    layer = ModulatedConv2d(5, 7, 3, 4, demodulate=demodulate, double=double)
    x, w = torch.randn(3, 5, 6, 4).contiguous(memory_format=layout), torch.randn(3, 4)
    expected = torch.cat(
        [
            doubling_conv(one[None], weight) if double else conv2d(one[None], weight, padding=1)
            for one, weight in zip(x, weights_of(layer, w), strict=True)
        ]
    )
    torch.testing.assert_close(layer(x, w), expected, atol=1e-5, rtol=1e-4)


def test_demodulated_weights_have_a_sum_of_squares_of_one():
    torch.manual_seed(0)
    layer, w = ModulatedConv2d(16, 8, 3, 4), 3 * torch.randn(5, 4)
    assert torch.allclose(weights_of(layer, w).square().sum((2, 3, 4)), torch.ones(5, 8))
    style = torch.rand(5, 16) + 0.5
    made = layer.weight * style[:, None, :, None, None]
    made = made * demodulation(layer.weight, style)[:, :, None, None, None]
    assert torch.allclose(made.square().sum((2, 3, 4)), torch.ones(5, 8))


def test_a_styles_size_is_undone_by_demodulation_alone():
    torch.manual_seed(0)
    x, w = torch.randn(2, 4, 5, 5), torch.randn(2, 3)
    for demodulate in (True, False):
        layer = ModulatedConv2d(4, 6, 3, 3, demodulate=demodulate)
        before = layer(x, w)
        with torch.no_grad():
            layer.affine.weight *= 2
            layer.affine.bias *= 2
        torch.testing.assert_close(layer(x, w), before * (1 if demodulate else 2))


def test_styles_begin_at_one():
    layer, w = ModulatedConv2d(4, 6, 1, 3, demodulate=False), torch.zeros(1, 3)
    x = torch.randn(1, 4, 5, 5)
    torch.testing.assert_close(layer(x, w), conv2d(x, layer.weight) / 2)


def test_bf16_demodulates_in_fp32():
    torch.manual_seed(0)
    layer, x, w = ModulatedConv2d(32, 8, 3, 4), torch.randn(2, 32, 8, 8), torch.randn(2, 4)
    with torch.autocast("cpu", dtype=torch.bfloat16):
        low = layer(x, w)
    torch.testing.assert_close(low.float(), layer(x, w), atol=0.05, rtol=0.05)
