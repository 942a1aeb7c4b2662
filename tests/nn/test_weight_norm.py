"""Weight norm: nothing changes when it is put on or folded in, save the gradients."""

import copy

import pytest
import torch
from torch import nn
from torch.nn.utils.parametrizations import spectral_norm

from pipeline.nn.folding import folded
from pipeline.nn.weight_norm import weight_normed


def network() -> nn.Sequential:
    return nn.Sequential(
        nn.Conv1d(3, 6, 5),
        nn.ConvTranspose1d(6, 4, 4, 2),
        nn.Unflatten(1, (1, 4)),
        nn.Conv2d(1, 2, (3, 1)),
        nn.Flatten(2),
        nn.Linear(24, 1),
    )


def test_putting_it_on_keeps_the_weights():
    plain = network()
    normed = weight_normed(copy.deepcopy(plain))
    for name in ("0", "1", "3"):
        layer, other = plain.get_submodule(name), normed.get_submodule(name)
        torch.testing.assert_close(other.weight, layer.weight)
        lengths = layer.weight.flatten(1).norm(dim=1)
        torch.testing.assert_close(other.parametrizations.weight.original0.flatten(), lengths)
    assert not hasattr(normed.get_submodule("5"), "parametrizations")


def test_folding_gives_the_same_output_to_the_bit_from_plain_layers():
    normed = weight_normed(network())
    for parameter in normed.parameters():
        parameter.data += 0.3 * torch.randn_like(parameter)
    plain, x = folded(normed), torch.randn(2, 3, 9)
    assert torch.equal(plain(x), normed(x))
    assert plain.state_dict().keys() == network().state_dict().keys()
    fresh = network()
    fresh.load_state_dict(plain.state_dict())
    assert torch.equal(fresh(x), normed(x))
    normed(x).sum().backward()  # the network itself goes on training
    assert all(parameter.grad is not None for parameter in normed.parameters())
    assert hasattr(normed[0], "parametrizations")


def test_by_hand():
    layer = nn.Conv1d(1, 1, 2, bias=False)
    layer.weight.data = torch.tensor([[[3.0, 4.0]]])
    weight_normed(layer)
    layer.parametrizations.weight.original0.data.fill_(10.0)
    assert folded(layer).weight.flatten().tolist() == pytest.approx([6, 8])


def test_other_parametrisations_are_folded_too_and_plain_networks_left_alone():
    plain = network().eval()
    assert folded(plain) is plain
    spectral = nn.Sequential(spectral_norm(nn.Conv1d(3, 6, 5))).eval()
    x = torch.randn(1, 3, 9)
    assert torch.equal(folded(spectral)(x), spectral(x))
    assert set(folded(spectral).state_dict()) == {"0.weight", "0.bias"}
