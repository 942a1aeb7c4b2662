"""Every integer of every block has an upper bound, since blocks come from strangers' files too."""

from collections.abc import Iterator
from types import UnionType
from typing import Annotated, Any, Union, get_args, get_origin

import pytest
from pydantic import BaseModel, TypeAdapter

from pipeline.codecs import Codec
from pipeline.datasets.store import Meta
from pipeline.interop import jik876, taming
from pipeline.methods.registry import FinishedParams
from pipeline.models.card import Card
from pipeline.params import Params

ROOTS = (FinishedParams, Card, Codec, Meta, Params, taming.Model, jik876.Config)


def blocks_of(kind: Any, seen: dict[type[BaseModel], None]) -> None:
    """Collects the blocks that a type leads to."""
    if isinstance(kind, type) and issubclass(kind, BaseModel):
        if kind not in seen:
            seen[kind] = None
            for field in kind.model_fields.values():
                blocks_of(field.annotation, seen)
        return
    for argument in get_args(kind):
        blocks_of(argument, seen)


def unbounded(kind: Any, metadata: tuple[Any, ...] = ()) -> Iterator[str]:
    """List what a type lets through without end: whole numbers, and lists of them."""
    if get_origin(kind) is Annotated:
        inner, *more = get_args(kind)
        yield from unbounded(inner, (*metadata, *more))
    elif kind is int:
        schema = TypeAdapter(Annotated[int, *metadata] if metadata else int).json_schema()
        if not {"maximum", "exclusiveMaximum"} & schema.keys():
            yield "int"
    elif get_origin(kind) in (Union, UnionType):
        for argument in get_args(kind):
            yield from unbounded(argument, metadata)
    elif get_origin(kind) is tuple and get_args(kind)[-1] is Ellipsis:
        yield from unbounded(get_args(kind)[0])
        bounded = any(getattr(part, "max_length", None) is not None for part in flat(metadata))
        if "int" in str(get_args(kind)[0]) and not bounded:
            yield "tuple"
    elif get_origin(kind) is dict:
        for argument in get_args(kind):
            yield from unbounded(argument)


def flat(metadata: tuple[Any, ...]) -> list[Any]:
    """Bounds, those in pydantic's ``Field`` too."""
    return [part for outer in metadata for part in (outer, *getattr(outer, "metadata", ()))]


BLOCKS: dict[type[BaseModel], None] = {}
for _root in ROOTS:
    blocks_of(_root, BLOCKS)


@pytest.mark.parametrize("block", BLOCKS, ids=lambda block: block.__name__)
def test_whole_numbers_have_an_upper_bound(block):
    found = [
        f"{name}: {what}"
        for name, field in block.model_fields.items()
        for what in unbounded(field.annotation, tuple(field.metadata))
    ]
    assert not found


def test_the_walk_reaches_networks_data_and_codecs():
    names = {block.__name__ for block in BLOCKS}
    reached = {"UnetParams", "GPTParams", "QuantiserParams", "MelConvention", "SavannaParams"}
    assert reached | {"Spec", "ImageCodec", "PeriodsParams", "EMAParams", "Network"} <= names
    assert len(names) > 60


def test_the_walk_sees_what_has_no_bound():
    class Loose(BaseModel):
        size: int | None = None
        sides: tuple[int, ...] = ()

    found = [list(unbounded(f.annotation, tuple(f.metadata))) for f in Loose.model_fields.values()]
    assert found == [["int"], ["int", "tuple"]]
