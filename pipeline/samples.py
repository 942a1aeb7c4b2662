"""What a sample is and what a batch is made of.

A sample is a tensor [C, H, W]: a picture [3, H, W] in [-1, 1], or a mel spectrogram [1, M, T],
standardised, whose width is time. Networks are built from a `Spec` and see nothing else of the
domain they work in.
"""

from typing import NamedTuple

from torch import Tensor

from pipeline.block import Block


class Spec(Block):
    """The shape and range of the samples of one domain."""

    channels: int
    height: int
    width: int | None
    """Samples a row, or None where the width is time and therefore free."""
    bounded: bool
    """True: values lie in [-1, 1], so a generator ends in tanh. False: standardised values."""


class Pair(NamedTuple):
    """Samples of two domains: aligned (``a[i]`` belongs to ``b[i]``) or drawn independently."""

    a: Tensor  # [N, Ca, H, W]
    b: Tensor  # [N, Cb, H, W]


class Labelled(NamedTuple):
    """Samples of one domain with their classes."""

    x: Tensor  # [N, C, H, W]
    y: Tensor  # [N] int64; zeros where the domain has no classes


class Vocoded(NamedTuple):
    """Windows of clips: log-mel frames, not standardised, and the sound they were taken from."""

    frames: Tensor  # [N, M, T]
    wave: Tensor  # [N, T * hop] in [-1, 1]


Batch = Pair | Labelled | Vocoded
