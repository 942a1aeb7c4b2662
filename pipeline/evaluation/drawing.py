"""Samples of either kind as figures draw them."""

from torch import Tensor

from pipeline.codecs import Codec, SoundCodec
from pipeline.figures import drawable_mels

SHOWN = 8  # samples in a row of a figure


def drawable(x: Tensor, codec: Codec) -> Tensor:
    """Bring samples [N, C, H, W] to what a grid draws: [-1, 1], low frequencies at the bottom."""
    return drawable_mels(codec.spectra(x)) if isinstance(codec, SoundCodec) else x
