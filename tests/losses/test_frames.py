"""Matches of frames against ones found by hand, and what the loss asks of which frame."""

import math

import pytest
import torch

from pipeline.losses.frames import (
    Matches,
    features_of,
    frame_matching,
    frames_of,
    match_frames,
)


def test_a_frame_is_compared_by_its_pooled_rows_and_its_neighbours_in_time():
    x = torch.tensor([[0.0, 1, 2], [2, 3, 4], [10, 20, 30], [30, 40, 50]])[None, None]
    rows = torch.tensor([[1.0, 2, 3], [20, 30, 40]])  # averaged by two
    found = features_of(x, offsets=(-1, 0, 2), pooled=2)
    assert found.shape == (3, 6)
    expected = torch.cat([rows[:, [0, 0, 1]], rows, rows[:, [2, 2, 2]]]).T / math.sqrt(6)
    torch.testing.assert_close(found, expected)


def test_rows_that_do_not_divide_are_averaged_as_many_as_there_are():
    x = torch.tensor([1.0, 3, 5]).reshape(1, 1, 3, 1)
    assert features_of(x, (0,), 2)[0].tolist() == pytest.approx([2 / 2**0.5, 5 / 2**0.5])


def test_frames_are_listed_in_the_order_of_features():
    x = torch.arange(24.0).reshape(2, 1, 3, 4)
    listed = frames_of(x)
    assert listed[5].tolist() == x[1, 0, :, 1].tolist()
    torch.testing.assert_close(features_of(x, (0,), 1) * 3**0.5, listed)


def test_matches_are_means_of_the_nearest_and_each_new_key_chooses_a_query():
    queries = torch.tensor([[0.0], [10.0]])
    keys = torch.tensor([[-1.0], [2.0], [9.0], [30.0]])
    values = torch.tensor([[1.0, 0], [0, 1], [5, 5], [7, 7]])
    found = match_frames(queries, keys, values, newest=2, neighbours=2, temperature=1.0)
    first = torch.tensor([-1.0, -2]).softmax(dim=0)  # at distances of 1 and 2
    second = torch.tensor([-1.0, -8]).softmax(dim=0)
    torch.testing.assert_close(found.forward[0], first[0] * values[0] + first[1] * values[1])
    torch.testing.assert_close(found.forward[1], second[0] * values[2] + second[1] * values[1])
    assert found.nearest.tolist() == [1, 1]  # of the keys at 9 and 30
    assert float(found.distance) == 1.0
    every = match_frames(queries, keys, values, newest=4, neighbours=99, temperature=1e-3)
    assert every.nearest.tolist() == [0, 0, 1, 1]
    torch.testing.assert_close(every.forward, values[[0, 2]])  # cold: the nearest alone


def test_the_loss_is_the_mean_of_both_ways():
    y = torch.tensor([1.0, 4]).reshape(1, 1, 1, 2)
    target = torch.tensor([0.0, 6]).reshape(1, 1, 1, 2)
    matches = Matches(torch.tensor([[3.0], [4]]), torch.tensor([0, 0]), torch.zeros(()))
    there, back = (2**2 + 0) / 2, (1 + 5**2) / 2
    assert float(frame_matching(y, matches, target)) == (there + back) / 2


def test_gradients_reach_the_frames_that_were_matched_alone():
    y = torch.tensor([1.0, 4]).reshape(1, 1, 1, 2).requires_grad_()
    matches = Matches(torch.tensor([[1.0], [4]]), torch.tensor([1]), torch.zeros(()))
    frame_matching(y, matches, torch.tensor([5.0]).reshape(1, 1, 1, 1)).backward()
    assert y.grad is not None
    assert y.grad.flatten().tolist() == [0, -1]  # d/dy of 1/2 (y - 5)^2


def test_gradients_are_the_same_bit_for_bit_however_many_threads_add_them_up():
    torch.manual_seed(0)
    frames = torch.randn(8, 1, 80, 128)
    nearest = torch.randint(100, (8 * 128,))  # each is chosen ten times
    matches = Matches(torch.randn(8 * 128, 80), nearest, torch.zeros(()))
    target, threads = torch.randn(8, 1, 80, 128), torch.get_num_threads()

    def gradient() -> torch.Tensor:
        y = frames.clone().requires_grad_()
        frame_matching(y, matches, target).backward()
        assert y.grad is not None
        return y.grad

    try:
        torch.set_num_threads(2)
        first = gradient()
        assert all(torch.equal(gradient(), first) for _ in range(20))
    finally:
        torch.set_num_threads(threads)
