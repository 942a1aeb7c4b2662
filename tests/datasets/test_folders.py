"""Folders of the user's own files."""

from pathlib import Path

import pytest

from pipeline.datasets.folders import PICTURES, SOUNDS, PictureFolderParams, files_in, key_of
from pipeline.errors import UserError


def touch(root: Path, *names: str) -> None:
    for name in names:
        path = root / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.touch()


def test_files_are_found_below_and_sorted_whatever_the_ending_s_case(tmp_path):
    touch(tmp_path, "b.JPG", "a.png", "deep/er/c.Tiff", "notes.txt", "d.wav", ".DS_Store")
    found = files_in(tmp_path, PICTURES)
    assert [key_of(file, tmp_path) for file in found] == ["a", "b", "deep/er/c"]
    assert [file.name for file in files_in(tmp_path, SOUNDS)] == ["d.wav"]


def test_a_name_with_dots_keeps_them(tmp_path):
    assert key_of(tmp_path / "v1.2.final.png", tmp_path) == "v1.2.final"


def test_missing_and_empty_folders_are_refused(tmp_path):
    with pytest.raises(UserError, match="expected a folder at"):
        files_in(tmp_path / "nowhere", PICTURES)
    touch(tmp_path, "a/notes.txt", "a/b/more.txt")
    with pytest.raises(UserError, match="found none among 2 files"):
        files_in(tmp_path, PICTURES)


def test_splits_and_domains_are_folders_below_the_root(tmp_path):
    touch(tmp_path, "trainA/1.png", "trainB/2.png", "testA/3.png")
    params = PictureFolderParams(
        root=str(tmp_path),
        folders={"train": {"horse": "trainA", "zebra": "trainB"}, "test": {"horse": "testA"}},
    )
    source = params.source()
    names = {
        s: {d: [i.key for i in items] for d, items in ds.items()} for s, ds in source.items.items()
    }
    assert names == {"train": {"horse": ["1"], "zebra": ["2"]}, "test": {"horse": ["3"]}}
    assert source.classes == ()
