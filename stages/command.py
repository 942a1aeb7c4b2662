"""How stages begin and end: with the name of a block, and well or with one message."""

import sys
from collections.abc import Callable, Mapping
from typing import TypeVar

from pipeline.errors import UserError
from pipeline.errors import plainly as run

__all__ = ["block", "run", "run_named"]

Block = TypeVar("Block")


def run_named(stage: Callable[[str], None]) -> None:
    """Calls a stage for the block that the command line names."""

    def named() -> None:
        if len(sys.argv) != 2:
            raise UserError("expected one argument, the name of a block of params.yaml")
        stage(sys.argv[1])

    run(named)


def block(blocks: Mapping[str, Block], kind: str, name: str) -> Block:
    """``blocks[name]``; raises UserError naming what there is where it is not there."""
    if name not in blocks:
        there = ", ".join(sorted(blocks)) or "none"
        raise UserError(f"params.yaml has no '{name}' under {kind}; there are: {there}")
    return blocks[name]
