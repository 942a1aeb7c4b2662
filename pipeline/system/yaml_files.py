"""YAML files that a stranger may have written, read within bounds: the one loader of them all."""

from collections.abc import Hashable
from pathlib import Path
from typing import Any, NamedTuple

import yaml

from pipeline.errors import shortened
from pipeline.system.text_files import read_bounded

MOST_BYTES = 2**20
MOST_VALUES = 50_000
DEEPEST = 32
"""Lists and mappings within each other, through aliases too."""
MOST_EXPANDED = 2**22
"""Characters of all values, an alias's counted wherever it stands."""
EACH = 20  # characters that a value counts beside its own

LONGEST_SCALAR = 200
"""Characters of a number, a date and so on."""
MERGE = "tag:yaml.org,2002:merge"
TEXTS = {"tag:yaml.org,2002:str", "tag:yaml.org,2002:binary"}
NO_VALUE = (ValueError, LookupError, AttributeError, TypeError, ArithmeticError)
"""Errors of yaml's own constructors at a text that its tag does not allow: ``!!bool maybe``."""


class Extent(NamedTuple):
    """Size and depth of a node where it is written out in full."""

    size: int
    depth: int


class StrictLoader(yaml.SafeLoader):
    """Plain YAML in which a key stands once, of bounded size, also where aliases are followed.

    Of two equal keys, plain YAML forgets the first; and of a kilobyte of aliases to lists of
    aliases it makes what no message, no check and no memory can hold.
    """

    def __init__(self, text: str) -> None:
        super().__init__(text)
        self.extents: dict[yaml.Node, Extent] = {}
        self.count = self.nesting = 0

    def compose_node(self, parent: yaml.Node | None, index: Any) -> yaml.Node | None:
        """Return the next node; raise ComposerError where a bound is passed."""
        alias = self.check_event(yaml.AliasEvent)
        self.count, self.nesting = self.count + 1, self.nesting + 1
        if self.count > MOST_VALUES:
            self.refuse(f"found more than {MOST_VALUES:,} values")
        if self.nesting > DEEPEST:
            self.refuse(f"found more than {DEEPEST} lists and mappings within each other")
        node = super().compose_node(parent, index)
        self.nesting -= 1
        if node is None:
            return None
        if alias and node not in self.extents:
            self.refuse("found a value within itself")
        if not alias:
            self.extents[node] = self.extent(node)
        return node

    def extent(self, node: yaml.Node) -> Extent:
        """Compute what a node takes, from what those in it do."""
        inner: list[Extent] = []
        if isinstance(node, yaml.SequenceNode):
            inner = [self.extents[value] for value in node.value]
        elif isinstance(node, yaml.MappingNode):
            inner = [self.extents[part] for pair in node.value for part in pair]
        own = len(node.value) if isinstance(node, yaml.ScalarNode) else 0
        size = EACH + own + sum(each.size for each in inner)
        depth = 1 + max((each.depth for each in inner), default=0)
        if size > MOST_EXPANDED:
            self.refuse("found aliases (*name) that make it too large")
        if depth > DEEPEST:
            self.refuse(f"found more than {DEEPEST} lists and mappings within each other")
        return Extent(size, depth)

    def refuse(self, problem: str) -> None:
        """Raise ComposerError."""
        raise yaml.composer.ComposerError(None, None, problem, self.get_mark())

    def construct_object(self, node: yaml.Node, deep: bool = False) -> Any:
        """Return a value; raise ConstructorError where its text is none, or too long for one."""
        scalar = isinstance(node, yaml.ScalarNode) and node.tag not in TEXTS
        kind = node.tag.rpartition(":")[2]
        if scalar and len(node.value) > LONGEST_SCALAR:
            problem = f"found {len(node.value):,} characters of what should be of type {kind}"
            raise yaml.constructor.ConstructorError(None, None, problem, node.start_mark)
        try:
            return super().construct_object(node, deep)
        except NO_VALUE as error:
            problem = f"found what is none of type {kind}: {error}"
            raise yaml.constructor.ConstructorError(None, None, problem, node.start_mark) from error

    def construct_mapping(self, node: yaml.MappingNode, deep: bool = False) -> dict[Any, Any]:
        """Return a mapping; raise ConstructorError at a key that stands twice or can't be one."""
        pairs = node.value if isinstance(node, yaml.MappingNode) else []
        seen: set[Any] = set()
        for key_node, _ in pairs:
            if key_node.tag == MERGE:  # "<<: *block": what that block has may be said again
                continue
            key = self.construct_object(key_node, deep=True)
            if not isinstance(key, Hashable):
                problem = f"expected a text or a number as a key, found {shortened(str(key))}"
            elif key in seen:
                problem = f"the key '{shortened(str(key))}' stands twice"
            else:
                seen.add(key)
                continue
            raise yaml.constructor.ConstructorError(None, None, problem, key_node.start_mark)
        return super().construct_mapping(node, deep)


def read_yaml(path: Path) -> Any:
    """Read a file; raise OSError where that is not possible, and ValueError as `parse_yaml` does
    and where it is too large."""
    return parse_yaml(read_bounded(path, MOST_BYTES))


def parse_yaml(text: str) -> Any:
    """Return what a text says; raise ValueError, in words, where it is no YAML or passes a
    bound."""
    try:
        return yaml.load(text, Loader=StrictLoader)
    except yaml.YAMLError as error:
        raise ValueError(shortened(str(error), 500)) from error


def compose_yaml(text: str) -> yaml.Node | None:
    """Return the nodes of a text, with their lines; raise ValueError as `parse_yaml` does."""
    try:
        return yaml.compose(text, Loader=StrictLoader)
    except yaml.YAMLError as error:
        raise ValueError(shortened(str(error), 500)) from error
