"""Factors of variation: what is known of an item beside its picture or sound.

A data set declares its factors by name, each with a type, and every item has a value of each. The
store keeps the values as numbers: a category's value is the index of its name.
"""

import math
from collections.abc import Mapping
from functools import cached_property
from typing import Annotated, Generic, Literal, Self, TypeVar

from pydantic import Field, StringConstraints, model_validator

from pipeline.block import Block
from pipeline.errors import UserError

Value = float | str
"""Of one factor of one item: a number, or the name of a category's value."""

FactorName = Annotated[str, StringConstraints(pattern=r"^[a-z][a-z0-9_]*$")]


class Number(Block):
    """A factor on a scale: a length, an angle, a count."""

    kind: Literal["number"] = "number"
    low: float | None = None
    """The least value that it can have; null where that is not known."""
    high: float | None = None
    """The greatest value that it can have; null where that is not known."""
    whole: bool = False
    """True: every value is an integer."""
    shared: bool = True
    """True: aligned domains agree on it, item by item. Not shared is what tells domains apart:
    the speaker of a sentence, the kind of animal in a scene."""

    @model_validator(mode="after")
    def _has_a_range(self) -> Self:
        if self.low is not None and self.high is not None and self.low > self.high:
            raise ValueError(f"the range from {self.low} to {self.high} is empty")
        return self

    @property
    def dtype(self) -> str:
        """Of the stored values, as numpy writes it."""
        return "<f8"

    def encode(self, value: Value) -> float:
        """Check a value; what is stored of it is the value itself.

        Raises ValueError where it is no finite number, out of range, or not whole where all are.
        """
        if isinstance(value, str) or not math.isfinite(value):
            raise ValueError(f"{value!r} is no finite number")
        low, high = self.low, self.high
        if (low is not None and value < low) or (high is not None and value > high):
            raise ValueError(f"{value} is not within {low} to {high}")
        if self.whole and value != int(value):
            raise ValueError(f"{value} is not whole")
        return float(value)

    def decode(self, stored: float) -> Value:
        """Return the value that `encode` was given, an int where all are whole."""
        return int(stored) if self.whole else float(stored)


class Category(Block):
    """A factor with values that have names: a colour, a speaker, a sentence."""

    kind: Literal["category"] = "category"
    names: Annotated[tuple[str, ...], Field(min_length=1)]
    """Of its values; the store keeps indices into them."""
    shared: bool = True
    """As `Number.shared`."""

    @model_validator(mode="after")
    def _tells_its_names_apart(self) -> Self:
        if len(set(self.names)) < len(self.names):
            raise ValueError("two values have one name")
        return self

    @property
    def dtype(self) -> str:
        """Of the stored values, as numpy writes it."""
        return "<i8"

    def encode(self, value: Value) -> int:
        """Return the index of a name; raises ValueError where there is no such name."""
        if value not in self._indices:
            raise ValueError(f"{value!r} is none of its values ({len(self.names)} names)")
        return self._indices[value]

    def decode(self, stored: float) -> Value:
        """Return the name at an index; raises IndexError where there is none."""
        return self.names[int(stored)]

    @cached_property
    def _indices(self) -> dict[Value, int]:
        return {name: index for index, name in enumerate(self.names)}


Factor = Annotated[Number | Category, Field(discriminator="kind")]
"""The type of one factor."""

Entry = TypeVar("Entry")


class ByFactor(dict[str, Entry], Generic[Entry]):
    """Something for each factor; ``[name]`` raises UserError, naming what there is instead."""

    def __init__(self, entries: Mapping[str, Entry], owner: object) -> None:
        """Take ``owner`` as whose factors they are, as an error should call it."""
        super().__init__(entries)
        self.owner = owner

    def __missing__(self, name: str) -> Entry:
        found = f"but {', '.join(self)}" if self else "nor any other"
        raise UserError(f"{self.owner} has no factor '{name}', {found}")


def encoded(factors: Mapping[str, Factor], values: Mapping[str, Value]) -> tuple[float, ...]:
    """Return an item's values as the store keeps them, in the order of ``factors``.

    Raises ValueError where a value is missing, is of no declared factor, or does not fit its type.
    """
    if values.keys() != factors.keys():
        strange = ", ".join(sorted(values.keys() ^ factors.keys()))
        raise ValueError(f"values and declared factors differ in {strange}")
    row = []
    for name, factor in factors.items():
        try:
            row.append(factor.encode(values[name]))
        except ValueError as error:
            raise ValueError(f"factor '{name}': {error}") from error
    return tuple(row)
