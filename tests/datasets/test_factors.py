"""Factors of variation: their types, and the table that keeps them."""

import hashlib
import subprocess
import sys

import numpy as np
import pytest
import tiny
from pydantic import TypeAdapter, ValidationError

from pipeline.datasets import factor_table
from pipeline.datasets.factor_table import FactorTable
from pipeline.datasets.factors import ByFactor, Category, Factor, Number, encoded
from pipeline.datasets.source import Item, as_is
from pipeline.errors import UserError

FACTORS: dict[str, Factor] = {
    "size": Number(low=0.5, high=2),
    "legs": Number(low=0, whole=True),
    "coat": Category(names=("bay", "dun")),
}
VALUES = {"size": 0.1 + 0.6, "legs": 4, "coat": "dun"}


def test_values_come_back_as_they_were():
    row = encoded(FACTORS, VALUES)
    assert row == (0.1 + 0.6, 4.0, 1)
    back = {name: f.decode(value) for (name, f), value in zip(FACTORS.items(), row, strict=True)}
    assert back == VALUES
    assert isinstance(back["legs"], int)


@pytest.mark.parametrize(
    ("name", "value", "message"),
    [
        ("size", 0.4, "factor 'size': 0.4 is not within 0.5 to 2"),
        ("size", 2.1, "factor 'size': 2.1 is not within 0.5 to 2"),
        ("size", float("nan"), "factor 'size': nan is no finite number"),
        ("size", "large", "factor 'size': 'large' is no finite number"),
        ("legs", -1, "factor 'legs': -1 is not within 0.0 to None"),
        ("legs", 3.5, "factor 'legs': 3.5 is not whole"),
        ("coat", "tartan", "factor 'coat': 'tartan' is none of its values"),
        ("coat", 0, "factor 'coat': 0 is none of its values"),
        ("mood", "calm", "differ in mood"),
    ],
)
def test_a_value_that_does_not_fit_its_type_is_refused(name, value, message):
    with pytest.raises(ValueError, match=message):
        encoded(FACTORS, {**VALUES, name: value})


def test_a_missing_value_is_refused():
    with pytest.raises(ValueError, match="differ in coat, legs"):
        encoded(FACTORS, {"size": 1.0})


@pytest.mark.parametrize(
    ("kind", "fields", "message"),
    [
        (Number, {"low": 1, "high": 0}, "the range from 1.0 to 0.0 is empty"),
        (Category, {"names": ()}, "at least 1 item"),
        (Category, {"names": ("bay", "bay")}, "two values have one name"),
    ],
)
def test_an_impossible_type_is_refused(kind, fields, message):
    with pytest.raises(ValidationError, match=message):
        kind(**fields)


def test_types_survive_json():
    adapter = TypeAdapter(dict[str, Factor])
    encoded(FACTORS, VALUES)  # what a type keeps for its own use is not written
    assert adapter.validate_json(adapter.dump_json(FACTORS)) == FACTORS


def test_an_unknown_factor_is_named_together_with_what_there_is():
    with pytest.raises(UserError, match="store has no factor 'coot', but size, legs, coat"):
        ByFactor(FACTORS, "store")["coot"]
    with pytest.raises(UserError, match="store has no factor 'coot', nor any other"):
        ByFactor({}, "store")["coot"]
    assert ByFactor(FACTORS, "store").get("coot") is None
    assert "coot" not in ByFactor(FACTORS, "store")


def test_the_contract_loads_no_heavy_library():
    check = "import pipeline.datasets.factors, sys; sys.exit('torch' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", check], cwd=tiny.ROOT).returncode == 0


def items(count: int) -> list[Item]:
    return [
        Item(str(n), as_is, factors={"size": 0.5 + n / count, "legs": n, "coat": "bay"})
        for n in range(count)
    ]


@pytest.mark.parametrize("chunk", [16, 2**20])
def test_the_table_is_a_plain_array_that_is_written_in_parts(tmp_path, monkeypatch, chunk):
    monkeypatch.setattr(factor_table, "CHUNK", chunk)
    table, digest = FactorTable(tmp_path, FACTORS), hashlib.sha256()
    for number, item in enumerate(items(10)):
        table.add(item)
        if number % 3 == 0:
            table.flush()
    table.flush()
    table.close(10, digest.update)
    kept = np.load(tmp_path / "factors.npy")
    assert kept.dtype == [("size", "<f8"), ("legs", "<f8"), ("coat", "<i8")]
    assert kept["size"].tolist() == [0.5 + n / 10 for n in range(10)]
    assert kept["legs"].tolist() == list(range(10))
    assert digest.digest() == hashlib.sha256(kept.tobytes()).digest()


def test_rows_beyond_what_is_safe_are_dropped(tmp_path):
    stopped = FactorTable(tmp_path, FACTORS)
    for item in items(7):
        stopped.add(item)
    stopped.flush()
    table = FactorTable(tmp_path, FACTORS)
    table.resume(3)
    for item in items(7)[3:]:
        table.add(item)
    table.flush()
    table.close(7, lambda _: None)
    assert np.load(tmp_path / "factors.npy")["legs"].tolist() == list(range(7))


def test_without_factors_nothing_is_written(tmp_path):
    table = FactorTable(tmp_path, {})
    table.resume(0)
    table.add(Item("0", as_is))
    table.flush()
    table.close(1, lambda _: pytest.fail("nothing to digest"))
    assert list(tmp_path.iterdir()) == []


def test_an_item_with_other_factors_is_named(tmp_path):
    with pytest.raises(ValueError, match=r"item 'odd': .* differ in coat, legs, size"):
        FactorTable(tmp_path, FACTORS).add(Item("odd", as_is))
