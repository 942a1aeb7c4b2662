"""Folders of the user's own files."""

from pathlib import Path

import numpy as np
import pytest
import tiny
from PIL import Image
from stores import prepared

from pipeline.datasets.folders import (
    PICTURES,
    SOUNDS,
    PictureFolderParams,
    SoundFolderParams,
    key_of,
)
from pipeline.datasets.layouts import files_in
from pipeline.datasets.prepare import prepare
from pipeline.datasets.source import Source
from pipeline.datasets.views import edges, grey
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
    assert names(source) == {"train": {"horse": ["1"], "zebra": ["2"]}, "test": {"horse": ["3"]}}
    assert source.classes == ()


def test_what_macos_keeps_beside_files_and_folders_named_as_files_are_passed_over(tmp_path):
    touch(tmp_path, "a.png", "._a.png", "folder.png/b.png")
    found = files_in(tmp_path, PICTURES)
    assert [key_of(file, tmp_path) for file in found] == ["a", "folder.png/b"]


def names(source: Source) -> dict[str, dict[str, list[str]]]:
    return {
        split: {domain: [item.key for item in items] for domain, items in domains.items()}
        for split, domains in source.items.items()
    }


def laid_out(root: Path, layout: str, **others: object) -> PictureFolderParams:
    return PictureFolderParams(
        root=str(root), layout=layout, domains=("horse", "zebra"), size=16, **others
    )


# trainA trainB testA testB


@pytest.mark.parametrize("test", ["test", "val"])
def test_lettered_folders_need_no_list(tmp_path, test):
    touch(tmp_path, "trainA/1.png", "trainB/2.png", f"{test}A/3.png", f"{test}B/4.png")
    assert names(laid_out(tmp_path, "ab").source()) == {
        "train": {"horse": ["1"], "zebra": ["2"]},
        "test": {"horse": ["3"], "zebra": ["4"]},
    }


def test_lettered_folders_are_as_if_they_were_listed(tmp_path):
    for name in ("trainA", "trainB", "testA", "testB"):
        tiny.write_picture(tmp_path / "raw" / name / "x.png", len(name))
    listed = {
        "train": {"horse": "trainA", "zebra": "trainB"},
        "test": {"horse": "testA", "zebra": "testB"},
    }
    prepare(laid_out(tmp_path / "raw", "ab"), tmp_path / "ab", workers=1)
    params = PictureFolderParams(root=str(tmp_path / "raw"), folders=listed, size=16)
    prepare(params, tmp_path / "listed", workers=1)
    assert tiny.tree(tmp_path / "ab") == tiny.tree(tmp_path / "listed")


def test_lettered_folders_may_lack_tests_and_test_before_val(tmp_path):
    touch(tmp_path, "trainA/1.png", "trainB/2.png")
    assert list(laid_out(tmp_path, "ab").source().items) == ["train"]
    touch(tmp_path, "valA/3.png", "valB/4.png", "testA/5.png")
    assert names(laid_out(tmp_path, "ab").source())["test"] == {"horse": ["5"]}


def test_sounds_may_lie_in_lettered_folders(tmp_path):
    touch(tmp_path, "trainA/1.wav", "trainB/2.flac")
    params = SoundFolderParams(root=str(tmp_path), layout="ab", domains=("ann", "bob"))
    assert names(params.source()) == {"train": {"ann": ["1"], "bob": ["2"]}}


# A|B side by side


def write_pair(path: Path, seed: int, side: int = 16) -> np.ndarray:
    path.parent.mkdir(parents=True, exist_ok=True)
    pixels = np.random.default_rng(seed).integers(0, 256, (side, 2 * side, 3), dtype=np.uint8)
    Image.fromarray(pixels).save(path)
    return pixels


def test_pictures_side_by_side_are_two_aligned_domains(tmp_path):
    pixels = {
        name: write_pair(tmp_path / "raw" / name, seed)
        for seed, name in enumerate(["train/1.png", "train/2.png", "test/3.png", "val/4.png"])
    }
    store = prepared(laid_out(tmp_path / "raw", "halves"), tmp_path / "out")
    assert store.meta.counts == {
        "train": {"horse": 2, "zebra": 2},
        "test": {"horse": 1, "zebra": 1},
    }
    for split in ("train", "test"):
        assert store.aligned(split, "horse", "zebra")
        left, right = store.domain(split, "horse"), store.domain(split, "zebra")
        for index, key in enumerate(left.keys):
            expected = pixels[f"{split}/{key}.png"]
            np.testing.assert_array_equal(left.item(index), expected[:, :16])
            np.testing.assert_array_equal(right.item(index), expected[:, 16:])


def test_pairs_without_folders_for_splits(tmp_path):
    touch(tmp_path, *(f"{number}.png" for number in range(20)))
    assert list(laid_out(tmp_path, "halves").source().items) == ["train"]
    found = names(laid_out(tmp_path, "halves", holdout=0.3).source())
    assert found["test"]["horse"] == found["test"]["zebra"] != []
    assert found["train"]["horse"] == found["train"]["zebra"] != []


def test_val_is_for_testing_where_there_is_no_test(tmp_path):
    touch(tmp_path, "train/1.png", "val/2.png")
    assert names(laid_out(tmp_path, "halves").source())["test"] == {"horse": ["2"], "zebra": ["2"]}


def test_damaged_pairs_are_each_named_once(tmp_path):
    write_pair(tmp_path / "train/good.png", 1)
    tiny.write_picture(tmp_path / "train/odd.png", 1, 16, 33)
    (tmp_path / "train/empty.png").touch()
    (tmp_path / "train/gone.png").symlink_to(tmp_path / "nowhere.png")
    with pytest.raises(UserError) as caught:
        prepare(laid_out(tmp_path, "halves"), tmp_path / "out", workers=1)
    text = str(caught.value)
    for line in (
        f"{tmp_path}/train/odd.png: 33x16 pixels: an odd width has no two equal halves",
        f"{tmp_path}/train/empty.png: the file is empty",
    ):
        assert text.count(line) == 1
    assert "No such file" in text
    assert "good" not in text


# Refusals


@pytest.mark.parametrize(
    ("changes", "reason"),
    [
        ({"domains": None}, "needs the names of its two domains"),
        ({"domains": ("a", "a")}, "needs the names of its two domains"),
        ({"folders": {"train": {"a": "a"}}}, "leave folders out"),
        ({"layout": "folders"}, "domains are for the layouts"),
        ({"layout": "folders", "domains": None}, "folders has no domain under 'train'"),
    ],
)
def test_a_layout_gets_what_it_needs_and_no_more(changes, reason):
    block = {"root": ".", "layout": "ab", "domains": ("a", "b"), **changes}
    with pytest.raises(ValueError, match=reason):
        PictureFolderParams(**block)


def test_sounds_have_no_halves():
    with pytest.raises(ValueError, match="'halves', which is for pictures"):
        SoundFolderParams(root=".", layout="halves", domains=("a", "b"))


@pytest.mark.parametrize(("layout", "train"), [("ab", "trainA"), ("halves", "train")])
def test_missing_folders_and_needless_holdouts_are_named(tmp_path, layout, train):
    touch(tmp_path, "testA/1.png", "test/1.png")
    with pytest.raises(UserError, match=f"expected a folder at {tmp_path / train}"):
        laid_out(tmp_path, layout).source()
    with pytest.raises(UserError, match=r"holdout makes the split 'test', but .* has one in test"):
        laid_out(tmp_path, layout, holdout=0.1).source()


def test_views_are_made_of_the_one_domain(tmp_path):
    for split, count in (("train", 3), ("test", 2)):
        tiny.write_pictures(tmp_path / split, count, 40, 40)
    folders = {split: {"photo": split} for split in ("train", "test")}
    params = PictureFolderParams(
        root=str(tmp_path), folders=folders, size=32, views=("grey", "edges")
    )
    store = prepared(params, tmp_path / "out")
    assert store.codec.channels == {"photo": 3, "grey": 1, "edges": 1}
    for view, make in (("grey", grey), ("edges", edges)):
        assert store.aligned("test", "photo", view)
        photo, made = (store.domain("test", name).item(1) for name in ("photo", view))
        assert np.array_equal(made, make(photo))


@pytest.mark.parametrize(
    ("folders", "words"),
    [
        ({"a": "a", "b": "b"}, "views are of a single domain, but there are 2"),
        ({"grey": "a"}, "a domain is called 'grey' like a view of it"),
    ],
)
def test_views_that_mean_nothing_are_refused(folders, words):
    with pytest.raises(ValueError, match=words):
        PictureFolderParams(root=".", folders={"train": folders}, views=("grey",))
