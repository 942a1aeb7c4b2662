"""Self-attention of feature maps: an identity at first, then a view of far places."""

import pytest
import torch
from torch import nn
from torch.nn.functional import max_pool2d

from pipeline.nn.attention import NonLocal, attention_at, check_attention


def test_it_begins_as_the_identity_that_learns_to_look():
    layer, x = NonLocal(8), torch.randn(2, 8, 6, 4)
    y = layer(x)
    assert torch.equal(y, x)
    y.square().sum().backward()
    assert layer.gamma.grad.abs() > 0
    assert layer.o.weight.grad.abs().max() == 0  # until gamma has moved


def test_it_weighs_all_places_of_the_halved_map():
    layer, x = NonLocal(16), torch.randn(2, 16, 4, 6)
    nn.init.constant_(layer.gamma, 0.7)
    expected = torch.empty_like(x)
    with torch.no_grad():
        phi, g = max_pool2d(layer.phi(x), 2), max_pool2d(layer.g(x), 2)
        for n in range(2):
            keys = phi[n].flatten(1)  # [2, 6]
            values = g[n].flatten(1)  # [8, 6]
            for row in range(4):
                for column in range(6):
                    place = x[n, :, row, column]
                    query = layer.theta.weight[:, :, 0, 0] @ place
                    weights = torch.softmax(keys.T @ query, dim=0)
                    seen = layer.o.weight[:, :, 0, 0] @ (values @ weights)
                    expected[n, :, row, column] = place + 0.7 * seen
        torch.testing.assert_close(layer(x), expected)


def test_a_place_sees_the_farthest_one():
    layer = NonLocal(4)
    nn.init.ones_(layer.gamma)
    x = torch.randn(1, 4, 16, 16, requires_grad=True)
    layer(x)[0, :, 0, 0].sum().backward()
    assert x.grad[0, :, -2:, -2:].abs().max() > 0


@pytest.mark.parametrize(("channels", "few", "half"), [(2, 1, 1), (8, 1, 4), (192, 24, 96)])
def test_channels_inside(channels, few, half):
    layer = NonLocal(channels)
    assert layer.theta.out_channels == layer.phi.out_channels == few
    assert layer.g.out_channels == layer.o.in_channels == half
    assert sum(p.numel() for p in layer.parameters()) == 2 * channels * (few + half) + 1


def test_attention_stands_where_it_is_wanted():
    (layer,) = attention_at(8, (8, 16), 4)
    assert isinstance(layer, NonLocal)
    assert attention_at(4, (8, 16), 4) == []
    check_attention((8, 16), [4, 8, 16])
    with pytest.raises(ValueError, match="attention: found 32, allowed of these samples: 4, 8, 16"):
        check_attention((8, 32), [16, 8, 4])
    with pytest.raises(ValueError, match="2 channels or more, found 1"):
        NonLocal(1)


@pytest.mark.claim
def test_it_copies_a_distant_place_where_local_convolutions_fail():
    """A map's right half is to become a mark that stands in its left half, 8 places away."""

    def learnt(attends: bool) -> float:
        torch.manual_seed(1)
        body = nn.Sequential(
            nn.Conv2d(1, 16, 3, padding=1),
            nn.ReLU(),
            *([NonLocal(16)] if attends else []),
            nn.Conv2d(16, 16, 3, padding=1),
            nn.ReLU(),
            nn.Conv2d(16, 1, 3, padding=1),
        )
        optimizer = torch.optim.Adam(body.parameters(), lr=5e-3)
        for _ in range(300):
            x, target = copies(64)
            loss = (body(x)[..., 12:] - target).square().mean()
            optimizer.zero_grad()
            loss.backward()
            optimizer.step()
        with torch.no_grad():
            x, target = copies(500)
            return float((body(x)[..., 12:] - target).square().mean())

    def copies(count: int) -> tuple[torch.Tensor, torch.Tensor]:
        colour = torch.randn(count, 1, 1, 1)
        x = torch.zeros(count, 1, 16, 16)
        x[:, :, :4, :4] = colour
        return x, colour.expand(count, 1, 16, 4)

    local, attending = learnt(False), learnt(True)
    assert local > 0.9  # no better than the mean: it does not see so far
    assert attending < 0.3 * local
