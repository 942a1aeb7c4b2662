"""InfoNCE over patches, at values worked out by hand."""

import math

import torch

from pipeline.losses.contrastive import patch_nce


def test_patch_nce_by_hand():
    # Two places at right angles: each query is its own key, so each row is (1, 0) / t.
    places = torch.tensor([[[2.0, 0.0], [0.0, 5.0]]])
    torch.testing.assert_close(
        patch_nce(places, places, temperature=0.5), torch.tensor(math.log(1 + math.exp(-2)))
    )
    torch.testing.assert_close(
        patch_nce(places, places.flip(1), temperature=0.5),
        torch.tensor(math.log(1 + math.exp(2))),
    )
    # All places alike: nothing to tell them apart by.
    alike = torch.ones(3, 7, 2)
    torch.testing.assert_close(patch_nce(alike, alike), torch.tensor(math.log(7)))


def test_patch_nce_keeps_samples_apart():
    queries, keys = torch.randn(3, 5, 4), torch.randn(3, 5, 4)
    each = [patch_nce(queries[n : n + 1], keys[n : n + 1]) for n in range(3)]
    torch.testing.assert_close(patch_nce(queries, keys), torch.stack(each).mean())
    queries.requires_grad_()
    keys.requires_grad_()
    patch_nce(queries, keys).backward()
    assert queries.grad is not None
    assert keys.grad is None
