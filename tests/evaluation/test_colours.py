"""Colour transfer: statistics arrive where they should."""

import torch

from pipeline.evaluation.colours import move_colours


def test_means_and_deviations_become_the_targets():
    generator = torch.Generator().manual_seed(1)
    source = 0.1 * torch.randn(50, 3, 8, 8, generator=generator) + 0.2
    target = 0.05 * torch.randn(40, 3, 8, 8, generator=generator) - 0.3
    moved = move_colours(source, source, target)
    axes = (0, 2, 3)
    assert torch.allclose(moved.mean(dim=axes), target.mean(dim=axes), atol=1e-5)
    assert torch.allclose(moved.std(dim=axes), target.std(dim=axes), atol=1e-5)


def test_a_channel_that_never_varies_and_values_beyond_the_range():
    flat = torch.zeros(2, 3, 4, 4)
    assert torch.allclose(move_colours(flat, flat, flat + 0.5), flat + 0.5)
    wide = torch.linspace(-1, 1, 48).view(1, 3, 4, 4)
    assert move_colours(10 * wide, wide, wide).abs().max() <= 1
