"""Noise inputs."""

import torch

from pipeline.nn.noise import NoiseInput


def test_noise_begins_without_a_say():
    x = torch.randn(2, 3, 4, 6)
    for noise in ("none", "fresh", "constant"):
        assert torch.equal(NoiseInput((4, 6))(x, noise), x)


def test_kinds_of_noise():
    torch.manual_seed(0)
    layer, x = NoiseInput((4, 6), channels=3), torch.zeros(2, 3, 4, 6)
    layer.strength.data = torch.tensor([0.0, 1.0, -2.0])
    assert torch.equal(layer(x, "none"), x)
    kept = layer(x, "constant")
    assert torch.equal(kept[0], kept[1])
    assert torch.equal(kept[0], layer.strength[:, None, None] * layer.constant)
    drawn = [layer(x, "fresh", torch.Generator().manual_seed(seed)) for seed in (1, 1, 2)]
    assert torch.equal(drawn[0], drawn[1])
    assert not torch.equal(drawn[0], drawn[2])
    assert not torch.equal(drawn[0][0], drawn[0][1])
    assert torch.equal(drawn[0][:, 2], -2 * drawn[0][:, 1])  # one map for all channels
    assert not drawn[0][:, 0].any()
