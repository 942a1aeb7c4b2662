"""Locks, where they can't be made."""

from pathlib import Path

import pytest
import tiny
from special import is_kind

from pipeline.errors import UserError
from pipeline.system.lock import locked


def take(path: Path) -> None:
    with locked(path, "the work"):
        assert path.exists()


def test_a_lock_goes_with_its_block(tmp_path: Path) -> None:
    under_way = pytest.raises(UserError, match="the work is under way already: process ")
    with locked(tmp_path / "deep/.lock", "the work"), under_way:
        take(tmp_path / "deep/.lock")
    assert tiny.names_in(tmp_path / "deep") == []


def test_where_no_lock_can_be_the_folder_is_named(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    with pytest.raises(UserError, match=f"expected a folder at {tmp_path / 'file'}, found a file"):
        take(tmp_path / "file/.lock")
    with pytest.raises(UserError, match=f"in {tmp_path}: File name too long"):
        take(tmp_path / ("x" * 300))
    if Path("/proc/self").is_dir():
        with pytest.raises(
            UserError, match=r"can't write .x.lock in /proc: nothing can be created"
        ):
            take(Path("/proc/.x.lock"))


@pytest.mark.parametrize("kind", ["FIFO", "socket"])
def test_a_lock_is_a_file(special, kind: str) -> None:
    out = special(kind)
    with pytest.raises(UserError, match=f"expected a file or nothing at {out}, found a {kind}"):
        take(out)
    assert is_kind(out, kind)
