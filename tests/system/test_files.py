"""Files and folders appear whole or not at all, and are known by their content."""

from pathlib import Path

import pytest
import tiny

from pipeline.system.files import made, sha256_of
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
