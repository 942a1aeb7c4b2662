"""Sizes that networks take."""

import pytest
from torch import nn

from pipeline.nn.shapes import check_size, multiples_of


class Network(nn.Module):
    def __init__(self, multiple: int | tuple[int, int]) -> None:
        super().__init__()
        self.multiple = multiple


def test_one_multiple_is_of_both_sides_and_a_pair_of_each():
    assert multiples_of(nn.ReLU()) == (1, 1)
    assert multiples_of(Network(4)) == (4, 4)
    assert multiples_of(Network((1, 16))) == (1, 16)


def test_sizes_that_do_not_divide_are_refused():
    check_size(Network((1, 16)), 35, 64)
    with pytest.raises(ValueError, match="Network takes multiples of 1x16, but samples are 16x35"):
        check_size(Network((1, 16)), 16, 35)
    with pytest.raises(ValueError, match="Network takes multiples of 8, but samples are 36x64"):
        check_size(Network(8), 36, 64)
