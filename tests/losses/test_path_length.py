"""Path lengths where they are known."""

import math

import pytest
import torch

from pipeline.losses.path_length import path_lengths


def test_a_linear_generators_lengths_are_those_of_its_matrix():
    """E |J^T y|^2 = |J|_F^2 / (H W), over the layers the mean."""
    torch.manual_seed(0)
    matrix, ws = torch.randn(3 * 4 * 2, 5), torch.randn(2000, 1, 5, requires_grad=True)
    samples = (ws[:, 0] @ matrix.T).view(-1, 3, 4, 2)
    found = path_lengths(samples, ws).square().mean().item()
    assert found == pytest.approx(matrix.square().sum().item() / 8, rel=0.05)


def test_scaling_a_generator_scales_lengths_and_an_orthogonal_one_has_the_same_everywhere():
    torch.manual_seed(0)
    turn = torch.linalg.qr(torch.randn(16, 16))[0]
    ws = torch.randn(4, 1, 16, requires_grad=True)
    lengths = []
    for scale in (1.0, 3.0):
        torch.manual_seed(1)
        lengths.append(path_lengths(scale * (ws[:, 0] @ turn).view(4, 1, 4, 4), ws))
    torch.testing.assert_close(lengths[1], 3 * lengths[0])
    # |turn y| = |y|: that of 16 normal numbers, over sqrt(16).
    assert lengths[0].mean().item() == pytest.approx(1, abs=0.3)


def test_layers_count_by_the_root_of_their_mean_square():
    torch.manual_seed(0)
    ws = torch.randn(2, 2, 3, requires_grad=True)
    samples = ws[:, 0].sum(dim=1).view(2, 1, 1, 1)  # of the first layer alone
    torch.manual_seed(1)
    found = path_lengths(samples, ws)
    torch.manual_seed(1)
    noise = torch.randn_like(samples).abs().flatten()
    torch.testing.assert_close(found, noise * math.sqrt(3 / 2))
