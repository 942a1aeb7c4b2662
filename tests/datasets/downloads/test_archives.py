"""Unpacking: nothing outside the folder, and the folder whole or not at all."""

import hashlib
import tarfile
from pathlib import Path

import pytest
import tiny
from serving import PACK, tarred, zipped

from pipeline.datasets.downloads.archives import outside, unpack
from pipeline.errors import UserError


def unpacked(folder: Path, name: str, content: bytes) -> dict[str, bytes]:
    (folder / name).write_bytes(content)
    unpack(folder / name, folder / "out")
    return tiny.tree(folder / "out")


@pytest.mark.parametrize("top", ["set/", ""])
def test_an_archive_becomes_a_folder(tmp_path, suffix, top):
    members = {"trainA/1.jpg": b"one", "deep/er/2.jpg": b"two"}
    content = PACK[suffix]({f"{top}{name}": inner for name, inner in members.items()})
    assert unpacked(tmp_path, f"x{suffix}", content) == members
    assert tiny.names_in(tmp_path) == ["out", f"x{suffix}"]


def test_what_macos_adds_is_left_out(tmp_path, suffix):
    content = PACK[suffix]({"set/1.jpg": b"one", "__MACOSX/set/._1.jpg": b"?"})
    assert unpacked(tmp_path, f"x{suffix}", content) == {"1.jpg": b"one"}


@pytest.mark.parametrize(
    "name", ["/abs.jpg", "../up.jpg", "x/../../up.jpg", "..\\up.jpg", "C:\\x.jpg", "C:x", "//h/s/x"]
)
def test_paths_outside_are_refused(tmp_path, suffix, name):
    inside = tmp_path / "inside"
    inside.mkdir()
    with pytest.raises(UserError, match="paths outside its folder; nothing was unpacked"):
        unpacked(inside, f"x{suffix}", PACK[suffix]({"set/good.jpg": b"good", name: b"bad"}))
    assert tiny.names_in(inside) == [f"x{suffix}"]
    assert tiny.names_in(tmp_path) == ["inside"]
    assert outside(name)


def test_names_with_dots_and_colons_are_inside():
    for name in ("a/..b/c..jpg", "set/12:30.jpg", "a..", "./a"):
        assert not outside(name)


@pytest.mark.parametrize("kind", [tarfile.SYMTYPE, tarfile.LNKTYPE, tarfile.FIFOTYPE])
def test_links_in_tar_are_refused(tmp_path, kind):
    content = tarred({"x/good.jpg": b"good"}, type=kind, linkname="x/good.jpg")
    with pytest.raises(UserError, match="'x/special'"):
        unpacked(tmp_path, "x.tar.gz", content)
    assert tiny.names_in(tmp_path) == ["x.tar.gz"]


def test_links_in_zip_are_refused(tmp_path):
    with pytest.raises(UserError, match="'x/link'"):
        unpacked(tmp_path, "x.zip", zipped({"x/good.jpg": b"good"}, links=("x/link",)))
    assert tiny.names_in(tmp_path) == ["x.zip"]


def test_damaged_archives_leave_nothing(tmp_path, suffix):
    noise = b"".join(hashlib.sha256(bytes([n])).digest() for n in range(250))
    whole = PACK[suffix]({"set/1.jpg": noise, "set/2.jpg": noise[::-1]})
    changed = bytearray(whole)
    changed[len(whole) // 3] ^= 255
    for content in (b"", b"<html>no archive</html>", whole[: len(whole) // 2], bytes(changed)):
        with pytest.raises(UserError, match=rf"x{suffix} is (damaged|empty)"):
            unpacked(tmp_path, f"x{suffix}", content)
        assert tiny.names_in(tmp_path) == [f"x{suffix}"]


def test_what_a_killed_unpacking_left_is_cleared_away(tmp_path, suffix):
    (tmp_path / ".out.partial/set").mkdir(parents=True)
    (tmp_path / ".out.partial/set/old.jpg").write_bytes(b"old")
    assert unpacked(tmp_path, f"x{suffix}", PACK[suffix]({"set/1.jpg": b""})) == {"1.jpg": b""}
    assert tiny.names_in(tmp_path) == ["out", f"x{suffix}"]


def test_an_archive_larger_than_the_disk_is_refused_beforehand(tmp_path, monkeypatch):
    usage = type("usage", (), {"free": 3})
    monkeypatch.setattr("pipeline.datasets.downloads.archives.shutil.disk_usage", lambda _: usage)
    with pytest.raises(UserError, match="needs 4 bytes of disk, but 3 are free"):
        unpacked(tmp_path, "x.zip", zipped({"x/1.jpg": b"four"}))
