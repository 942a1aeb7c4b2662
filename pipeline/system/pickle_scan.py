"""Pickles of torch.save, gone through without making anything of what is in them.

An instruction takes a few bytes, but may take any time: a tuple of two of a tuple of two and so on,
sixty deep in two hundred bytes, has 2 ** 60 parts when it is hashed as a key, and a million tuples
within one another overflow the stack. A long list that is handed to ten thousand calls is copied as
often. So the scan counts the parts of all that would be hashed, handed over or restored.
"""

import io
import pickletools
from _compat_pickle import IMPORT_MAPPING, NAME_MAPPING
from collections.abc import Sequence
from typing import Any, NamedTuple

MOST_PARTS = 2**24
"""Of all that a file hashes, hands over and restores; 10,000 tensors take 2,000,000."""
MOST_NESTED = 100
"""Tuples within one another; five are usual."""
MOST_CLASSES = 2000
"""Names of classes and functions; a trainer with all its callbacks has about a hundred."""
STEP = 16
"""Parts that a step of the scan itself takes the time of."""

TUPLES = {"TUPLE1": 1, "TUPLE2": 2, "TUPLE3": 3}
EMPTY = {"EMPTY_LIST", "EMPTY_DICT", "EMPTY_SET"}
TEXTS = {"BINUNICODE", "SHORT_BINSTRING"}
ATOMS = {"NONE", "NEWTRUE", "NEWFALSE", "BININT", "BININT1", "BININT2", "BINFLOAT", "LONG1"}
PUTS, GETS = {"BINPUT", "LONG_BINPUT"}, {"BINGET", "LONG_BINGET"}


class Part:
    """An atom; and what all that instructions make has in common."""

    __slots__ = ("size",)

    def __init__(self, size: int = 1) -> None:
        """Take the number of parts that hashing it goes through; of a text, its length too."""
        self.size = size


class Tuple(Part):
    """A tuple, whose size has those of the tuples in it, as often as they are there."""

    __slots__ = ("depth", "parts")
    depth: int
    parts: Sequence[Part]

    def __init__(self, parts: Sequence[Part]) -> None:
        """Take what is in it; raise ValueError where too many are within one another."""
        super().__init__(min(1 + sum(part.size for part in parts), MOST_PARTS + 1))
        tuples = [part for part in parts if isinstance(part, Tuple)]
        self.depth = 1 + max((part.depth for part in tuples), default=0)
        if self.depth > MOST_NESTED:
            raise ValueError(f"more than {MOST_NESTED} tuples within one another")
        kept = any(isinstance(part, Container) for part in parts) or any(t.parts for t in tuples)
        self.parts = parts if kept else ()
        """Empty where no container is in it, at any depth."""


class Container(Part):
    """A list, dictionary or set, or an object."""

    __slots__ = ("content", "kind")

    def __init__(self, kind: str = "", content: int = 0) -> None:
        """Take the name of an object's class, and the parts that copying it goes through."""
        super().__init__()
        self.kind, self.content = kind, content


class Class(Part):
    """A class or a function."""

    __slots__ = ("name",)

    def __init__(self, name: str) -> None:
        super().__init__()
        self.name = name


ATOM, MARK = Part(), Part()


class Scan(NamedTuple):
    """The names that pickles refer to."""

    names: frozenset[str]
    """Dotted names of all classes and functions, as Python 3 has them."""
    dictionaries: frozenset[str]
    """Those of them whose objects are filled by keys."""


def scan(file: io.BytesIO, pickles: int) -> Scan:
    """Go through the pickles that a file begins with.

    Raises ValueError in words where one takes more than a file of weights needs, or has an
    instruction that torch does not know; IndexError, KeyError and so on where it is damaged.
    """
    scanner = Scanner()
    for _ in range(pickles):
        scanner.read(file)
    return Scan(frozenset(scanner.names), frozenset(scanner.dictionaries))


class Scanner:
    """Follows instructions as a machine that makes nothing; see `scan` for what it raises."""

    def __init__(self) -> None:
        self.names: set[str] = set()
        self.dictionaries: set[str] = set()
        self.left = MOST_PARTS
        self.stack: list[Part] = []
        self.memo: dict[int, Part] = {}

    def read(self, file: io.BytesIO) -> None:
        """Go through the next pickle of a file."""
        self.stack, self.memo = [], {}
        for opcode, argument, _ in pickletools.genops(file):
            self.follow(opcode.name, argument)

    def follow(self, name: str, argument: Any) -> None:
        """Follow an instruction."""
        stack = self.stack
        if name in PUTS:
            self.memo[argument] = stack[-1]
        elif name in GETS:
            stack.append(self.memo[argument])
        elif name in TEXTS:
            stack.append(Part(1 + len(argument)))
        elif name in ATOMS:
            stack.append(ATOM)
        elif name in TUPLES:
            count = TUPLES[name]
            stack[-count:] = [Tuple(stack[-count:])]
        elif name == "EMPTY_TUPLE":
            stack.append(Tuple(()))
        elif name == "MARK":
            stack.append(MARK)
        elif name == "TUPLE":
            stack.append(Tuple(self.pop_marked()))
        elif name in EMPTY:
            stack.append(Container())
        elif name in ("APPEND", "APPENDS"):
            self.append([stack.pop()] if name == "APPEND" else self.pop_marked())
        elif name in ("SETITEM", "SETITEMS"):
            self.set_items([stack.pop(-2), stack.pop()] if name == "SETITEM" else self.pop_marked())
        elif name == "GLOBAL":
            stack.append(self.refer(argument))
        elif name in ("REDUCE", "NEWOBJ"):
            arguments = stack.pop()
            stack.append(self.call(stack.pop(), arguments))
        elif name == "BUILD":
            self.hand_over(stack.pop())
        elif name == "BINPERSID":
            self.hand_over(stack.pop())
            stack.append(ATOM)
        elif name not in ("PROTO", "STOP"):
            raise ValueError(f"an instruction that no file of weights has: {name}")

    def pop_marked(self) -> list[Part]:
        """Take what lies above the last mark off the stack, and the mark."""
        at = len(self.stack) - 1
        while self.stack[at] is not MARK:
            at -= 1
        marked = self.stack[at + 1 :]
        del self.stack[at:]
        return marked

    def top(self) -> Container:
        """Return the container on top of the stack."""
        found = self.stack[-1]
        if not isinstance(found, Container):
            raise ValueError("parts of what has none")
        return found

    def append(self, parts: list[Part]) -> None:
        """Append parts to the list on top of the stack."""
        self.top().content += sum(part.size for part in parts)

    def set_items(self, pairs: list[Part]) -> None:
        """Put keys and values in turn into the dictionary on top of the stack."""
        hashed = sum(key.size for key in pairs[::2])
        self.spend(hashed)
        target = self.top()
        target.content += hashed + len(pairs[1::2])
        if target.kind:
            self.dictionaries.add(target.kind)

    def refer(self, argument: str) -> Class:
        """Return a class or function by ``module name``."""
        module, name = argument.split(" ", 1)
        mapped = NAME_MAPPING.get((module, name), (IMPORT_MAPPING.get(module, module), name))
        found = Class(".".join(mapped))
        self.names.add(found.name)
        if len(self.names) > MOST_CLASSES:
            raise ValueError(f"more than {MOST_CLASSES:,} names of classes")
        self.spend(len(self.names))  # torch goes through all of them
        return found

    def call(self, called: Part, arguments: Part) -> Container:
        """Return the object that a class or function makes of arguments, which it may copy."""
        if not isinstance(called, Class):
            raise ValueError("a call of what is no class")
        self.spend(len(self.names))
        return Container(called.name, self.hand_over(arguments))

    def hand_over(self, part: Part) -> int:
        """Spend the parts of what is copied, and of all containers in it; return their number."""
        spent = part.size
        waiting = [part]
        while waiting:
            found = waiting.pop()
            if isinstance(found, Container):
                spent += found.content
            elif isinstance(found, Tuple):
                waiting.extend(found.parts)
                spent += STEP * len(found.parts)
            if spent > self.left:
                break
        self.spend(spent)
        return spent

    def spend(self, parts: int) -> None:
        """Take the parts that an instruction goes through from those that are left."""
        self.left -= parts
        if self.left < 0:
            raise ValueError("more to do than a file of its size needs")
