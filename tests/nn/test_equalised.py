"""Layers of the equalised learning rate."""

import math

import pytest
import torch
from torch import nn

from pipeline.nn.equalised import EqualisedConv2d, EqualisedLinear, PixelNorm


@pytest.mark.parametrize("lr_multiplier", [1.0, 0.01])
def test_linear_begins_with_the_variance_of_its_input(lr_multiplier):
    torch.manual_seed(0)
    layer = EqualisedLinear(256, 512, lr_multiplier=lr_multiplier, bias=0.0)
    assert layer(torch.randn(64, 256)).std().item() == pytest.approx(1, rel=0.02)
    assert layer.weight.std().item() == pytest.approx(1 / lr_multiplier, rel=0.02)


def test_bias_begins_where_it_is_told_to():
    layer = EqualisedLinear(4, 3, bias=1.0, lr_multiplier=0.01)
    assert torch.allclose(layer(torch.zeros(2, 4)), torch.ones(2, 3))
    assert EqualisedLinear(4, 3, bias=None).bias is None


def test_an_adam_step_moves_outputs_by_the_multiplier():
    moved = []
    for lr_multiplier in (1.0, 0.01):
        torch.manual_seed(0)
        layer, x = EqualisedLinear(64, 8, lr_multiplier=lr_multiplier, bias=None), torch.ones(1, 64)
        before = layer(x).detach()
        optimizer = torch.optim.Adam(layer.parameters(), lr=1e-3)
        layer(x).sum().backward()
        optimizer.step()
        moved.append((layer(x) - before).abs().mean().item())
    assert moved[1] / moved[0] == pytest.approx(0.01, rel=1e-3)


def test_convolution_is_torchs_with_scaled_weights():
    torch.manual_seed(0)
    layer, x = EqualisedConv2d(3, 5, 3, gain=math.sqrt(2)), torch.randn(2, 3, 6, 7)
    plain = nn.Conv2d(3, 5, 3, padding=1)
    plain.load_state_dict(
        {"weight": layer.weight.detach() * math.sqrt(2 / 27), "bias": torch.zeros(5)}
    )
    assert torch.allclose(layer(x), plain(x), atol=1e-6)


def test_pixel_norm_leaves_a_mean_square_of_one():
    x = torch.randn(2, 8, 3, 3) * 7
    assert torch.allclose(PixelNorm()(x).square().mean(dim=1), torch.ones(2, 3, 3), atol=1e-5)
