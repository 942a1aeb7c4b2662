"""The queue of the samples seen last."""

import torch

from pipeline.nn.queue import SampleQueue


def numbered(*numbers: int) -> torch.Tensor:
    return torch.tensor(numbers).float().reshape(-1, 1, 1, 1)


def test_the_newest_samples_are_kept_in_order():
    queue = SampleQueue(3)
    assert queue.push(numbered(1, 2)).flatten().tolist() == [1, 2]
    assert queue.push(numbered(3, 4)).flatten().tolist() == [2, 3, 4]
    assert queue.push(numbered(5, 6, 7, 8)).flatten().tolist() == [5, 6, 7, 8]
    assert queue.push(numbered(9)).flatten().tolist() == [7, 8, 9]


def test_it_keeps_no_gradient_and_no_view():
    queue, x = SampleQueue(2), numbered(1, 2).requires_grad_()
    kept = queue.push(x * 2)
    assert not kept.requires_grad
    with torch.no_grad():
        x.zero_()
    assert kept.flatten().tolist() == [2, 4]
    given = numbered(1)
    other = SampleQueue(2)
    other.push(given)
    given.zero_()
    assert other.samples.flatten().tolist() == [1]


def test_it_is_saved_and_restored():
    queue, other = SampleQueue(4), SampleQueue(4)
    queue.push(torch.rand(3, 1, 2, 2))
    other.load_state_dict(queue.state_dict())
    assert torch.equal(queue.samples, other.samples)
