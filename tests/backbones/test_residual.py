"""The pair of WGAN-GP: widths, how blocks halve and double, and what stands beside them."""

import pytest
import torch
from torch import nn
from torch.nn.functional import avg_pool2d, interpolate

from pipeline.backbones.residual import (
    ResidualBlock,
    ResidualDecoderParams,
    ResidualEncoderParams,
    widths_of,
)
from pipeline.samples import Spec

SPEC = Spec(channels=3, height=64, width=64, bounded=True)


def test_widths_double_up_to_eight_times():
    assert widths_of(64, 6) == [64, 128, 256, 512, 512, 512]
    with torch.device("meta"):
        encoder = ResidualEncoderParams(kind="resnet", width=64).build(SPEC, 1)
        decoder = ResidualDecoderParams(kind="resnet", width=64).build(128, SPEC)
    assert [(b.conv_1.in_channels, b.conv_2.out_channels) for b in encoder.blocks] == [
        (3, 64),
        (64, 128),
        (128, 256),
        (256, 512),
    ]
    assert decoder.stem[0].out_features == 512 * 4 * 4
    assert [(b.conv_1.in_channels, b.conv_2.out_channels) for b in decoder.blocks] == [
        (512, 512),
        (512, 256),
        (256, 128),
        (128, 64),
    ]


@pytest.mark.parametrize("resample", ["up", "down"])
def test_beside_silent_convolutions_the_shortcut_is_left(resample):
    block, x = ResidualBlock(3, 5, "none", resample=resample), torch.randn(2, 3, 8, 8)
    for parameter in block.conv_2.parameters():
        nn.init.zeros_(parameter)
    resized = avg_pool2d(x, 2) if resample == "down" else interpolate(x, scale_factor=2.0)
    torch.testing.assert_close(block(x), block.shortcut(resized))


def test_the_block_that_sees_samples_activates_none_of_them():
    block = ResidualBlock(1, 4, "none", resample="down", first=True)
    nn.init.zeros_(block.shortcut.weight)
    dark, darker = (torch.full((1, 1, 8, 8), tone) for tone in (-0.5, -1.0))
    assert not torch.equal(block(dark), block(darker))  # a ReLU would make both 0
    block.first = False
    assert torch.equal(block(dark), block(darker))


def test_a_sample_is_seen_alone():
    network = ResidualEncoderParams(kind="resnet", width=4).build(SPEC, 1)
    x = torch.randn(3, 3, 64, 64)
    alone = torch.cat([network(sample) for sample in x.split(1)])
    torch.testing.assert_close(network(x), alone, rtol=1e-4, atol=1e-5)
