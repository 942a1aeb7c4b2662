"""Doubling and halving through the [1, 3, 3, 1] filter, beside their definitions."""

import torch
from torch.nn.functional import conv2d, interpolate

from pipeline.nn.fir import blur, double, doubling_conv, halve, halving_conv, low_pass


def upfirdn(x, taps, up, down, padding, gain=1.0):
    """Zeros between samples, zeros around, the filter, every ``down``-th sample: by hand."""
    spread = x.new_zeros(*x.shape[:2], x.shape[2] * up, x.shape[3] * up)
    spread[:, :, ::up, ::up] = x
    padded = torch.nn.functional.pad(spread, (*padding, *padding))
    length = len(taps)
    rows = [padded[:, :, :, k : padded.shape[3] - length + 1 + k] * t for k, t in enumerate(taps)]
    y = sum(rows)
    columns = [y[:, :, k : y.shape[2] - length + 1 + k] * t for k, t in enumerate(taps)]
    return gain * sum(columns)[:, :, ::down, ::down]


TAPS = [1 / 8, 3 / 8, 3 / 8, 1 / 8]


def test_doubling_and_halving_are_upfirdn():
    x = torch.randn(2, 3, 6, 10)
    torch.testing.assert_close(double(x), upfirdn(x, TAPS, 2, 1, (2, 1), 4))
    torch.testing.assert_close(halve(x), upfirdn(x, TAPS, 1, 2, (1, 1)))
    torch.testing.assert_close(blur(x, padding=2), upfirdn(x, TAPS, 1, 1, (2, 2)))


def test_a_constant_stays_what_it_is():
    inside = (slice(None), slice(None), slice(2, -2), slice(2, -2))
    for resample in (double, halve):
        assert torch.allclose(resample(torch.ones(1, 2, 16, 12))[inside], torch.ones(()))
    assert low_pass(torch.device("cpu"), torch.float32, 4.0).sum() == 4


def test_a_doubling_convolution_filters_zeros_between_samples():
    x, weight = torch.randn(2, 3, 5, 4), torch.randn(6, 3, 3, 3)
    spread = x.new_zeros(2, 3, 10, 8)
    spread[:, :, ::2, ::2] = x
    # Full convolution of the spread map, then the filter: borders are zeros beyond both.
    full = conv2d(spread, weight.flip(2, 3), padding=2)[:, :, :-1, :-1]
    expected = upfirdn(full, TAPS, 1, 1, (1, 1), 4)
    torch.testing.assert_close(doubling_conv(x, weight), expected, atol=1e-5, rtol=1e-5)


def test_stylegans_doubling_is_the_same_away_from_the_border():
    """Nearest neighbour, convolution and [1, 2, 1] blur: [1, 1] * [1, 2, 1] = [1, 3, 3, 1]."""
    x, weight = torch.randn(1, 2, 8, 8), torch.randn(4, 2, 3, 3)
    convolved = conv2d(interpolate(x, scale_factor=2), weight.flip(2, 3), padding=1)
    expected = upfirdn(convolved, [1 / 4, 1 / 2, 1 / 4], 1, 1, (1, 1))
    inside = (slice(None), slice(None), slice(3, -3), slice(3, -3))
    torch.testing.assert_close(
        doubling_conv(x, weight)[inside], expected[inside], atol=1e-5, rtol=1e-5
    )


def test_a_halving_convolution_sees_the_filtered_map():
    x, weight = torch.randn(2, 3, 8, 6), torch.randn(5, 3, 3, 3)
    expected = conv2d(upfirdn(x, TAPS, 1, 1, (2, 2)), weight)[:, :, ::2, ::2]
    torch.testing.assert_close(halving_conv(x, weight), expected, atol=1e-5, rtol=1e-5)


def test_all_can_be_differentiated_twice():
    x = torch.randn(1, 2, 4, 4, dtype=torch.float64, requires_grad=True)
    weight = torch.randn(2, 2, 3, 3, dtype=torch.float64, requires_grad=True)
    for resample in (doubling_conv, halving_conv):
        assert torch.autograd.gradgradcheck(resample, (x, weight))
