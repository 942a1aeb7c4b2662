"""A model's metrics in words."""

import pytest

from demo.metrics import title


@pytest.mark.parametrize(
    ("name", "words"),
    [
        ("psnr", "PSNR to the true counterpart (higher is better)"),
        ("mcd", "Mel-cepstral distortion (lower is better)"),
        ("mean_f0", "Mean pitch (F0)"),
    ],
)
def test_the_title_says_which_way_is_better_where_one_is(name: str, words: str) -> None:
    assert title("ann_to_bob", name) == f"Ann to bob: {words}"
