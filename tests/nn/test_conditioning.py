"""Classes as further inputs, in batch norm and in the head."""

import pytest
import torch
from torch import nn

from pipeline.nn.conditioning import (
    ConditionalBatchNorm,
    Conditioned,
    OneHotInput,
    OneHotPlanes,
    ProjectionHead,
    conditional_norm,
)
from pipeline.nn.normalisation import BatchNorm

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


def test_conditional_batch_norm_begins_as_batch_norm_without_scale_and_shift():
    norm, x = conditional_norm("conditional_batch", 3, 4), torch.randn(2, 4, 5, 5) * 3 + 1
    torch.testing.assert_close(norm(x, LABELS), BatchNorm(4, affine=False)(x))


def test_each_class_has_a_scale_and_a_shift_of_its_own():
    norm, x = conditional_norm("conditional_batch", 3, 4), torch.randn(2, 4, 5, 5) * 3 + 1
    nn.init.normal_(norm.gain.weight)
    nn.init.normal_(norm.bias.weight)
    plain = (x - x.mean((0, 2, 3), keepdim=True)) / (
        x.var((0, 2, 3), keepdim=True, unbiased=False) + 1e-5
    ).sqrt()
    found = norm(x, LABELS)
    for row, label in enumerate(LABELS):
        scale, shift = 1 + norm.gain.weight[label], norm.bias.weight[label]
        expected = plain[row] * scale[:, None, None] + shift[:, None, None]
        torch.testing.assert_close(found[row], expected)


def test_conditional_batch_norm_uses_running_statistics_in_evaluation():
    norm = conditional_norm("conditional_batch", 3, 4)
    norm.norm.running_mean.fill_(2)
    norm.norm.running_var.fill_(9)
    x = torch.full((2, 4, 2, 2), 5.0)
    torch.testing.assert_close(norm.eval()(x, LABELS), torch.ones_like(x), atol=1e-5, rtol=0)


@pytest.mark.parametrize("kind", ["batch", "instance", "none"])
def test_other_norms_are_told_no_class(kind):
    assert not isinstance(conditional_norm(kind, 0, 4), ConditionalBatchNorm)


def test_a_condition_without_classes_is_refused():
    with pytest.raises(ValueError, match="norm: conditional_batch needs classes"):
        conditional_norm("conditional_batch", 0, 4)
    with pytest.raises(ValueError, match="head: projection needs classes"):
        ProjectionHead(4, 1, 1)
    with pytest.raises(ValueError, match="gives one logit, but 3 outputs"):
        ProjectionHead(4, 3, 2)


def test_layers_that_take_a_condition_are_given_it():
    inner = Conditioned(conditional_norm("conditional_batch", 3, 4), nn.ReLU())
    nn.init.normal_(inner[0].bias.weight)
    layers, x = Conditioned(nn.Identity(), inner), torch.randn(2, 4, 2, 2)
    assert torch.equal(layers(x, LABELS), inner[1](inner[0](x, LABELS)))
    assert not torch.equal(layers(x, LABELS), layers(x, LABELS.flip(0)))


def test_projection_by_hand():
    head = ProjectionHead(2, 1, 3)
    with torch.no_grad():
        head.linear.weight.copy_(torch.tensor([[1.0, -1.0]]))
        head.linear.bias.fill_(0.5)
        head.embedding.weight.copy_(torch.tensor([[2.0, 0.0], [0.0, 0.0], [1.0, 3.0]]))
    features = torch.tensor([[4.0, 1.0], [4.0, 1.0]])
    # w.phi + b = 3.5; <V_2, phi> = 7, <V_0, phi> = 8
    assert head(features, LABELS).tolist() == [[10.5], [11.5]]
