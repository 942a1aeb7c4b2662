"""Shapes in published checkpoints, by which networks are told."""

from pathlib import Path

from pipeline.errors import UserError, some
from pipeline.system.tensor_files import Weights


def shape_of_convolution(
    weights: Weights, key: str, path: Path, expected: str, axes: int = 4
) -> list[int]:
    """Return the shape of a convolution's weights, of so many ``axes``.

    Raises UserError where there are none called ``key`` in ``path``, which was ``expected`` to hold
    something else, or they have other axes.
    """
    if key not in weights:
        raise UserError(f"{path}: {expected}, but {key} is missing; its keys are: {some(weights)}")
    shape = list(weights[key].shape)
    if len(shape) != axes:
        raise UserError(
            f"{path}: {expected}, but {key} is no convolution's of {axes - 2} axes: its shape is "
            f"{shape}"
        )
    return shape


def shape_of(weights: Weights, name: str, dims: int, path: Path, expected: str) -> tuple[int, ...]:
    """Return a tensor's shape.

    Raises UserError where it is missing in ``path``, which was ``expected`` to hold something else,
    is empty, or has not so many sides.
    """
    if name not in weights:
        raise UserError(f"{path}: {expected}, but it has no {name}")
    shape = tuple(weights[name].shape)
    if len(shape) != dims or not all(shape):
        raise UserError(f"{path}: {expected}, but {name} is {list(shape)}")
    return shape
