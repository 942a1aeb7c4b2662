"""Files and folders appear whole or not at all, and are known by their content."""

import errno
import os
from pathlib import Path

import pytest
import tiny
from special import KINDS, is_kind

from pipeline.errors import UserError
from pipeline.system.files import made, make_folder, put_in_place, replace, sha256_of, write
from pipeline.system.json_files import write_json


def test_the_checksum_is_that_of_the_standard(tmp_path):
    """FIPS 180-2, appendix B.1: the message "abc"."""
    path = tmp_path / "abc"
    path.write_bytes(b"abc")
    expected = "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"
    assert sha256_of(path) == expected
    with pytest.raises(FileNotFoundError):
        sha256_of(tmp_path / "none")


def test_a_folder_takes_the_place_of_another_as_a_whole(tmp_path: Path) -> None:
    out = tmp_path / "deep/out"
    for name in ("first", "second"):
        with made(out) as new:
            (new / name).write_text(name)
            assert not (out / name).exists()
        assert tiny.names_in(out) == [name]
    assert tiny.names_in(out.parent) == ["out"]


def test_a_folder_that_fails_leaves_what_was_there(tmp_path: Path) -> None:
    out = tmp_path / "out"
    with made(out) as new:
        (new / "old").touch()
    (tmp_path / ".out.partial").mkdir()
    (tmp_path / ".out.partial/killed").touch()
    with pytest.raises(KeyboardInterrupt):
        stop_halfway(out)
    assert tiny.names_in(out) == ["old"]
    assert tiny.names_in(tmp_path) == ["out"]


def stop_halfway(out: Path) -> None:
    with made(out) as new:
        assert tiny.names_in(new) == []
        (new / "half").touch()
        raise KeyboardInterrupt


def test_json_has_a_value_a_line_and_its_folder_is_made(tmp_path: Path) -> None:
    path = tmp_path / "deep/a.json"
    write_json(path, {"a": 1.5, "b": [None]})
    assert path.read_bytes() == b'{\n "a": 1.5,\n "b": [\n  null\n ]\n}\n'


# What is neither a file nor a folder


@pytest.mark.parametrize("kind", KINDS)
def test_no_folder_takes_the_place_of_what_is_none(special, tmp_path: Path, kind: str) -> None:
    out = special(kind)
    (tmp_path / "whole").mkdir()
    for work in (
        lambda: put_in_place(tmp_path / "whole", out),
        lambda: made(out).__enter__(),
        lambda: made(out / "below").__enter__(),
        lambda: make_folder(out / "below"),
    ):
        with pytest.raises(UserError, match=f"expected a folder at {out}, found a "):
            work()
    assert is_kind(out, kind)
    assert sorted(tiny.names_in(tmp_path)) == sorted([out.name, "whole"])


@pytest.mark.parametrize("kind", KINDS)
def test_no_file_takes_the_place_of_what_is_none(special, tmp_path: Path, kind: str) -> None:
    out = special(kind)
    link = tmp_path / "link"
    link.symlink_to(out)
    for path in (out, link):
        if kind != "file":
            with pytest.raises(UserError, match=f"expected a file or nothing at {path}, found a "):
                replace(path, b"new")
    assert is_kind(out, kind)
    assert link.is_symlink()


def test_a_fifo_is_written_to_and_stays(special, tmp_path: Path) -> None:
    out = special("FIFO")
    reader = os.open(out, os.O_RDONLY | os.O_NONBLOCK)
    write(out, b"stream")
    assert os.read(reader, 100) == b"stream"
    os.close(reader)
    assert is_kind(out, "FIFO")


def test_a_socket_stays_where_it_can_not_be_written(special) -> None:
    out = special("socket")
    with pytest.raises(OSError, match="No such device") as raised:
        write(out, b"x")
    assert raised.value.errno == errno.ENXIO
    assert is_kind(out, "socket")


def test_a_link_to_a_folder_stays_and_leads_to_the_new_one(tmp_path: Path) -> None:
    (tmp_path / "true").mkdir()
    (tmp_path / "true/old").touch()
    (tmp_path / "link").symlink_to("true")
    with made(tmp_path / "link") as new:
        (new / "new").touch()
    assert (tmp_path / "link").is_symlink()
    assert tiny.names_in(tmp_path / "true") == ["new"]
    (tmp_path / "whole").mkdir()
    put_in_place(tmp_path / "whole", tmp_path / "link")  # that takes the link's place
    assert sorted(tiny.names_in(tmp_path)) == ["link", "true"]
    assert tiny.names_in(tmp_path / "true") == ["new"]


def test_a_broken_link_is_said_to_be_one(tmp_path: Path) -> None:
    (tmp_path / "link").symlink_to("nowhere")
    with pytest.raises(UserError, match=r"link, found a broken link"):
        make_folder(tmp_path / "link")


def test_where_nothing_can_be_created_the_folder_is_named(tmp_path: Path) -> None:
    if not Path("/proc/self").is_dir():
        pytest.skip("no /proc here")
    for work in (
        lambda: make_folder(Path("/proc/x/y")),
        lambda: write(Path("/proc/x"), b""),
        lambda: made(Path("/proc/x")).__enter__(),
    ):
        with pytest.raises(UserError, match=r"in /proc: nothing can be created there"):
            work()
    with pytest.raises(UserError, match=f"in {tmp_path}: File name too long"):
        make_folder(tmp_path / ("x" * 300))
