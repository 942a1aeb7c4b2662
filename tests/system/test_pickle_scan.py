"""Pickles that take far more than their length, and those of real files."""

import io
import pickle
import zipfile
from collections import OrderedDict, defaultdict
from pathlib import Path

import pytest
import torch
from strangers import bounded

from pipeline.errors import UserError
from pipeline.system.pickle_scan import MOST_CLASSES, MOST_PARTS, STEP, Scan, Scanner, scan
from pipeline.system.tensor_files import load_tensors

BEGIN, END = b"\x80\x02", b"."
KEY, VALUE = b"}h\1", b"K\2s"  # a dictionary whose key is 1 in the memo; its value


class Kept(dict):
    """A dictionary of another class."""


def scanned(content: bytes) -> Scan:
    return scan(io.BytesIO(BEGIN + content + END), 1)


def file_of(folder: Path, content: bytes) -> Path:
    """A file of torch.save whose list of tensors is a pickle of these instructions."""
    torch.save({"a": torch.zeros(1)}, folder / "good.pth")
    with (
        zipfile.ZipFile(folder / "good.pth") as good,
        zipfile.ZipFile(folder / "net.pth", "w") as changed,
    ):
        for name in good.namelist():
            own = name.endswith("data.pkl")
            changed.writestr(name, BEGIN + content + END if own else good.read(name))
    return folder / "net.pth"


def doubled(times: int) -> bytes:
    """A list of tuples, each of the one before twice, of which number n is n in the memo."""
    content = b"]K\1\x85q\0a"
    for number in range(times):
        content += b"h%c" % number * 2 + b"\x86q%ca" % (number + 1)
    return content


def listed(count: int) -> bytes:
    """A list of numbers, which is 1 in the memo."""
    return b"]q\1(" + b"K\1" * count + b"e"


CALL = b"ccollections\nOrderedDict\nq\2"  # which is 2 in the memo

COSTLY = {
    "doubled tuples": (doubled(60) + b"}h\x3c" + VALUE + b"a", "more to do than"),
    "deep tuples": (b"}K\1" + b"\x85" * 10**6 + VALUE, "more than 100 tuples within one another"),
    "a tuple as many keys": (
        b"(" + b"K\1" * 10**4 + b"tq\1" + KEY + b"K\2s" + b"h\1K\2s" * 10**4,
        "more to do than",
    ),
    "copies of a list": (
        b"]" + listed(10**5) + b"a" + CALL + b"a" + b"h\2h\1\x85Ra" * 10**4,
        "more to do than",
    ),
    "copies of a dictionary": (
        CALL
        + b")R("
        + b"".join(b"M%c%cK\1" % divmod(n, 256) for n in range(2**16))
        + b"uq\1"
        + b"]"
        + b"h\2h\1\x85Ra" * 10**4,
        "more to do than",
    ),
    "copies of a text": (
        b"c_codecs\nencode\nq\2X"
        + (10**6).to_bytes(4, "little")
        + b"a" * 10**6
        + b"q\1"
        + b"]"
        + b"h\2h\1U\5ascii\x86Ra" * 10**5,
        "more to do than",
    ),
    "a storage's doubled name": (
        doubled(60) + b"(U\7storagectorch\nFloatStorage\nh\x3cU\3cpuK\1tQa",
        "more to do than",
    ),
    "many classes": (
        b"]" + b"".join(b"cm\nA%d\na" % n for n in range(MOST_CLASSES + 1)),
        "more than 2,000 names of classes",
    ),
    "a call of a tuple": (doubled(60) + b"h\x3c)R", "a call of what is no class"),
    "a class of a tuple": (doubled(60) + b"h\x3c)\x81", "a call of what is no class"),
    "parts of a number": (b"K\1K\2a", "parts of what has none"),
    "another instruction": (b"K\1K\0200", "that no file of weights has: POP"),
}


@pytest.mark.parametrize("kind", COSTLY)
def test_what_takes_more_than_its_length_is_refused(tmp_path, kind):
    content, words = COSTLY[kind]
    path = file_of(tmp_path, content)
    with bounded(), pytest.raises(UserError, match=words):
        load_tensors(path, "expected weights", "state_dict")


def spent(content: bytes) -> int:
    scanner = Scanner()
    scanner.read(io.BytesIO(BEGIN + content + END))
    return MOST_PARTS - scanner.left


def test_parts_are_counted_by_hand():
    assert spent(b"}K\1K\2s") == 1  # a number as the key; values are not hashed
    assert spent(b"}U\3abcK\2s") == 4  # a text of three letters
    assert spent(b"}K\1K\1\x86K\2s") == 3  # a tuple of two numbers
    assert spent(doubled(1) + b"}h\1" + VALUE + b"a") == 5  # (t, t), t = (1,)
    assert spent(doubled(2) + b"}h\2" + VALUE + b"a") == 11
    state = b"}K\1K\2s]K\3aK\4\x87"  # a dictionary, a list and a number in a tuple
    contents = 2 + 1  # a key, a value; a number
    assert spent(b"K\0" + state + b"b") == 1 + (1 + 3 + 3 * STEP) + contents


def test_classes_are_told_by_todays_names_and_dictionaries_among_them():
    found = scanned(b"c__builtin__\nset\n]\x85R")
    assert found == Scan(frozenset({"builtins.set"}), frozenset())
    state = {"a": Kept(b=1), "c": defaultdict(list, d=[2]), "e": OrderedDict(f=3)}
    found = scan(io.BytesIO(pickle.dumps(state, 2)), 1)
    assert found.dictionaries == {
        f"{__name__}.Kept",
        "collections.defaultdict",
        "collections.OrderedDict",
    }
    assert found.names == found.dictionaries | {"builtins.list"}


def test_what_holds_itself_is_read(tmp_path):
    own: list[object] = [1]
    own.append({"again": own})
    torch.save({"state_dict": {"a": torch.ones(2)}, "own": own}, tmp_path / "net.pth")
    found = load_tensors(tmp_path / "net.pth", "expected weights", "state_dict")
    assert found["a"].tolist() == [1, 1]
    called = b"]q\1h\1a" + CALL + b"h\1\x85R"  # a list of itself, handed to a call
    assert scanned(called).names == {"collections.OrderedDict"}


def test_several_pickles_are_gone_through_in_turn():
    content = b"".join(BEGIN + b"cm\n%c\n" % name + END for name in b"abc")
    assert scan(io.BytesIO(content), 2).names == {"m.a", "m.b"}
