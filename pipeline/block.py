"""The base of every block of params.yaml."""

from typing import Annotated, Any, get_args

from pydantic import (
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Field,
    model_validator,
)

# What sizes a network or an array is bounded from above, generously: blocks come from strangers'
# files too, and a few characters must not cost hours or gigabytes.
Width = Annotated[int, Field(ge=1, le=2**14)]
"""Channels of a layer, or numbers of a vector."""
Layers = Annotated[int, Field(ge=1, le=256)]
"""Layers, blocks or networks of one kind, one after the other or side by side."""
Halvings = Annotated[int, Field(ge=1, le=16)]
"""Of height and width: 16 leave one pixel of the largest `Side`."""
Kernel = Annotated[int, Field(ge=1, le=2**12)]
"""Length of a filter, its stride or its dilation."""
Side = Annotated[int, Field(ge=1, le=2**16)]
"""Height or width of samples, pixels or frames."""
Count = Annotated[int, Field(ge=1, le=2**20)]
"""Samples, codes or numbers of a flat list."""
Steps = Annotated[int, Field(ge=1, le=10**9)]
"""Of training."""
Step = Annotated[int, Field(ge=0, le=10**9)]
"""Of training: the number of one, from 0 on."""
Seed = Annotated[int, Field(ge=0, lt=2**63)]
"""Of random numbers, as torch takes it."""


class Block(BaseModel):
    """A block of parameters: frozen, with no key beyond its fields.

    Field names, defaults and bounds are the documentation of params.yaml; a misspelt key or an
    impossible value is refused by ``pipeline.params.load_params`` before anything starts.
    """

    model_config = ConfigDict(
        frozen=True, extra="forbid", validate_default=True, allow_inf_nan=False
    )

    @model_validator(mode="before")
    @classmethod
    def _tells_numbers_from_truth(cls, raw: Any) -> Any:
        """Refuse ``true`` for a number: pydantic would take it for 1."""
        for key, value in raw.items() if isinstance(raw, dict) else ():
            given = value if isinstance(value, list | tuple) else [value]
            truth = next((one for one in given if isinstance(one, bool)), None)
            field = cls.model_fields.get(key) if truth is not None else None
            if field is not None and takes_numbers(field.annotation):
                raise ValueError(f"{key}: found {str(truth).lower()}, allowed: a number")
        return raw


def takes_numbers(kind: Any) -> bool:
    """Tell whether a type is made of numbers, and of no truth value."""
    kinds = {leaf if isinstance(leaf, type) else type(leaf) for leaf in leaves(kind)}
    return bool not in kinds and not kinds.isdisjoint({int, float})


def leaves(kind: Any) -> list[Any]:
    """List the types and literal values that a type is made of."""
    parts = get_args(kind)
    return [leaf for part in parts for leaf in leaves(part)] if parts else [kind]


def default_kind(kind: str) -> BeforeValidator:
    """Let a union that is told apart by ``kind`` take blocks without one: they are of ``kind``.

    pydantic refuses a block without the tag even where each member has a default for it. Put it
    last in the annotation, so that it runs first:
    ``Annotated[A | B, Field(discriminator="kind"), default_kind("a")]``.
    """

    def fill(raw: Any) -> Any:
        return {"kind": kind, **raw} if isinstance(raw, dict) else raw

    return BeforeValidator(fill)
