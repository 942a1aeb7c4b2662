"""The base of every block of params.yaml."""

from typing import Any

from pydantic import BaseModel, BeforeValidator, ConfigDict


class Block(BaseModel):
    """A block of parameters: frozen, with no key beyond its fields.

    Field names, defaults and bounds are the documentation of params.yaml; a misspelt key or an
    impossible value is refused by ``pipeline.params.load_params`` before anything starts.
    """

    model_config = ConfigDict(
        frozen=True, extra="forbid", validate_default=True, allow_inf_nan=False
    )


def default_kind(kind: str) -> BeforeValidator:
    """Let a union that is told apart by ``kind`` take blocks without one: they are of ``kind``.

    pydantic refuses a block without the tag even where each member has a default for it. Put it
    last in the annotation, so that it runs first:
    ``Annotated[A | B, Field(discriminator="kind"), default_kind("a")]``.
    """

    def fill(raw: Any) -> Any:
        return {"kind": kind, **raw} if isinstance(raw, dict) else raw

    return BeforeValidator(fill)
