"""Means of classes: followed in training, exact when it ends."""

import torch

from pipeline.nn.class_means import MOMENTUM, ClassMeans


def test_means_follow_the_batches_means_class_by_class():
    means = ClassMeans(3, 2)
    means.observe(torch.tensor([[2.0, 4], [4, 8], [1, 1]]), torch.tensor([0, 0, 2]))
    share = 1 - MOMENTUM
    expected = torch.tensor([[3.0, 6], [0, 0], [1, 1]]) * share
    torch.testing.assert_close(means.mean, expected)
    means.observe(torch.tensor([[5.0, 5]]), torch.tensor([1]))
    expected[1] = 5 * share
    torch.testing.assert_close(means.mean, expected)  # of others nothing was forgotten


def test_what_is_collected_weighs_alike_and_only_once_it_is_finished():
    means, vectors = ClassMeans(3, 4), torch.randn(7, 4)
    labels = torch.tensor([0, 1, 1, 0, 1, 1, 1])
    means.mean.fill_(9)
    means.collect()
    for part in (slice(0, 2), slice(2, 7)):
        means.observe(vectors[part], labels[part])
        assert bool((means.mean == 9).all())
    means.finish()
    for label in (0, 1):
        torch.testing.assert_close(means.mean[label], vectors[labels == label].mean(dim=0))
    assert bool((means.mean[2] == 9).all())  # nothing was met of it
    means.observe(torch.zeros(1, 4), torch.tensor([0]))  # and on as ever
    torch.testing.assert_close(means.mean[0], MOMENTUM * vectors[labels == 0].mean(dim=0))


def test_gradients_do_not_pass():
    means, vectors = ClassMeans(1, 2), torch.randn(3, 2, requires_grad=True)
    means.observe(vectors, torch.zeros(3, dtype=torch.int64))
    assert not means.mean.requires_grad
