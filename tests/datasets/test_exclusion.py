"""A combination of factors that training never sees."""

import json

import pytest
from pydantic import ValidationError
from stores import prepared

from pipeline.datasets.savanna.dataset import SavannaParams

SMALL = {"train": 40, "test": 24, "classifier": 4, "views": ("labels",)}
AWAY = {"animal": "zebra", "facing": "left"}


def has(item) -> bool:
    return all(item.factors[name] == value for name, value in AWAY.items())


def test_training_lacks_the_combination_and_nothing_else_changes():
    whole, less = (SavannaParams(**SMALL, exclude=e).source() for e in ({}, AWAY))
    assert whole.excluded == {}
    assert less.excluded == AWAY
    for split, domains in whole.items.items():
        for domain, items in domains.items():
            kept = [item for item in items if split != "train" or not has(item)]
            assert [item.key for item in less.items[split][domain]] == [item.key for item in kept]
    assert 0 < len(less.items["train"]["zebra"]) < 40
    assert len(less.items["train"]["horse"]) == 40
    assert any(map(has, less.items["test"]["scene"]))
    assert any(map(has, less.items["classifier"]["zebra"]))
    keys = [[item.key for item in less.items["train"][name]] for name in ("scene", "labels")]
    assert keys[0] == keys[1]  # views stay aligned
    values = {name: {item.factors[name] for item in less.items["train"]["scene"]} for name in AWAY}
    assert values == {"animal": {"horse", "zebra"}, "facing": {"left", "right"}}


def test_the_store_says_what_was_left_out_and_only_then(tmp_path):
    tiny = {"train": 6, "test": 2, "classifier": 2, "views": ()}
    whole = prepared(SavannaParams(**tiny), tmp_path / "whole")
    less = prepared(SavannaParams(**tiny, exclude=AWAY), tmp_path / "less")
    assert whole.excluded == {}
    assert "excluded" not in json.loads((tmp_path / "whole" / "meta.json").read_text())
    assert less.excluded == AWAY
    assert type(less)(tmp_path / "less").meta == less.meta
    assert less.fingerprint != whole.fingerprint
    zebra = less.domain("train", "zebra")
    assert all(zebra.factors_of(at)["facing"] == "right" for at in range(len(zebra)))


@pytest.mark.parametrize(
    ("exclude", "words"),
    [
        ({"coat": "black"}, "one value is no combination"),
        ({"coat": "pink", "facing": "left"}, "exclude.coat: found 'pink', allowed: bay, chestnut"),
        ({"length": "0.5", "facing": "left"}, "exclude: found 'length', allowed: animal, ground"),
        ({"tail": "long", "facing": "left"}, "exclude: found 'tail'"),
        ({"animal": "horse", "ground": "meadow"}, "each animal lives on one ground"),
    ],
)
def test_what_is_no_combination_is_refused(exclude, words):
    with pytest.raises(ValidationError, match=words):
        SavannaParams(exclude=exclude)
