"""Factors from a data set to the reader of its prepared store."""

from itertools import combinations
from pathlib import Path
from typing import Literal

import numpy as np
import pytest
import tiny
from stores import prepared

from pipeline.datasets import digits, writer
from pipeline.datasets.corpora import CorpusParams
from pipeline.datasets.digits import DigitsParams
from pipeline.datasets.factors import Category, Factor, Number
from pipeline.datasets.prepare import prepare
from pipeline.datasets.savanna import FACTORS, factors_of, sample_scene, scene_of
from pipeline.datasets.savanna.dataset import SavannaParams, render
from pipeline.datasets.source import Item, PictureParams, Source
from pipeline.datasets.store import Store
from pipeline.datasets.voices import VoicesParams
from pipeline.errors import UserError

SAVANNA = SavannaParams(train=5, test=3, classifier=4)
VIEWS = ("labels", "edges", "grey", "night", "plan")


@pytest.fixture(scope="module")
def savanna(tmp_path_factory: pytest.TempPathFactory) -> Store:
    """Every split, domain and view, by several processes, in shards of two or three pictures."""
    out = tmp_path_factory.mktemp("prepared") / "savanna"
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(writer, "SHARD_BYTES", 30_000)
        prepare(SAVANNA, out, workers=2)
    return Store(out)


@pytest.fixture(scope="module")
def voices(tmp_path_factory: pytest.TempPathFactory) -> Store:
    return prepared(VoicesParams(train=2, test=2), tmp_path_factory.mktemp("prepared") / "voices")


def agree(store: Store, split: str, a: str, b: str) -> set[str]:
    """The factors that are equal in two aligned domains, item by item."""
    one, other = store.domain(split, a).factors, store.domain(split, b).factors
    return {name for name in store.factors if np.array_equal(one[name], other[name])}


def shared(store: Store) -> set[str]:
    return {name for name, factor in store.factors.items() if factor.shared}


# The embedded sets


def test_parameters_tell_what_the_store_will_hold(savanna, voices, digits_store):
    assert SAVANNA.spec == savanna.spec
    assert VoicesParams(train=2, test=2).spec == voices.spec
    assert DigitsParams(size=tiny.SIDE).spec == digits_store.spec


def test_a_picture_is_drawn_again_from_the_factors_that_are_read(savanna):
    domains = [(s, d) for s, found in savanna.meta.counts.items() for d in found]
    assert len(domains) == 2 * (2 + 1 + len(VIEWS)) + 2
    for split, name in domains:
        domain = savanna.domain(split, name)
        for index in range(len(domain)):
            known = domain.factors_of(index)
            view = name if name in VIEWS else "picture"
            drawn = render(view, scene_of(known), 64, known["animal"], known["ground"])
            np.testing.assert_array_equal(domain.item(index), drawn)


def test_the_factors_are_those_that_the_picture_was_drawn_with(savanna):
    assert savanna.factors == FACTORS
    for split, domains in SAVANNA.source().items.items():
        for name, items in domains.items():
            domain = savanna.domain(split, name)
            assert domain.keys == [item.key for item in items]
            kept = [domain.factors_of(index) for index in range(len(domain))]
            assert kept == [item.factors for item in items]


def test_a_scene_is_its_factors_and_back():
    rng = np.random.default_rng(3)
    for scene in (sample_scene(rng) for _ in range(200)):
        known = factors_of(scene, "zebra", "meadow")
        assert known.keys() == FACTORS.keys()
        assert scene_of(known) == scene
        for name, factor in FACTORS.items():
            assert factor.decode(factor.encode(known[name])) == known[name]


def test_aligned_domains_agree_on_all_factors_that_domains_share(savanna, voices):
    aligned = [
        (store, split, a, b)
        for store in (savanna, voices)
        for split, domains in store.meta.domains.items()
        for a, b in combinations(domains, 2)
        if store.aligned(split, a, b)
    ]
    assert len(aligned) == 2 * 15 + 1 + 1  # scene and its views; horse, zebra; arthur, beatrice
    assert all(shared(store) <= agree(store, *where) for store, *where in aligned)


def test_what_tells_domains_apart_is_not_shared(savanna, voices):
    assert agree(savanna, "test", "horse", "zebra") == FACTORS.keys() - {"animal", "ground"}
    assert agree(savanna, "test", "scene", "labels") == FACTORS.keys()
    assert agree(voices, "test", "arthur", "beatrice") == {"sentence"}


def test_the_factor_of_a_digit_is_the_digit(digits_store):
    assert digits_store.factors == {"digit": Category(names=tuple("0123456789"))}
    for split in ("train", "test"):
        domain = digits_store.domain(split, "digit")
        np.testing.assert_array_equal(domain.factors["digit"], domain.labels)


def test_voices_know_who_says_what(voices):
    assert voices.factors["speaker"].names == ("arthur", "beatrice")
    for split in ("train", "test"):
        for name in ("arthur", "beatrice"):
            domain = voices.domain(split, name)
            known = [domain.factors_of(index) for index in range(len(domain))]
            assert known == [{"sentence": key, "speaker": name} for key in domain.keys]


def test_speakers_of_folders_are_their_domains(sound_store):
    assert sound_store.factors == {"speaker": Category(names=("ann", "bob"), shared=False)}
    for split in ("train", "test"):
        assert set(sound_store.domain(split, "ann").factors["speaker"].tolist()) == {0}
        assert set(sound_store.domain(split, "bob").factors["speaker"].tolist()) == {1}


# As readers see them


def test_factors_are_mapped_not_read(savanna):
    columns = savanna.domain("train", "scene").factors
    assert list(columns) == list(FACTORS)
    assert all(isinstance(column, np.memmap) for column in columns.values())
    assert columns["horizon"].dtype == np.float64
    assert columns["coat"].dtype == np.int64
    assert all(column.shape == (5,) for column in columns.values())


def test_a_factor_that_there_is_not_is_refused(picture_store, sound_store):
    speakers = sound_store.domain("train", "ann")
    for refused in (sound_store.factors, speakers.factors):
        with pytest.raises(UserError, match="has no factor 'coat', but speaker"):
            refused["coat"]
    pictures = picture_store.domain("train", "day")
    assert pictures.factors_of(0) == {}
    for refused in (picture_store.factors, pictures.factors):
        with pytest.raises(UserError, match=f"{picture_store.root}.* has no factor 'coat', nor"):
            refused["coat"]


# As preparation writes them


class Grey(PictureParams):
    """Pictures that are equal whatever is known of them."""

    kind: Literal["grey"] = "grey"
    size: int = 8
    depths: tuple[float, ...] = (1.0, 2.0, 3.0, 4.0)
    high: float | None = None
    declared: bool = True

    @property
    def channels(self) -> dict[str, int]:
        return {"a": 1}

    def source(self) -> Source:
        items = [
            Item(str(place), grey_square, factors={"depth": depth})
            for place, depth in enumerate(self.depths)
        ]
        factors: dict[str, Factor] = {"depth": Number(high=self.high)} if self.declared else {}
        return Source({"train": {"a": items}}, factors=factors)


def grey_square() -> np.ndarray:
    return np.full((8, 8, 1), 128, np.uint8)


def test_the_fingerprint_changes_with_the_factors_and_with_their_types(tmp_path):
    def fingerprint(params: Grey) -> tuple[str, str]:
        store = prepared(params, tmp_path / "out")
        return store.fingerprint, store.meta.domains["train"]["a"].content

    (first, content), again = fingerprint(Grey()), fingerprint(Grey())
    assert again == (first, content)
    other, typed = fingerprint(Grey(depths=(1.0, 2.0, 3.0, 5.0))), fingerprint(Grey(high=4.0))
    assert other[0] != first != typed[0]
    assert other[1] != content == typed[1]


def test_a_source_is_another_with_other_factors():
    sources = [Grey(), Grey(depths=(1.0, 2.0, 3.0, 5.0)), Grey(high=4.0)]
    assert len({params.source().fingerprint() for params in sources}) == 3


def test_factors_that_were_not_declared_are_refused(tmp_path):
    with pytest.raises(ValueError, match="item '0': values and declared factors differ in depth"):
        prepare(Grey(declared=False), tmp_path / "out", workers=1)


@pytest.mark.parametrize("stop", range(1, 6))
def test_a_preparation_that_is_stopped_between_factors_and_its_note_goes_on(
    tmp_path, monkeypatch, stop
):
    monkeypatch.setattr(writer, "SHARD_BYTES", 100_000)
    params = DigitsParams(size=16)
    note, noted = writer.replace, []

    def stop_before(path: Path, content: bytes) -> None:
        noted.append(path)
        if len(noted) == stop:
            raise KeyboardInterrupt
        note(path, content)

    with monkeypatch.context() as patch:
        patch.setattr(writer, "replace", stop_before)
        with pytest.raises(KeyboardInterrupt):
            prepare(params, tmp_path / "out", workers=1)
    prepare(params, tmp_path / "out", workers=1)
    prepare(params, tmp_path / "whole", workers=1)
    assert tiny.tree(tmp_path / "out") == tiny.tree(tmp_path / "whole")


def test_a_stopped_preparation_with_other_factors_does_not_go_on(tmp_path, monkeypatch):
    monkeypatch.setattr(writer, "SHARD_BYTES", 100_000)
    with monkeypatch.context() as patch:
        patch.setattr(digits, "NAMES", tuple("abcdefghij"))
        patch.setattr(writer.DomainWriter, "close", lambda self: (_ for _ in ()).throw(SystemExit))
        with pytest.raises(SystemExit):
            prepare(DigitsParams(size=8), tmp_path / "out", workers=1)
    prepare(DigitsParams(size=8), tmp_path / "out", workers=1)
    prepare(DigitsParams(size=8), tmp_path / "whole", workers=1)
    assert tiny.tree(tmp_path / "out") == tiny.tree(tmp_path / "whole")


def test_items_that_are_taken_from_an_earlier_store_have_the_present_factors(tmp_path, analysed):
    speakers, said = ("VCC2SF1", "VCC2TF1"), ("10002", "10003")
    for speaker in speakers:
        for number in said:
            write_clip(tmp_path, f"training/{speaker}/{number}")
        write_clip(tmp_path, f"evaluation/{speaker}/30001")
    params = CorpusParams(
        root=str(tmp_path / "raw"),
        corpus="vcc2018",
        speakers=speakers,
        convention=tiny.CONVENTION,
    )
    prepare(params, tmp_path / "out", workers=1)
    analysed.clear()
    write_clip(tmp_path, "training/VCC2TF1/10001")  # every sentence after it has another index
    prepare(params, tmp_path / "out", workers=1)
    assert analysed == ["vcc2018_training/VCC2TF1/10001"]
    store = Store(tmp_path / "out")
    assert store.factors["sentence"].names == ("10001", *said, "30001")
    for split in ("train", "test"):
        for speaker in speakers:
            domain = store.domain(split, speaker)
            known = [domain.factors_of(index) for index in range(len(domain))]
            assert known == [{"sentence": key, "speaker": speaker} for key in domain.keys]
    prepare(params, tmp_path / "anew", workers=1)
    assert tiny.tree(tmp_path / "out") == tiny.tree(tmp_path / "anew")


def write_clip(root: Path, name: str) -> None:
    split, speaker, number = name.split("/")
    seed = int(number) + len(speaker)
    tiny.write_sound(root / f"raw/vcc2018_{split}" / speaker / f"{number}.wav", seed, 0.2)


def test_nothing_but_the_table_is_left_of_how_it_was_written(savanna):
    kept = {path.name for path in (savanna.root / "train/scene").iterdir()}
    shards = {name for name in kept if name.startswith("shard-")}
    assert kept - shards == {"items.tsv", "labels.npy", "factors.npy"}
    assert len(shards) == 2
