"""Entry of stages: the name of a block, and one message where they fail."""

import sys
from collections.abc import Callable, Mapping
from typing import TypeVar

from pipeline.errors import UserError
from pipeline.errors import exit_on_error as run

__all__ = ["block", "run", "run_named"]

Block = TypeVar("Block")


def run_named(stage: Callable[[str], None], **others: Callable[[str], None]) -> None:
    """Call a stage for the block that the command line names.

    ``others`` are what is called instead where the line ends with ``--`` and their name.
    """

    def named() -> None:
        chosen = {"": stage, **{f"--{name}": other for name, other in others.items()}}
        name, option = [*sys.argv[1:], "", ""][:2]
        if not name or option not in chosen or len(sys.argv) > 3:
            expected = "".join(f", then {flag} or nothing" for flag in chosen if flag)
            raise UserError(f"expected the name of a block of params.yaml{expected}")
        chosen[option](name)

    run(named)


def block(blocks: Mapping[str, Block], kind: str, name: str) -> Block:
    """Return ``blocks[name]``; raise UserError naming what there is where it is not there."""
    if name not in blocks:
        there = ", ".join(sorted(blocks)) or "none"
        raise UserError(f"params.yaml has no '{name}' under {kind}; there are: {there}")
    return blocks[name]
