"""Networks work in the layout that is faster for them, and learn the same in either."""

import torch
from torch import nn
from torch.optim import Adam

from pipeline.methods.optimisers import AdamParams
from pipeline.nn import memory_format as layout
from pipeline.nn.memory_format import to_channels_last


def is_last(parameter):
    return parameter.is_contiguous(memory_format=torch.channels_last)


def pair(*, frozen=False):
    """A light and a heavy convolution, where more than 1,000 weights are heavy."""
    networks = nn.Sequential(nn.Conv2d(3, 6, 3), nn.Conv2d(6, 64, 3))
    networks[1].requires_grad_(not frozen)
    return networks


def test_light_networks_are_channels_last():
    networks = pair()
    to_channels_last(networks)
    assert is_last(networks[0].weight)
    assert is_last(networks[1].weight)


def test_one_heavy_convolution_keeps_all_in_the_default_layout(monkeypatch):
    monkeypatch.setattr(layout, "HEAVY", 1000)
    networks = pair()
    to_channels_last(networks)
    assert networks[0].weight.is_contiguous()
    assert networks[1].weight.is_contiguous()


def test_heavy_weights_that_do_not_learn_do_not_count(monkeypatch):
    monkeypatch.setattr(layout, "HEAVY", 1000)
    networks = pair(frozen=True)
    to_channels_last(networks)
    assert is_last(networks[0].weight)


def test_networks_learn_in_channels_last_as_public_code_learns():
    """torch's fused Adam is wrong where a gradient's layout is not its weight's."""
    torch.manual_seed(0)
    ours, theirs = pair(), pair()
    theirs.load_state_dict(ours.state_dict())
    to_channels_last(ours)
    fused = AdamParams(lr=0.01).build(ours)
    plain = Adam(theirs.parameters(), lr=0.01, betas=(0.5, 0.999))
    for _ in range(3):
        x = torch.randn(2, 3, 8, 8)
        for networks, optimizer in ((ours, fused), (theirs, plain)):
            optimizer.zero_grad()
            networks(x).square().mean().backward()
            optimizer.step()
    for mine, other in zip(ours.parameters(), theirs.parameters(), strict=True):
        torch.testing.assert_close(mine, other, atol=1e-5, rtol=1e-4)
