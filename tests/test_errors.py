"""Mistakes that a user can put right end in one message, without a traceback."""

import errno
from pathlib import Path

import pytest

from pipeline.errors import LISTED, UserError, exit_on_user_error, listing


def said(work, capsys: pytest.CaptureFixture[str]) -> str:
    with pytest.raises(SystemExit) as ended:
        exit_on_user_error(work)
    assert ended.value.code == 1
    return capsys.readouterr().err


def test_a_user_error_is_its_message(capsys):
    def fail():
        raise UserError("expected a, found b")

    assert said(fail, capsys) == "error: expected a, found b\n"


def test_what_is_in_the_way_is_named_with_what_to_do(tmp_path, capsys):
    file, folder = tmp_path / "file", tmp_path / "folder"
    file.write_text("x")
    (folder / "full").mkdir(parents=True)
    wanted = f"error: expected a folder at {file}, found a file: choose another place, or move"
    for work in (
        lambda: file.mkdir(exist_ok=True),
        lambda: (file / "a/b").mkdir(parents=True, exist_ok=True),
        lambda: (file / "a").write_text("x"),
    ):
        assert said(work, capsys).startswith(wanted)
    (tmp_path / "other").mkdir()
    for work in (
        lambda: folder.write_text("x"),
        lambda: folder.mkdir(),
        lambda: (tmp_path / "other").rename(folder),
    ):
        assert said(work, capsys).startswith(f"error: expected no folder at {folder}, found one")


def test_other_refusals_of_the_system_keep_its_words(capsys):
    def fail():
        raise PermissionError(errno.EACCES, "Permission denied", "/x")

    assert said(fail, capsys) == "error: /x: Permission denied\n"


def test_a_defect_is_no_users_error():
    with pytest.raises(FileNotFoundError):
        exit_on_user_error(lambda: Path("/nowhere/at/all").read_text())


def test_a_listing_ends_with_a_number():
    lines = listing(map(str, range(LISTED + 3))).splitlines()
    assert (len(lines), lines[-1]) == (LISTED + 1, "  ... and 3 more")
    assert listing(["a"]) == "  a"
