"""Label maps: which levels have a channel, and how they are read from files."""

import json

import numpy as np
import pytest
from PIL import Image
from pydantic import ValidationError

from pipeline.cli.commands.evaluate_data import prepare_places
from pipeline.cli.commands.evaluate_domains import Place
from pipeline.codecs import ImageCodec
from pipeline.codecs.label_maps import LabelMap
from pipeline.errors import UserError


def picture(*levels: int) -> np.ndarray:
    """uint8 [1, W, 3], grey."""
    return np.repeat(np.array([levels], np.uint8)[..., None], 3, axis=2)


@pytest.mark.parametrize(
    ("labels", "channels", "levels"),
    [
        (LabelMap(count=3), 3, (0, 1, 2)),
        (LabelMap(count=3, unknown=True), 4, (0, 1, 2, 3, 255)),
        (LabelMap(count=3, first=1, unknown=True), 4, (0, 1, 2, 3, 4, 255)),
        (LabelMap(count=3, first=1, instances=True), 4, (1, 2, 3)),
        (LabelMap(count=255, unknown=True), 256, tuple(range(256))),
        (LabelMap(count=255, first=1), 255, tuple(range(1, 255))),
    ],
)
def test_channels_and_the_levels_that_have_one(labels, channels, levels):
    assert (labels.channels, labels.levels) == (channels, levels)
    labels.check(picture(*levels))
    for level in set(range(256)) - set(levels):
        with pytest.raises(ValueError, match=f"found {level}$"):
            labels.check(picture(levels[0], level))


def test_colours_are_no_labels_unless_they_number_instances():
    coloured = picture(1, 2, 1)
    coloured[0, 1, 2] = 9
    with pytest.raises(ValueError, match="found colours"):
        LabelMap(count=3).check(coloured)
    LabelMap(count=3, instances=True).check(coloured)


def test_a_codec_without_label_maps_says_nothing_of_them():
    codec = ImageCodec(size=8, channels={"a": 3})
    assert codec.model_dump() == {"kind": "image", "size": 8, "channels": {"a": 3}}
    labelled = ImageCodec(size=8, channels={"a": 3}, labels={"a": LabelMap(count=3)})
    raw = json.loads(json.dumps(labelled.model_dump(mode="json")))
    assert ImageCodec.model_validate(raw) == labelled
    assert raw["labels"]["a"]["count"] == 3
    for channels, found in (({"a": 1}, "1"), ({"b": 3}, "none")):
        with pytest.raises(ValidationError, match=f"a domain of 3 channels, found {found}"):
            ImageCodec.model_validate(raw | {"channels": channels})


@pytest.mark.parametrize("half", [None, 1])
def test_levels_are_never_mixed_where_files_are_prepared(tmp_path, half):
    board = np.kron(np.indices((6, 6)).sum(axis=0) % 2, np.ones((5, 5), int))  # 30 pixels
    levels = (board * 40).astype(np.uint8)
    file = levels if half is None else np.concatenate([np.full_like(levels, 99), levels], axis=1)
    (tmp_path / "maps").mkdir()
    Image.fromarray(file).save(tmp_path / "maps/one.png")
    codec = ImageCodec(size=16, channels={"map": 3}, labels={"map": LabelMap(count=41)})
    places = {"map": Place("map", tmp_path / "maps", half=half)}
    store = prepare_places(places, codec, tmp_path / "store")
    stored = np.asarray(store.domain("test", "map").item(0))
    assert stored.shape == (16, 16, 3)
    assert np.unique(stored).tolist() == [0, 40]
    plain = prepare_places(
        places, ImageCodec(size=16, channels={"map": 3}), tmp_path / "other"
    ).domain("test", "map")
    assert len(np.unique(np.asarray(plain.item(0)))) > 2


def test_files_that_are_no_label_maps_are_named(tmp_path):
    (tmp_path / "maps").mkdir()
    Image.fromarray(np.full((20, 20), 9, np.uint8)).save(tmp_path / "maps/one.png")
    codec = ImageCodec(size=16, channels={"map": 3}, labels={"map": LabelMap(count=3)})
    with pytest.raises(UserError, match=r"one\.png: expected a label map of levels 0 to 2"):
        prepare_places({"map": Place("map", tmp_path / "maps")}, codec, tmp_path / "store")
