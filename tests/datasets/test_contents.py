"""What is passed over in folders as people have them: counted, named, and by all commands alike."""

import os
from pathlib import Path

import pytest
import tiny

from pipeline.cli.commands.jobs import plan
from pipeline.datasets.contents import contents_of
from pipeline.datasets.folders import PICTURES, PictureFolderParams
from pipeline.datasets.prepare import prepare
from pipeline.datasets.survey.layout import find_layout
from pipeline.datasets.survey.survey import survey
from pipeline.datasets.survey.words import finding
from pipeline.errors import UserError

HIDDEN = (
    ".ipynb_checkpoints/1-checkpoint.png",
    ".thumbnails/1.png",
    "deep/@eaDir/1.png",
    "__MACOSX/1.png",
    "lost+found/1.png",
    "$RECYCLE.BIN/1.png",
)


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """Three pictures of 64 pixels, and what systems and telephones put beside them."""
    root = tmp_path / "mine"
    tiny.write_pictures(root, 2, 64, 64)
    tiny.write_picture(root / "deep/3.png", 3, 64, 64)
    for name in HIDDEN:
        tiny.write_picture(root / name, 1, 16, 16)
    for name in ("._0.png", "Thumbs.db", ".DS_Store", "a.heic", "b.HEIC", "c.avif", "notes.txt"):
        (root / name).touch()
    (root / "README").touch()
    return root


PASSED_OVER = [
    "2 .heic files: save them as PNG or JPEG to have them read",
    "1 files without an ending",
    "1 .avif files: save them as PNG or JPEG to have them read",
    "1 .txt files",
    "6 hidden, system or linked folders: ",
    "3 hidden or system files: ",
]


def test_everything_is_read_or_counted(folder):
    found = contents_of(folder, PICTURES)
    assert [path.name for path in found.files] == ["0.png", "1.png", "3.png"]
    for line, start in zip(found.passed_over(), PASSED_OVER, strict=True):
        assert line.startswith(start)
    named = found.passed_over()[-2]
    assert named.endswith(", ...")
    assert sum(name.split("/")[-2] in named for name in HIDDEN) == 3


def test_every_command_reads_the_same_files(folder, tmp_path, capsys):
    layout = find_layout(folder, "flat")
    seen = survey(layout)
    read = [one.file for one in seen["train"]["mine"].seen]
    assert {file.name for file in read} == {"0.png", "1.png", "3.png"}
    said = finding(layout, seen)
    for start in PASSED_OVER:
        assert f"  passed over: {start}" in said
    params = PictureFolderParams(root=str(folder), folders={"train": {"mine": "."}}, size=64)
    assert [item.file for item in params.source().items["train"]["mine"]] == read
    assert [job.source for job in plan([folder], tmp_path / "out", "image")] == read
    prepare(params, tmp_path / "store", workers=1)
    said = capsys.readouterr().err
    for start in PASSED_OVER:
        assert said.count(f"passed over in {folder}: {start}") == 2  # by translate, by prepare


def test_hidden_folders_are_no_domains(tmp_path):
    for name in ("day", "night", ".thumbnails", "@eaDir"):
        tiny.write_pictures(tmp_path / name, 2, 64, 64)
    assert find_layout(tmp_path).domains == ["day", "night"]


def test_pictures_outside_of_a_layout_s_folders_are_counted(tmp_path):
    for name in ("trainA", "trainB", "more"):
        tiny.write_pictures(tmp_path / name, 2, 64, 64)
    layout = find_layout(tmp_path)
    said = finding(layout, survey(layout))
    assert "passed over: 2 pictures in other folders, as more/0.png" in said


NOTHING = r"found none among 1 files\n  1 \.heic files: save them"


def test_a_folder_of_what_is_not_read_says_what_to_do(tmp_path):
    (tmp_path / "a.heic").touch()
    with pytest.raises(UserError, match=NOTHING):
        find_layout(tmp_path)
    params = PictureFolderParams(root=str(tmp_path), folders={"train": {"a": "."}})
    with pytest.raises(UserError, match=NOTHING):
        params.source()
    with pytest.raises(UserError, match=NOTHING):
        plan([tmp_path], tmp_path / "out", "image")


def test_pipes_are_not_waited_for_and_broken_links_are_named(tmp_path):
    tiny.write_picture(tmp_path / "a.png", 1)
    os.mkfifo(tmp_path / "pipe.png")
    (tmp_path / "gone.png").symlink_to(tmp_path / "nowhere.png")
    (tmp_path / "linked").symlink_to(tmp_path)
    found = contents_of(tmp_path, PICTURES)
    assert [path.name for path in found.files] == ["a.png", "gone.png"]
    assert [path.name for path in found.hidden + found.folders] == ["pipe.png", "linked"]


def test_a_hidden_folder_that_is_asked_for_is_read(tmp_path):
    tiny.write_pictures(tmp_path / ".mine", 2)
    assert len(contents_of(tmp_path / ".mine", PICTURES).files) == 2
