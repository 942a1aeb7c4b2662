"""The inception score at values worked out by hand and against torch-fidelity."""

import pytest
import torch

from pipeline.metrics.inception_score import inception_score, inception_score_of_probabilities


@pytest.mark.parametrize("classes", [2, 10, 1000])
def test_one_picture_a_class_scores_as_many_as_there_are(classes):
    found = inception_score_of_probabilities(torch.eye(classes), splits=1)
    assert found.value == pytest.approx(classes, rel=1e-12)
    assert found.std == 0
    sure = 1e6 * torch.eye(classes)
    assert inception_score(sure, splits=1).value == pytest.approx(classes, rel=1e-12)


def test_what_tells_nothing_scores_one():
    assert inception_score(torch.zeros(20, 7), splits=2) == pytest.approx((1.0, 0.0))
    # All of one class, and sure of it: no class is missing that p(y) would know of.
    assert inception_score(torch.tensor([[50.0, 0.0]] * 6), splits=3).value == pytest.approx(1)


def test_two_samples_by_hand():
    # p(y) is (1/2, 1/2): log 2 less the entropy of (3/4, 1/4).
    found = inception_score_of_probabilities(torch.tensor([[0.75, 0.25], [0.25, 0.75]]), splits=1)
    assert found.value == pytest.approx(2 * 0.75**0.75 * 0.25**0.25, rel=1e-9)


@pytest.mark.parametrize("splits", [1, 3, 10])
def test_it_is_torch_fidelitys(splits):
    from torch_fidelity.metric_isc import isc_features_to_metric

    logits = 3 * torch.randn(101, 12, generator=torch.Generator().manual_seed(0))
    for seed in (2020, 5):
        expected = isc_features_to_metric(logits, splits, shuffle=True, rng_seed=seed)
        found = inception_score(logits, splits, seed)
        assert found.value == pytest.approx(expected["inception_score_mean"], rel=1e-6)
        assert found.std == pytest.approx(expected["inception_score_std"], rel=1e-6, abs=1e-12)
    expected = isc_features_to_metric(logits, splits, shuffle=False)["inception_score_mean"]
    assert inception_score(logits, splits, seed=None).value == pytest.approx(expected, rel=1e-6)


def test_probabilities_score_as_their_logits():
    logits = torch.randn(30, 5, generator=torch.Generator().manual_seed(1))
    found = inception_score_of_probabilities(logits.softmax(dim=1), splits=3)
    assert found == pytest.approx(inception_score(logits, splits=3), rel=1e-6)


def test_refusals():
    with pytest.raises(ValueError, match="4 splits"):
        inception_score(torch.zeros(3, 2), splits=4)
    with pytest.raises(ValueError, match=r"\[N, K\]"):
        inception_score(torch.zeros(3), splits=1)
    with pytest.raises(ValueError, match="not finite"):
        inception_score(torch.full((3, 2), torch.nan), splits=1)
    for strange in ([[1.5, -0.5]], [[0.5, 0.4]]):
        with pytest.raises(ValueError, match="adding up to 1"):
            inception_score_of_probabilities(torch.tensor(strange), splits=1)
