"""Samples of either kind as figures draw them."""

from torch import Tensor

from pipeline.codecs import Codec, MelCodec

SHOWN = 8  # samples in a row of a figure
LOUDEST = 3.0  # standard deviations of a mel bin that are drawn white


def drawable(x: Tensor, codec: Codec) -> Tensor:
    """Bring samples [N, C, H, W] to what a grid draws: [-1, 1], low frequencies at the bottom."""
    return x.flip(-2) / LOUDEST if isinstance(codec, MelCodec) else x
