"""The pool of past fakes."""

import torch

from pipeline.nn.pool import SamplePool


def test_a_pool_hands_new_samples_on_until_it_is_full_and_then_half_of_them():
    torch.manual_seed(0)
    pool = SamplePool(10)
    first = torch.arange(10.0).reshape(10, 1, 1, 1)
    assert torch.equal(pool(first), first)
    shown = torch.cat([pool(torch.full((1, 1, 1, 1), 100.0 + step)) for step in range(400)])
    new = (shown.flatten() == 100 + torch.arange(400.0)).float().mean()
    assert 0.42 < float(new) < 0.58
    assert len(pool.samples) == 10
    assert set(shown.flatten().tolist()) >= set(range(10))  # all old ones are shown in the end
    fakes = torch.rand(3, 1, 2, 2)
    assert SamplePool(0)(fakes) is fakes


def test_a_pool_is_saved_and_restored():
    pool, other = SamplePool(4), SamplePool(4)
    pool(torch.rand(3, 1, 2, 2))
    other.load_state_dict(pool.state_dict())
    assert torch.equal(pool.samples, other.samples)
