"""The base of every block of params.yaml."""

from pydantic import BaseModel, ConfigDict


class Block(BaseModel):
    """A block of parameters: frozen, with no key beyond its fields.

    Field names, defaults and bounds are the documentation of params.yaml; a misspelt key or an
    impossible value is refused by ``pipeline.params.load`` before anything starts.
    """

    model_config = ConfigDict(
        frozen=True, extra="forbid", validate_default=True, allow_inf_nan=False
    )
