"""Mistakes in parameters, in words: the key's path, what was found and what is allowed."""

from difflib import get_close_matches
from types import UnionType
from typing import Annotated, Any, Literal, Union, get_args, get_origin

from pydantic import BaseModel

TAGS = ("method", "kind")  # the literal fields that tell the members of a union apart


def describe(mistake: dict[str, Any], model: type[BaseModel], raw: object) -> str:
    """One of pydantic's errors about ``raw``, which should have been a ``model``."""
    location = tuple(mistake["loc"])
    path = key_path(location, model)
    context = mistake.get("ctx", {})
    match mistake["type"]:
        case "extra_forbidden":
            allowed = keys_at(location[:-1], model)
            close = get_close_matches(str(location[-1]), allowed, n=1)
            hint = f" (did you mean '{close[0]}'?)" if close else ""
            return f"{path}: no such parameter{hint}; allowed: {', '.join(allowed)}"
        case "missing":
            return f"{path}: missing"
        case "union_tag_not_found":
            return f"{path}: missing the key {context['discriminator']}"
        case "union_tag_invalid":
            key = context["discriminator"].strip("'")
            return f"{path}.{key}: found '{context['tag']}', allowed: {context['expected_tags']}"
        case "literal_error":
            return f"{path}: found {mistake['input']!r}, allowed: {context['expected']}"
        case "value_error":  # a validator of ours, whose words say what was found
            return f"{path}: {context['error']}"
        case _:
            reason = mistake["msg"][:1].lower() + mistake["msg"][1:]
            return f"{path}: found {mistake['input']!r}, but {reason}"


def key_path(location: tuple[str | int, ...], model: type[BaseModel]) -> str:
    """The path of a key in the file: pydantic's location less the tags of chosen unions."""
    parts: list[str] = []
    kind: Any = model
    for part in location:
        kind = _bare(kind)
        if not _tagged(kind, part):
            parts.append(str(part))
        kind = _step(kind, part)
    return ".".join(parts) or "(the whole file)"


def keys_at(location: tuple[str | int, ...], model: type[BaseModel]) -> list[str]:
    """The keys that are allowed at one of pydantic's locations."""
    kind: Any = model
    for part in location:
        kind = _step(_bare(kind), part)
    kind = _bare(kind)
    return list(kind.model_fields) if _is_block(kind) else []


def _step(kind: Any, part: str | int) -> Any:
    """The type that ``part`` of pydantic's location leads to."""
    if _is_block(kind):
        return kind.model_fields[part].annotation if part in kind.model_fields else None
    arguments = [argument for argument in get_args(kind) if argument is not type(None)]
    if get_origin(kind) in (Union, UnionType):
        tagged = _tagged(kind, part)
        return tagged[0] if tagged else _step(_bare(arguments[0]), part)
    return arguments[-1] if arguments else None  # dict[str, V] leads to V, tuple[V, ...] too


def _tagged(kind: Any, tag: str | int) -> list[Any]:
    """The members of a union that a tag chooses: one, or none where it is a key."""
    if get_origin(kind) not in (Union, UnionType):
        return []
    return [member for member in map(_bare, get_args(kind)) if _has_tag(member, tag)]


def _bare(kind: Any) -> Any:
    return get_args(kind)[0] if get_origin(kind) is Annotated else kind


def _is_block(kind: Any) -> bool:
    return isinstance(kind, type) and issubclass(kind, BaseModel)


def _has_tag(kind: Any, tag: str | int) -> bool:
    if not _is_block(kind):
        return False
    fields = [kind.model_fields[name] for name in TAGS if name in kind.model_fields]
    return any(
        get_origin(field.annotation) is Literal and tag in get_args(field.annotation)
        for field in fields
    )
