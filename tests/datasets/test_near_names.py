"""Names that are meant to be pairs: found whatever their suffix, case or Unicode form."""

import unicodedata

import pytest
import tiny
import torch
from stores import prepared

from pipeline.datasets.folders import PictureFolderParams
from pipeline.datasets.near_names import near_pairs, near_words
from pipeline.datasets.survey.layout import find_layout
from pipeline.datasets.survey.survey import survey
from pipeline.datasets.survey.words import finding
from pipeline.errors import UserError
from pipeline.methods.registry import load_run
from pipeline.training.readers import reader_of

COMPOSED = "caf\u00e9"
APART = unicodedata.normalize("NFD", COMPOSED)


@pytest.mark.parametrize(
    ("a", "b", "expected"),
    [
        (
            {"001_rgb", "002_rgb"},
            {"001_mask", "002_mask"},
            ["001_rgb=001_mask", "002_rgb=002_mask"],
        ),
        ({"img_1", "img_12"}, {"label-1", "label-12"}, ["img_1=label-1", "img_12=label-12"]),
        ({"A1", "B2"}, {"a1", "b2"}, ["A1=a1", "B2=b2"]),
        ({COMPOSED, "x"}, {APART, "y"}, [f"{COMPOSED}={APART}"]),
        ({"a b", "c"}, {"a_b", "c"}, ["a b=a_b"]),
        ({"x/1", "x/2"}, {"1", "2"}, ["x/1=1", "x/2=2"]),
        ({"horse", "cow"}, {"zebra", "gnu"}, []),
        ({"101", "111"}, {"21", "31"}, []),
        ({"a", "A"}, {"á", "b"}, []),
        ({"same"}, {"same"}, []),
        (set(), set(), []),
    ],
)
def test_what_is_alike(a, b, expected):
    assert [f"{one}={other}" for one, other in near_pairs(a, b)] == expected
    assert [f"{one}={other}" for other, one in near_pairs(b, a)] == expected
    words = near_words(a, b)
    assert words.startswith(f"{len(expected)} names are alike") if expected else words == ""


def test_they_are_offered_where_pairs_are_looked_for_and_asked_for(tmp_path):
    for number in range(3):
        tiny.write_picture(tmp_path / f"photo/{number}_rgb.png", number, 64, 64)
        tiny.write_picture(tmp_path / f"mask/{number}_mask.png", number + 9, 64, 64)
    layout = find_layout(tmp_path)
    said = finding(layout, survey(layout))
    assert "equal names in train: 0 of 6 (not aligned)\n  3 names are alike but not equal" in said
    params = PictureFolderParams(
        root=str(tmp_path), folders={"train": {"photo": "photo", "mask": "mask"}}, size=16
    )
    store = prepared(params, tmp_path / "store")
    run = load_run(
        {"method": "pix2pix", "data": "d", "steps": 9, "source": "mask", "target": "photo"}
    )
    with pytest.raises(UserError, match=r"as '0_mask' and '0_rgb': rename the files"):
        reader_of(store, run, seed=1, device=torch.device("cpu"))
