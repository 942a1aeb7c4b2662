"""Padding in pieces is padding."""

import pytest
import torch
from torch.nn.functional import pad

from pipeline.nn.padding import ReflectionPad, reflected
from pipeline.system.hardware import choose_kernels


@pytest.fixture
def exact():
    choose_kernels(deterministic=True)
    yield
    choose_kernels(deterministic=False)


@pytest.mark.parametrize("sides", [(3, 3, 3, 3), (1, 2, 3, 4), (0, 4), (0, 0)])
def test_values_and_gradients_are_those_of_torch(sides):
    first = torch.randn(2, 3, 5, 6, requires_grad=True)
    second = first.detach().clone().requires_grad_()
    if len(sides) == 2:  # torch takes that of three dimensions alone
        first, second = first[0], second[0]
    ours, theirs = reflected(first, sides), pad(second, sides, mode="reflect")
    assert torch.equal(ours, theirs)
    weights = torch.randn_like(ours)
    (one,), (two,) = (
        torch.autograd.grad((y * weights).sum(), x) for y, x in ((ours, first), (theirs, second))
    )
    torch.testing.assert_close(one, two)


def test_the_layer_gives_the_same_either_way(exact):
    x = torch.randn(1, 2, 6, 4)
    assert torch.equal(ReflectionPad(2)(x), pad(x, (2, 2, 2, 2), mode="reflect"))
