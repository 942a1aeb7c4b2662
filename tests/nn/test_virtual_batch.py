"""Virtual batch norm: batch norm at the reference, and samples that do not depend on others."""

import pytest
import torch
from gans import build, resumed, without_waiting
from torch import nn

from pipeline.nn.virtual_batch import REFERENCES, VirtualBatch, VirtualBatchNorm


def layer(channels: int = 3, references: int = REFERENCES) -> VirtualBatchNorm:
    made = VirtualBatchNorm(channels)
    made.references = references
    with torch.no_grad():
        made.weight.copy_(torch.linspace(0.5, 2, channels))
        made.bias.copy_(torch.linspace(-1, 1, channels))
    return made


def test_at_the_reference_it_is_batch_norm():
    virtual, plain = layer(), nn.BatchNorm2d(3)
    plain.load_state_dict({"weight": virtual.weight, "bias": virtual.bias}, strict=False)
    x = 2 * torch.randn(REFERENCES, 3, 4, 4) + 1
    y = virtual(torch.cat([x, torch.randn(5, 3, 4, 4)]))[:REFERENCES]
    torch.testing.assert_close(y, plain(x), rtol=1e-4, atol=1e-5)


def test_samples_by_hand():
    virtual = VirtualBatchNorm(1, eps=0.0)
    virtual.references = 1
    # Reference of mean 1 and mean square 2, sample of 5 and 26: half of each is 3 and 14.
    x = torch.tensor([[0.0, 2.0], [4.0, 6.0]]).view(2, 1, 1, 2)
    y = virtual(x).flatten(1)
    torch.testing.assert_close(y[0], torch.tensor([-1.0, 1.0]))
    torch.testing.assert_close(y[1], torch.tensor([1.0, 3.0]) / 5**0.5)


@pytest.mark.parametrize("kind", ["dcgan", "resnet"])
def test_no_sample_depends_on_the_others(kind):
    networks = {"generator": {"kind": kind, "width": 4, "norm": "virtual_batch"}}
    method = build(**networks, discriminator={"kind": kind, "width": 4, "norm": "virtual_batch"})
    generator, discriminator = method.model.generator, method.adversary.network
    assert isinstance(generator, VirtualBatch)
    assert isinstance(discriminator, VirtualBatch)
    for network, x in ((generator, torch.randn(8, 4)), (discriminator, torch.randn(8, 1, 16, 16))):
        first = network(x)
        assert torch.equal(network.reference, x[torch.arange(REFERENCES) % 8])
        other = torch.cat([x[:1], 5 * torch.randn(3, *x.shape[1:])])
        torch.testing.assert_close(network(other)[0], first[0], rtol=1e-4, atol=1e-5)
        assert torch.equal(network.reference, x[torch.arange(REFERENCES) % 8])  # it stays
        torch.testing.assert_close(network.eval()(x[3:4])[0], first[3], rtol=1e-4, atol=1e-5)


def test_a_fresh_network_keeps_no_reference_in_evaluation():
    network = VirtualBatch(nn.Sequential(VirtualBatchNorm(1)), (1, 2, 2)).eval()
    x = torch.randn(REFERENCES, 1, 2, 2)
    network(x)
    assert not bool(network.chosen)
    assert not network.reference.any()


FIELDS = {
    "generator": {"width": 4, "norm": "virtual_batch"},
    "discriminator": {"width": 4, "norm": "virtual_batch"},
}


def test_the_reference_resumes_and_never_waits():
    resumed({**FIELDS, "conditional": True, "penalty": {"kind": "r1"}, "feature_matching": {}})
    without_waiting(FIELDS)
