"""Samples, and batches of them.

A sample is a tensor [C, H, W]: a picture [3, H, W] in [-1, 1], a mel spectrogram [1, M, T],
standardised, whose width is time, or a point of D coordinates, [D, 1, 1]. Networks are built from
a `Spec` and see nothing else of the domain they work in.
"""

from typing import NamedTuple

from torch import Tensor

from pipeline.block import Block, Side, Width


class Spec(Block):
    """The shape and range of the samples of one domain."""

    channels: Width
    height: Side
    width: Side | None
    """Values a row, or None where the width is time and any number of frames may come."""
    bounded: bool
    """True: values lie in [-1, 1], so a generator ends in tanh. False: they are standardised, or
    coordinates."""

    def same_kind(self, other: "Spec") -> bool:
        """Tell whether samples differ in height and width at most."""
        return (self.channels, self.bounded) == (other.channels, other.bounded)


class DatasetSpec(Block):
    """The domains that a run reads and the classes in them: networks are built from it."""

    specs: dict[str, Spec]
    """By domain, in the order in which the run names them."""
    classes: tuple[str, ...] = ()
    """Names of the classes of labels; with several domains of labelled samples, the domains."""

    def spec(self, domains: tuple[str, ...]) -> Spec:
        """Return the one spec of several domains; raise ValueError where theirs differ."""
        first = self.specs[domains[0]]
        for name in domains[1:]:
            if self.specs[name] != first:
                raise ValueError(f"{domains[0]} has {first}, but {name} has {self.specs[name]}")
        return first


class Paired(NamedTuple):
    """Aligned samples of two domains: ``a[i]`` and ``b[i]`` show the same."""

    a: Tensor  # [N, Ca, H, W]
    b: Tensor  # [N, Cb, H, W]


class Unpaired(NamedTuple):
    """Samples of two domains, drawn independently."""

    a: Tensor  # [N, Ca, H, W]
    b: Tensor  # [N, Cb, H, W]


UNKNOWN = -1
"""The class of a sample whose label a run does not read."""


class Labelled(NamedTuple):
    """Samples with their classes."""

    x: Tensor  # [N, C, H, W]
    y: Tensor  # [N] int64; zeros where there are no classes, `UNKNOWN` where one is not read
    factors: Tensor | None = None  # [N, F] of the factors that the run asks for, None where of none


class Vocoded(NamedTuple):
    """Chunks of clips: log-mel frames, not standardised, and the sound they were taken from."""

    frames: Tensor  # [N, M, T]
    wave: Tensor  # [N, T * hop] in [-1, 1]


Batch = Paired | Unpaired | Labelled | Vocoded
