"""DCGAN's pair: how often it halves, and its published sizes."""

import pytest
import torch

from pipeline.backbones.convolutional import ConvDecoderParams, ConvEncoderParams, halvings
from pipeline.samples import Spec


def spec(height: int, width: int) -> Spec:
    return Spec(channels=3, height=height, width=width, bounded=True)


@pytest.mark.parametrize(
    ("size", "levels", "smallest"),
    [
        ((8, 8), 1, (4, 4)),
        ((64, 64), 4, (4, 4)),
        ((80, 64), 4, (5, 4)),
        ((28, 28), 2, (7, 7)),
        ((48, 48), 3, (6, 6)),
        ((16, 48), 2, (4, 12)),
    ],
)
def test_samples_halve_until_the_lesser_side_is_below_8(size, levels, smallest):
    assert halvings(spec(*size)) == (levels, smallest)


def test_the_published_widths():
    with torch.device("meta"):
        decoder = ConvDecoderParams(width=128).build(100, spec(64, 64))
        encoder = ConvEncoderParams(width=128).build(spec(64, 64), 1)
    # Radford et al. 2016, figure 1: 4x4x1024, then 512, 256, 128 and 3 channels.
    assert decoder.stem[0].out_features == 1024 * 4 * 4
    widths = [layer.weight.shape[:2] for layer in decoder.body if hasattr(layer, "kernel_size")]
    assert widths == [(1024, 512), (512, 256), (256, 128), (128, 3)]
    widths = [layer.weight.shape[:2] for layer in encoder.body if hasattr(layer, "kernel_size")]
    assert widths == [(128, 3), (256, 128), (512, 256), (1024, 512)]
