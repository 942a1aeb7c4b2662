"""The embedded digits, raw and prepared."""

import numpy as np
import pytest
from pydantic import ValidationError
from sklearn.datasets import load_digits

from pipeline.datasets.digits import DigitsParams, enlarge


def test_splits_and_labels(digits_store):
    raw = load_digits()
    assert digits_store.meta.counts == {"train": {"digit": 1437}, "test": {"digit": 360}}
    assert digits_store.meta.classes == tuple("0123456789")
    tested = np.arange(len(raw.target)) % 5 == 0
    for split, chosen in (("train", ~tested), ("test", tested)):
        domain = digits_store.domain(split, "digit")
        np.testing.assert_array_equal(domain.labels, raw.target[chosen])
        assert domain.keys == [f"{index:04d}" for index in np.flatnonzero(chosen)]


def test_stored_pictures_are_the_enlarged_digits(digits_store):
    raw, test = load_digits(), digits_store.domain("test", "digit")
    for place in (0, 17, 359):
        np.testing.assert_array_equal(test.item(place), enlarge(raw.images[5 * place], 16))


def test_the_whole_range_is_used_at_the_original_size():
    levels = np.arange(64).reshape(8, 8) % 17
    same = enlarge(levels.astype(float), 8)
    assert same.dtype == np.uint8
    assert same.shape == (8, 8, 1)
    np.testing.assert_array_equal(same[:, :, 0], np.round(levels * 255 / 16))


def test_no_size_below_the_original():
    with pytest.raises(ValidationError):
        DigitsParams(size=7)


def test_excluded_digits_are_in_the_test_set_alone():
    whole, part = (DigitsParams(exclude=out).source().items for out in ((), ("4", "9")))
    kept = [item.key for item in whole["train"]["digit"] if item.label not in (4, 9)]
    assert [item.key for item in part["train"]["digit"]] == kept
    assert len(part["test"]["digit"]) == len(whole["test"]["digit"])


def test_some_digit_is_left_to_train_on():
    with pytest.raises(ValidationError, match="none is left"):
        DigitsParams(exclude=tuple("9876543210"))
