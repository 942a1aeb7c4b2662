"""Several batches through one network."""

import torch

from pipeline.nn.normalisation import norm_layer
from pipeline.nn.passes import one_pass, own_passes


def test_one_pass_is_many_where_samples_are_treated_alone():
    network = torch.nn.Sequential(torch.nn.Conv2d(2, 3, 3), norm_layer("instance", 3))
    a, b = torch.randn(2, 2, 8, 8), torch.randn(2, 2, 8, 8)
    for joined, alone in zip(one_pass(network, a, b), own_passes(network, a, b), strict=True):
        torch.testing.assert_close(joined, alone)


def test_batch_norm_mixes_batches_that_share_a_pass():
    network = norm_layer("batch", 1)
    a, b = torch.zeros(2, 1, 2, 2), torch.ones(2, 1, 2, 2)
    joined, alone = one_pass(network, a, b), own_passes(network, a, b)
    torch.testing.assert_close(joined[1].mean(), torch.tensor(1.0), rtol=1e-3, atol=0)
    torch.testing.assert_close(alone[1].mean(), torch.tensor(0.0))
