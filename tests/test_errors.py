"""Mistakes that a user can put right end in one message, without a traceback."""

import errno
from pathlib import Path

import pytest

from pipeline.errors import (
    DEFECT,
    LISTED,
    UserError,
    exit_on_error,
    exit_on_user_error,
    listing,
    unwritable,
)
from stages.command import run_named


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


def test_a_defect_ends_with_a_code_of_its_own_and_its_traceback(capsys):
    """So a script can tell it from what a user can put right, whose code is 1."""

    def fail():
        raise ValueError("nobody foresaw this")

    with pytest.raises(SystemExit) as ended:
        exit_on_error(fail)
    said_then = capsys.readouterr().err
    assert ended.value.code == DEFECT == 70
    assert "ValueError: nobody foresaw this" in said_then
    assert said_then.splitlines()[0].startswith("Traceback")
    assert "please report it" in said_then.splitlines()[-1]


def test_a_stage_ends_as_a_command_does(monkeypatch, capsys):
    def fail(_: str) -> None:
        raise ValueError("nobody foresaw this")

    for arguments, code in ((["vae"], DEFECT), ([], 1)):
        monkeypatch.setattr("sys.argv", ["stage", *arguments])
        with pytest.raises(SystemExit) as ended:
            run_named(fail)
        assert ended.value.code == code
    assert capsys.readouterr().err.count("Traceback") == 1


@pytest.mark.parametrize(
    ("error", "code"),
    [(UserError("x"), 1), (KeyboardInterrupt(), 130), (SystemExit(3), 3)],
)
def test_other_ends_keep_their_codes(error, code):
    def fail():
        raise error

    with pytest.raises(SystemExit) as ended:
        exit_on_error(fail)
    assert ended.value.code == code


def test_too_little_memory_is_no_defect(capsys):
    class OutOfMemoryError(RuntimeError):
        """As torch's."""

    for error in (
        MemoryError(),
        OutOfMemoryError("of 2 GiB"),
        RuntimeError("can't allocate memory"),
    ):
        with pytest.raises(SystemExit) as ended:
            exit_on_error(lambda error=error: (_ for _ in ()).throw(error))
        assert ended.value.code == 1
        assert capsys.readouterr().err.startswith("error: not enough memory: ")


def test_what_cannot_be_written_names_the_folder_and_the_reason(tmp_path):
    for code, words in (
        (errno.ENOENT, f"can't write x in {tmp_path}: nothing can be created there"),
        (errno.EROFS, f"can't write x in {tmp_path}: Read-only file system"),
        (errno.EACCES, f"can't write x in {tmp_path}: Permission denied"),
        (errno.ENOSPC, "no room left to write /x: No space left on device"),
    ):
        error = OSError(code, errno.errorcode[code], "/x")
        error.strerror = words.rpartition(": ")[2]
        assert str(unwritable(tmp_path / "none/x", error)) == words


def test_a_listing_ends_with_a_number():
    lines = listing(map(str, range(LISTED + 3))).splitlines()
    assert (len(lines), lines[-1]) == (LISTED + 1, "  ... and 3 more")
    assert listing(["a"]) == "  a"
