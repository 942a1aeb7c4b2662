"""Items held out for testing where there is no test set."""

import numpy as np
import pytest
import tiny
from stores import prepared

from pipeline.datasets.folders import PictureFolderParams, SoundFolderParams
from pipeline.datasets.holdout import hold_out, place
from pipeline.datasets.source import Item, as_is
from pipeline.errors import UserError


def items(*keys: object) -> list[Item]:
    return [Item(str(key), lambda: as_is(np.zeros(1))) for key in keys]


def keys(domains: dict[str, list[Item]]) -> dict[str, list[str]]:
    return {domain: [item.key for item in found] for domain, found in domains.items()}


def parted(share: float = 0.1, seed: int = 1, **domains: list[Item]) -> tuple[dict, dict]:
    train, test = hold_out(domains, share, seed)
    return keys(train), keys(test)


def test_the_share_is_held_out_and_everything_is_on_one_side():
    train, test = parted(0.1, a=items(*range(2000)))
    assert 160 <= len(test["a"]) <= 240
    assert sorted(train["a"] + test["a"], key=int) == [str(n) for n in range(2000)]
    assert train["a"] == sorted(train["a"], key=int)  # the order stays


def test_another_seed_holds_out_others():
    _, one = parted(0.1, 1, a=items(*range(200)))
    _, two = parted(0.1, 2, a=items(*range(200)))
    assert one != two


def test_places_never_change():
    # Data that was held out once must stay held out in later versions.
    assert [round(place(key, 1), 6) for key in ("a", "cat/7")] == [0.529857, 0.584499]


def test_a_file_more_moves_no_other():
    few, many = items(*range(100)), items(*range(0, 300))
    (train, test), (more_train, more_test) = parted(a=few), parted(a=many)
    assert set(train["a"]) <= set(more_train["a"])
    assert set(test["a"]) <= set(more_test["a"])


@pytest.mark.parametrize("seed", range(30))
def test_pairs_stay_together_and_each_side_gets_one(seed):
    train, test = parted(0.1, seed, a=items(*range(5)), b=items(*range(2, 9)))
    for side, other in ((train, test), (test, train)):
        assert side["a"]
        assert side["b"]
        assert not set(side["a"]) & set(other["b"])


@pytest.mark.parametrize("seed", range(30))
@pytest.mark.parametrize("share", [1e-6, 0.5, 0.9])
def test_two_items_a_domain_are_enough(share, seed):
    for b in (("x", "y"), ("u", "v")):
        train, test = parted(share, seed, a=items("x", "y"), b=items(*b))
        assert [len(side[d]) for side in (train, test) for d in "ab"] == [1, 1, 1, 1]


@pytest.mark.parametrize("found", [(), ("x",), ("x", "x")])
def test_a_single_name_is_too_few(found):
    with pytest.raises(UserError, match=r"holdout: \d item\(s\) of domain 'b' are too few"):
        parted(a=items(*range(9)), b=items(*found))


def test_pictures_without_a_test_set(tmp_path):
    for name in ("left", "right"):
        tiny.write_pictures(tmp_path / name, 12)
    folders = {"train": {"a": "left", "b": "right"}}
    params = PictureFolderParams(root=str(tmp_path), folders=folders, size=16, holdout=0.25)
    store = prepared(params, tmp_path / "out")
    assert store.aligned("test", "a", "b")
    assert store.aligned("train", "a", "b")
    counts = store.meta.counts
    assert counts["train"]["a"] + counts["test"]["a"] == 12
    assert list(counts) == ["train", "test"]


def test_sounds_without_a_test_set(tmp_path):
    for number in range(3):
        tiny.write_sound(tmp_path / "ann" / f"a{number}.wav", number, 0.2)
        tiny.write_sound(tmp_path / "bob" / f"b{number}.wav", number, 0.2)
    params = SoundFolderParams(
        root=str(tmp_path),
        folders={"train": {"ann": "ann", "bob": "bob"}},
        convention=tiny.CONVENTION,
        holdout=0.1,
    )
    store = prepared(params, tmp_path / "out")
    assert all(0 < counts < 3 for split in store.meta.counts.values() for counts in split.values())
    assert store.domain("test", "bob").audio(0).is_file()


def test_holdout_beside_a_test_set_is_refused():
    folders = {"train": {"a": "x"}, "test": {"a": "y"}}
    with pytest.raises(ValueError, match="holdout makes the split 'test', but folders has one"):
        PictureFolderParams(root=".", folders=folders, holdout=0.1)


@pytest.mark.parametrize("share", [-0.1, 0.95, 1])
def test_impossible_shares_are_refused(share):
    with pytest.raises(ValueError, match="holdout"):
        PictureFolderParams(root=".", folders={"train": {"a": "x"}}, holdout=share)
