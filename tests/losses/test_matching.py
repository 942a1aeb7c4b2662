"""Feature matching, at values worked out by hand."""

import pytest
import torch

from pipeline.losses.matching import feature_matching, mean_feature_matching


def test_feature_matching_by_hand():
    zero = torch.zeros(2, 1, 1, 2)
    fakes = [[zero + 1, zero + 2], [zero + 4, zero]]
    reals = [[zero, zero - 1], [zero, zero]]
    # Layers add up, 1 + 3 and 4 + 0; scales are averaged.
    torch.testing.assert_close(feature_matching(fakes, reals), torch.tensor(4.0))
    halves = torch.tensor([[[[1.0, -3.0]]]])
    torch.testing.assert_close(
        feature_matching([[halves]], [[torch.zeros_like(halves)]]), torch.tensor(2.0)
    )


def test_discriminators_weigh_as_they_are_told():
    zero = torch.zeros(2, 1, 1, 2)
    fakes = [[zero + 1, zero + 2], [zero + 5, zero]]
    reals = [[zero, zero - 1], [zero, zero]]
    found = feature_matching(fakes, reals, weights=(0.5, 10.0))
    torch.testing.assert_close(found, torch.tensor(0.5 * 4 + 10 * 5))


def test_feature_matching_leaves_the_reals_alone():
    fake, real = (torch.randn(1, 2, 3, 3, requires_grad=True) for _ in range(2))
    feature_matching([[fake]], [[real]]).backward()
    assert fake.grad is not None
    assert real.grad is None


def test_feature_matching_wants_as_many_layers_on_both_sides():
    x = torch.zeros(1, 1, 1, 1)
    with pytest.raises(ValueError, match="shorter"):
        feature_matching([[x, x]], [[x]])


def test_matching_of_means_by_hand():
    fake, real = torch.tensor([[1.0, 2.0], [3.0, 0.0]]), torch.tensor([[0.0, 4.0]])
    # Means (2, 1) and (0, 4).
    assert float(mean_feature_matching(fake, real)) == 4 + 9


def test_matching_of_means_does_not_care_which_fake_is_beside_which_sample():
    x = torch.arange(12.0).view(4, 3)
    permuted = x[torch.tensor([2, 0, 3, 1])]
    assert float(mean_feature_matching(permuted, x)) == 0
    assert float(feature_matching([[permuted]], [[x]])) > 0  # where each has a sample of its own


def test_matching_of_means_leaves_the_reals_alone():
    fake, real = (torch.randn(4, 3, requires_grad=True) for _ in range(2))
    mean_feature_matching(fake, real).backward()
    assert real.grad is None
    torch.testing.assert_close(
        fake.grad, (2 * (fake.mean(dim=0) - real.mean(dim=0)) / 4).detach().expand(4, 3)
    )
