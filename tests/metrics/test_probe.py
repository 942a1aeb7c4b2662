"""Linear probes at values that are known beforehand."""

import pytest
import torch

from pipeline.metrics.probe import probe_accuracy


def blobs(count: int, apart: float, seed: int) -> tuple[torch.Tensor, torch.Tensor]:
    """Three Gaussian clouds [N, 4], whose first two numbers tell them apart."""
    generator = torch.Generator().manual_seed(seed)
    labels = torch.arange(count) % 3
    angle = 2 * torch.pi * labels / 3
    x = torch.randn(count, 4, generator=generator)
    x[:, 0] += apart * angle.cos()
    x[:, 1] += apart * angle.sin()
    return x, labels


def test_what_lies_apart_is_told_apart_and_what_does_not_is_not():
    assert probe_accuracy(*blobs(300, 9.0, 1), *blobs(300, 9.0, 2)) == 1
    assert probe_accuracy(*blobs(300, 0.0, 1), *blobs(3000, 0.0, 2)) == pytest.approx(
        1 / 3, abs=0.04
    )


def test_two_classes_of_one_number_are_cut_half_way():
    x, labels = torch.tensor([[-3.0], [-1.0], [1.0], [3.0]]), torch.tensor([0, 0, 1, 1])
    test = torch.tensor([[-0.1], [0.1]])
    assert probe_accuracy(x, labels, test, torch.tensor([0, 1])) == 1
    assert probe_accuracy(x, labels, test, torch.tensor([1, 0])) == 0


def test_scale_and_place_of_features_do_not_matter():
    train, test = blobs(60, 2.0, 1), blobs(600, 2.0, 2)
    plain = probe_accuracy(*train, *test)
    moved = [(x * torch.tensor([1e3, 1e-3, 5, 1]) + 7, labels) for x, labels in (train, test)]
    assert probe_accuracy(*moved[0], *moved[1]) == plain
    constant = [(torch.cat([x, torch.ones(len(x), 1)], dim=1), y) for x, y in (train, test)]
    assert probe_accuracy(*constant[0], *constant[1]) == plain
    assert 0.6 < plain < 1


@torch.no_grad()
def test_it_learns_where_gradients_are_off():
    assert probe_accuracy(*blobs(300, 9.0, 1), *blobs(30, 9.0, 2)) == 1


def test_labels_that_do_not_fit_are_refused():
    x, labels = blobs(6, 1.0, 1)
    with pytest.raises(ValueError, match="a label for each of 6 and 6 features, found 5 and 6"):
        probe_accuracy(x, labels[:5], x, labels)
