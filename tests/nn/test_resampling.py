"""Halving and doubling behind a filter, compared with convolutions by the filter itself."""

import pytest
import torch
from originals import BlurredDoubling, BlurredHalving

from pipeline.nn.resampling import BlurPool, upsample


def test_a_halving_by_hand():
    row = torch.tensor([4.0, 8.0, 0.0, 4.0])[None, None, None].expand(1, 1, 4, 4)
    # Mirrored before: (8 + 2 * 4 + 8) / 4, then (8 + 2 * 0 + 4) / 4.
    assert BlurPool()(row)[0, 0].tolist() == [[6.0, 3.0], [6.0, 3.0]]


@pytest.mark.parametrize("shape", [(2, 3, 8, 12), (1, 2, 7, 9)])
def test_halving_is_a_convolution_by_the_filter(shape):
    x = torch.randn(shape)
    torch.testing.assert_close(BlurPool()(x), BlurredHalving(shape[1])(x))


@pytest.mark.parametrize("layout", [torch.contiguous_format, torch.channels_last])
def test_doubling_is_a_transposed_convolution_by_the_filter(layout):
    x = torch.randn(2, 3, 5, 8).to(memory_format=layout)
    enlarge = upsample("blur", 3, 1, bias=True)[0]
    torch.testing.assert_close(enlarge(x), BlurredDoubling(3)(x))


def test_what_alternates_is_gone_and_what_is_even_stays():
    """Filtered values do not depend on which of two neighbours is taken."""
    place = torch.arange(16.0)
    alternating = (place[:, None] + place) % 2
    found = BlurPool()(alternating[None, None])
    torch.testing.assert_close(found, torch.full_like(found, 0.5))
    even = torch.full((1, 1, 6, 6), 3.0)
    assert torch.equal(BlurPool()(even), even[..., :3, :3])
    assert torch.equal(upsample("blur", 1, 1, bias=True)[0](even), torch.full((1, 1, 12, 12), 3.0))
