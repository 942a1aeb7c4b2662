"""Classes as further inputs."""

import pytest
import torch
from torch import nn

from pipeline.nn.conditioning import OneHotInput, OneHotPlanes

LABELS = torch.tensor([2, 0])


@pytest.mark.parametrize("dtype", [torch.float32, torch.bfloat16])
def test_a_class_stands_behind_a_vector(dtype):
    z = torch.randn(2, 4).to(dtype)
    found = OneHotInput(nn.Identity(), 3)(z, LABELS)
    assert found.dtype == dtype
    assert torch.equal(found[:, :4], z)
    assert found[:, 4:].tolist() == [[0, 0, 1], [1, 0, 0]]


@pytest.mark.parametrize("dtype", [torch.float32, torch.bfloat16])
def test_a_class_is_a_plane_behind_a_samples_channels(dtype):
    x = torch.randn(2, 3, 4, 5).to(dtype)
    found = OneHotPlanes(nn.Identity(), 3)(x, LABELS)
    assert found.dtype == dtype
    assert torch.equal(found[:, :3], x)
    assert torch.equal(found[:, 3:].amax(dim=(2, 3)), found[:, 3:].amin(dim=(2, 3)))
    assert found[:, 3:, 0, 0].tolist() == [[0, 0, 1], [1, 0, 0]]


def test_labels_beyond_the_classes_are_refused():
    with pytest.raises(RuntimeError, match="num_classes"):
        OneHotInput(nn.Identity(), 3)(torch.randn(1, 4), torch.tensor([3]))
