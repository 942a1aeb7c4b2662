"""Fully connected networks: layers, widths and points in the plane."""

import torch
from torch import nn

from pipeline.backbones.mlp import MLPDecoderParams, MLPEncoderParams
from pipeline.samples import Spec

POINTS = Spec(channels=2, height=1, width=1, bounded=False)


def linear(network: nn.Module) -> list[tuple[int, int]]:
    return [(m.in_features, m.out_features) for m in network.modules() if isinstance(m, nn.Linear)]


def test_hidden_layers_have_one_width():
    made = Spec(channels=3, height=4, width=5, bounded=True)
    encoder = MLPEncoderParams(kind="mlp", width=7, layers=3).build(made, 2)
    assert linear(encoder) == [(60, 7), (7, 7), (7, 7), (7, 2)]
    decoder = MLPDecoderParams(kind="mlp", width=7, layers=1).build(6, made)
    assert linear(decoder) == [(6, 7), (7, 60)]
    assert [type(m) for m in encoder.layers] == [nn.Linear, nn.LeakyReLU] * 3 + [nn.Linear]
    assert [type(m) for m in decoder.layers[:3]] == [nn.Linear, nn.ReLU, nn.Linear]


def test_points_are_samples_of_one_pixel():
    decoder = MLPDecoderParams(kind="mlp", width=8).build(2, POINTS)
    points = decoder(torch.randn(5, 2))
    assert points.shape == (5, 2, 1, 1)
    assert MLPEncoderParams(kind="mlp", width=8).build(POINTS, 1)(points).shape == (5, 1)
