"""Files changed at random: bytes, and the values of JSON and YAML."""

import json
import zipfile
from io import BytesIO
from random import Random
from typing import Any

import yaml

NUMBERS = (0, 1, 2, 0x7F, 0x80, 0xFF, 0x7FFF, 0xFFFF, 0x7FFFFFFF, 0xFFFFFFFF, 0x7FFFFFFFFFFFFFFF)
TREES = (
    *(0, 1, -1, 2, 3, 7, 10**6, 10**9, 2**63, 10**100, 0.0, 0.5, -1e300, 1e-300),
    *(float("nan"), float("inf"), True, None, "", "x", "..", "a.b", "\ud800", "x" * 10_000),
    *([], {}, [[]], [0] * 100, {"": 0}, {"kind": "unet"}, {"kind": "mel"}, [None], "1e9", "\n"),
)

PIECES = ("&a ", "*a", "<<: *a", "? ", "- ", "{", "[", "!!int ", "!!set ", "%", "|", "'", ": ")


def mutated_bytes(content: bytes, other: bytes, random: Random) -> bytes:
    """Changes a few places of a file; ``other`` is one of its kind to take pieces of."""
    found = bytearray(content)
    for _ in range(random.choice((1, 1, 2, 4, 16))):
        at = random.randrange(len(found) + 1)
        # Headers are short and decide most.
        at = min(at, random.choice((32, 128, 512, 2**30)))
        length = random.choice((1, 2, 4, 8, 64, 1024))
        match random.randrange(7):
            case 0:
                found[at : at + 1] = bytes([random.randrange(256)])
            case 1:
                number = random.choice(NUMBERS).to_bytes(8, random.choice(("little", "big")))
                size = random.choice((1, 2, 4, 8))
                found[at : at + size] = number[:size]
            case 2:
                del found[at : at + length]
            case 3:
                found[at:at] = random.randbytes(length)
            case 4:
                found[at:at] = found[at : at + length] * random.randrange(1, 4)
            case 5:
                begin = random.randrange(len(other) + 1)
                found[at : at + length] = other[begin : begin + length]
            case 6:
                if random.random() < 0.2:
                    del found[at:]
    return bytes(found)


def mutated_tree(tree: Any, random: Random) -> Any:
    """Changes a few values of lists and dictionaries, which it leaves as they are itself."""
    for _ in range(random.choice((1, 1, 1, 2, 5))):
        tree = _mutated(tree, random)
    return tree


def _mutated(tree: Any, random: Random) -> Any:
    inner = isinstance(tree, list | dict) and len(tree) > 0
    if not inner or random.random() < 0.1:
        return _instead(tree, random)
    key: Any = random.choice(list(tree) if isinstance(tree, dict) else range(len(tree)))
    copied = dict(tree) if isinstance(tree, dict) else list(tree)
    what = random.random()
    if what < 0.8:
        copied[key] = _mutated(tree[key], random)
    elif what < 0.9:
        del copied[key]
    elif isinstance(copied, dict):
        copied[random.choice([*copied, "x", "", "kind", "width"])] = random.choice(TREES)
    else:
        copied.append(random.choice([*copied, *TREES]))
    return copied


def _instead(value: Any, random: Random) -> Any:
    if isinstance(value, int | float) and random.random() < 0.4:
        return random.choice((value + 1, value - 1, -value, value * 1000, value * 10**9, value / 2))
    if random.random() < 0.05:
        for _ in range(random.choice((5, 50, 500))):
            value = [value] if random.random() < 0.5 else {"x": value}
        return value
    return random.choice(TREES)


def mutated_json(content: bytes, other: bytes, random: Random) -> bytes:
    """Changes values, or bytes."""
    if random.random() < 0.25:
        return mutated_bytes(content, other, random)
    tree = mutated_tree(json.loads(content), random)
    return _dumped(tree).encode("utf-8", "surrogatepass")


def _dumped(tree: Any) -> str:
    try:
        return json.dumps(tree, ensure_ascii=False)
    except RecursionError:
        return "[" * 1000


def mutated_yaml(content: bytes, other: bytes, random: Random) -> bytes:
    """Changes values, lines, or bytes."""
    what = random.random()
    if what < 0.25:
        return mutated_bytes(content, other, random)
    if what < 0.6:
        tree = mutated_tree(yaml.safe_load(content), random)
        return _dumped(tree).encode("utf-8", "surrogatepass")  # JSON is YAML, all but a little
    lines = content.decode().splitlines()
    for _ in range(random.choice((1, 2, 5))):
        at = random.randrange(len(lines))
        piece = random.choice(PIECES)
        match random.randrange(4):
            case 0:
                lines[at] = lines[at] + piece
            case 1:
                lines[at] = piece + lines[at]
            case 2:
                lines[at:at] = lines[at : at + random.randrange(1, 30)] * random.randrange(1, 3)
            case 3:
                lines[at] = "  " + lines[at]
    return "\n".join(lines).encode()


def mutated_archive(content: bytes, other: bytes, random: Random) -> bytes:
    """Changes bytes of a file within a zip archive, or of the archive."""
    if not content.startswith(b"PK") or random.random() < 0.2:
        return mutated_bytes(content, other, random)
    with zipfile.ZipFile(BytesIO(content)) as archive:
        files = {name: archive.read(name) for name in archive.namelist()}
    pickled = [name for name in files if name.endswith(".pkl")] or list(files)
    name = random.choice(pickled if random.random() < 0.8 else list(files))
    files[name] = mutated_bytes(files[name], files[random.choice(list(files))], random)
    made = BytesIO()
    with zipfile.ZipFile(made, "w") as archive:
        for name, file in files.items():
            archive.writestr(name, file)
    return made.getvalue()
