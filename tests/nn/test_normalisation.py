"""Instance norm is the field's, in either memory layout."""

import pytest
import torch
from torch.nn.functional import instance_norm

from pipeline.nn.normalisation import InstanceNorm


@pytest.mark.parametrize("layout", [torch.contiguous_format, torch.channels_last])
@pytest.mark.parametrize("count", [1, 3])
def test_instance_norm_is_torchs_in_values_and_gradients(count, layout):
    x = torch.randn(count, 5, 6, 7).mul(3).add(1).contiguous(memory_format=layout)
    weights = torch.randn(count, 5, 6, 7)
    ours, theirs = x.clone().requires_grad_(), x.clone().requires_grad_()
    a, b = InstanceNorm()(ours), instance_norm(theirs)
    torch.testing.assert_close(a, b)
    (a * weights).sum().backward()
    (b * weights).sum().backward()
    torch.testing.assert_close(ours.grad, theirs.grad)
    assert a.is_contiguous(memory_format=layout)


def test_instance_norm_of_a_single_number_is_refused():
    with pytest.raises(ValueError, match="more than 1"):
        InstanceNorm()(torch.randn(2, 3, 1, 1))
