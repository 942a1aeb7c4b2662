"""The networks of the voice translators: published counts, shapes, masks, any number of frames."""

import pytest
import tiny
import torch
from torch import nn

from pipeline.backbones.mask_cyclegan_vc import (
    GatedPatchParams,
    PlainConv2d,
    Scale,
    TwoOneTwo,
    TwoOneTwoParams,
)


def small(mels: int = 16, masked: bool = True) -> TwoOneTwo:
    torch.manual_seed(0)
    return TwoOneTwoParams(width=4, blocks=2).build(mels, masked)


@pytest.mark.parametrize(
    ("build", "expected"),
    [
        pytest.param(lambda: TwoOneTwoParams().build(80, True), 24_537_729, id="mask-cyclegan-vc"),
        pytest.param(lambda: TwoOneTwoParams().build(36, False), 23_068_289, id="cyclegan-vc2"),
        pytest.param(lambda: TwoOneTwoParams().build(80, False), 24_518_529, id="vc2-80-mels"),
        pytest.param(lambda: TwoOneTwoParams(width=32).build(80, True), 1_551_009, id="small"),
        pytest.param(lambda: GatedPatchParams().build(), 6_202_881, id="discriminator"),
    ],
)
def test_parameter_counts_are_the_published(build, expected):
    with torch.device("meta"):
        assert tiny.count_parameters(build()) == expected


def test_a_window_of_64_frames_gives_10x8_logits():
    with torch.device("meta"):
        network = GatedPatchParams().build()
        assert network(torch.empty(2, 1, 80, 64)).shape == (2, 1, 10, 8)


@pytest.mark.parametrize("masked", [True, False])
@pytest.mark.parametrize(("mels", "frames"), [(16, 8), (16, 12), (20, 100), (8, 332)])
def test_mels_and_frames_stay(mels, frames, masked):
    network = small(mels, masked)
    assert frames % network.multiple == 0
    y = network(torch.randn(2, 1, mels, frames))
    assert y.shape == (2, 1, mels, frames)
    assert torch.isfinite(y).all()


def test_what_a_generator_does_not_take():
    network = small()
    assert network(torch.randn(1, 1, 16, 10)).shape[-1] == 12  # no multiple of 4
    with pytest.raises(ValueError, match="more than 1"):  # a single frame at the narrowest place
        network(torch.randn(1, 1, 16, 4))
    with pytest.raises(RuntimeError):
        network(torch.randn(1, 1, 20, 16))  # other mels than it was built for
    with pytest.raises(ValueError, match="multiples of 4 rows, but samples have 30"):
        small(30)


def test_the_smallest_input_of_the_discriminator():
    network = GatedPatchParams(width=2).build()
    side = network.smallest
    assert network(torch.randn(1, 1, side, side)).shape == (1, 1, 2, 2)
    with pytest.raises(ValueError, match="more than 1"):
        network(torch.randn(1, 1, side - 1, side - 1))


def test_no_mask_is_a_mask_of_ones():
    network, x = small(), torch.randn(2, 1, 16, 32)
    assert torch.equal(network(x), network(x, torch.ones(2, 1, 1, 32)))
    mask = torch.ones(2, 1, 1, 32)
    mask[..., 10:20] = 0
    assert not torch.allclose(network(x), network(x, mask))


def test_hidden_frames_are_not_seen():
    network, x = small(), torch.randn(1, 1, 16, 32)
    mask = torch.ones(1, 1, 1, 32)
    mask[..., 10:20] = 0
    other = x.clone()
    other[..., 10:20] = torch.randn(1, 1, 16, 10)
    assert torch.equal(network(x, mask), network(other, mask))
    assert not torch.allclose(network(x), network(other))


def test_a_frame_reaches_any_mel():
    """Between the ends the network has no place on the axis of mels, as the papers have it."""
    network = small()
    x = torch.randn(1, 1, 16, 32, requires_grad=True)
    network(x)[0, 0, 15, 16].backward()  # at the very top
    assert x.grad[0, 0, 0, 12:20].abs().min() > 0  # and at the very bottom


def test_samples_of_a_batch_are_treated_alone():
    network, x = small(), torch.randn(3, 1, 16, 16)
    alone = torch.cat([network(sample) for sample in x.split(1)])
    torch.testing.assert_close(network(x), alone, rtol=1e-4, atol=1e-5)


def test_either_memory_layout_gives_the_same():
    network, x = small(), torch.randn(2, 1, 16, 32)
    expected = network(x)
    found = network.to(memory_format=torch.channels_last)(x)
    torch.testing.assert_close(found, expected, rtol=1e-4, atol=1e-5)


def test_a_plain_convolution_is_a_convolution():
    x, plain = torch.randn(2, 3, 8, 8), PlainConv2d(3, 2, (3, 5), padding=(1, 2))
    found = plain.to(memory_format=torch.channels_last)(x.to(memory_format=torch.channels_last))
    assert found.is_contiguous()
    expected = nn.functional.conv2d(x, plain.weight, plain.bias, padding=(1, 2))
    torch.testing.assert_close(found, expected)


def test_scale_multiplies_and_shifts_each_channel():
    scale, x = Scale(2), torch.tensor([[[[1.0, 2.0]], [[3.0, 4.0]]]])
    assert torch.equal(scale(x), x)
    with torch.no_grad():
        scale.weight[1], scale.bias[1] = 10, 1
    assert scale(x).tolist() == [[[[1.0, 2.0]], [[31.0, 41.0]]]]
