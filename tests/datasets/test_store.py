"""The prepared store as readers see it."""

import json
import shutil

import numpy as np
import pytest
import tiny
from PIL import Image

from pipeline.datasets import digits
from pipeline.datasets.folders import PictureFolderParams
from pipeline.datasets.prepare import prepare
from pipeline.datasets.store import Store
from pipeline.errors import UserError


def test_alignment_is_equality_of_names(picture_store, sound_store):
    assert picture_store.aligned("train", "day", "night")
    assert not picture_store.aligned("train", "day", "other")
    assert sound_store.aligned("test", "ann", "bob")
    assert not sound_store.aligned("train", "ann", "bob")


def test_has_asks_for_all_domains(picture_store):
    assert picture_store.has("test", "day", "night")
    assert not picture_store.has("test", "day", "other")
    assert not picture_store.has("classifier", "day")


def test_items_are_mapped_not_read(picture_store):
    row = picture_store.domain("train", "day").row(2)
    assert isinstance(row, np.memmap)
    assert row.dtype == np.uint8


def test_windows_never_cross_clips(sound_store):
    clips = sound_store.domain("train", "ann")
    assert clips.lengths.tolist() == [62, 37, 12, 87, 25]
    for index, length in enumerate(clips.lengths.tolist()):
        whole = clips.item(index)
        assert whole.shape == (length, tiny.SIDE)
        assert whole.dtype == np.float16
        np.testing.assert_array_equal(clips.chunk(index, length - 4, 4), whole[-4:])
        np.testing.assert_array_equal(clips.chunk(index, 0, 4), whole[:4])


def test_a_strange_domain_or_split_is_refused_with_what_there_is(picture_store):
    for split, name in (("train", "dusk"), ("classifier", "day")):
        with pytest.raises(UserError) as caught:
            picture_store.domain(split, name)
        text = str(caught.value)
        assert f"no domain '{name}' in split '{split}'" in text
        assert "test: day, night; train: day, night, other" in text


def test_what_is_no_store_is_refused(tmp_path):
    with pytest.raises(UserError, match=r"expected a prepared data set at .*: prepare it first"):
        Store(tmp_path / "nowhere")


@pytest.mark.parametrize("change", [{"format": 1}, {"codec": {"kind": "png"}}, {"extra": 1}])
def test_a_store_of_another_version_is_refused(picture_store, tmp_path, change):
    copy = tmp_path / "copy"
    shutil.copytree(picture_store.root, copy)
    meta = json.loads((copy / "meta.json").read_text())
    (copy / "meta.json").write_text(json.dumps(meta | change))
    with pytest.raises(UserError, match="written by another version: prepare it again"):
        Store(copy)


def test_the_fingerprint_changes_with_any_pixel_and_with_nothing_else(tmp_path):
    raw = tmp_path / "raw"
    params = PictureFolderParams(root=str(raw), folders={"train": {"a": "a"}}, size=16)

    def fingerprint(value: int) -> str:
        shutil.rmtree(raw, ignore_errors=True)
        (raw / "a").mkdir(parents=True)
        # Uncompressed, so that the file's length is the same whatever the picture.
        Image.new("RGB", (16, 16), (value, 0, 0)).save(raw / "a/one.bmp")
        prepare(params, tmp_path / "out", workers=1)
        return Store(tmp_path / "out").fingerprint

    assert fingerprint(1) == fingerprint(1)
    assert fingerprint(1) != fingerprint(2)


def test_the_fingerprint_changes_with_data_that_has_no_files(digits_store, tmp_path, monkeypatch):
    enlarge = digits.enlarge
    monkeypatch.setattr(digits, "enlarge", lambda image, size: 255 - enlarge(image, size))
    prepare(digits.DigitsParams(size=tiny.SIDE), tmp_path / "out", workers=1)
    inverted = Store(tmp_path / "out")
    assert inverted.meta.counts == digits_store.meta.counts
    assert inverted.fingerprint != digits_store.fingerprint
