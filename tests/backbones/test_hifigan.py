"""HiFi-GAN's networks: the published counts, lengths, and what can't be built."""

import pytest
import tiny
import torch
from original_hifigan import CONFIGS, OriginalHifigan
from pydantic import ValidationError

from pipeline.backbones.hifigan import V1, V2, V3, HifiganParams
from pipeline.backbones.waveforms import PeriodsParams, ScalesParams
from pipeline.nn.folding import folded
from pipeline.nn.weight_norm import weight_normed

SMALL = {"channels": 8, "rates": (4, 2), "kernels": (8, 4)}
SHORT = {"block_kernels": (3,), "block_dilations": ((1, 3),)}


@pytest.mark.parametrize(
    ("params", "version", "plain", "normed"),
    [
        (V1, "v1", 13_926_017, 13_936_130),  # 13.92 M in the paper's table 1
        (V2, "v2", 925_985, 928_514),  # 0.92 M
        (V3, "v3", 1_462_273, 1_464_322),  # 1.46 M
    ],
)
def test_generators_have_the_published_parameters(params, version, plain, normed):
    with torch.device("meta"):
        assert tiny.count_parameters(params.build(80)) == plain
        assert tiny.count_parameters(weight_normed(params.build(80))) == normed
        assert tiny.count_parameters(OriginalHifigan(CONFIGS[version])) == normed
    assert params.hop == 256


def test_discriminators_have_the_published_parameters():
    with torch.device("meta"):
        periods, scales = PeriodsParams().build(), ScalesParams().build()
    assert tiny.count_parameters(periods) == 41_105_770
    assert tiny.count_parameters(scales) == 29_618_821
    assert len(periods.discriminators) == 5
    assert len(scales.discriminators) == 3


@pytest.mark.parametrize("frames", [1, 2, 7, 33])
@pytest.mark.parametrize("block", [1, 2])
@pytest.mark.parametrize("kernels", [(8, 4), (4, 2), (10, 8)])
def test_every_frame_becomes_a_hop_of_samples(frames, block, kernels):
    params = HifiganParams(**{**SMALL, "kernels": kernels}, **SHORT, block=block)
    assert params.hop == 8
    wave = params.build(5)(torch.randn(3, 5, frames) * 100)
    assert wave.shape == (3, 1, frames * 8)
    assert wave.abs().max() <= 1


def test_odd_rates_have_odd_kernels():
    params = HifiganParams(channels=8, rates=(5, 2), kernels=(11, 4), **SHORT)
    assert params.build(4)(torch.randn(1, 4, 6)).shape == (1, 1, 60)


@pytest.mark.parametrize(
    ("fields", "words"),
    [
        ({"rates": (8, 8)}, "2 rates, but 4 kernels"),
        ({"kernels": (16, 16, 4, 3)}, "longer by an even number, not 3 for 2"),
        ({"kernels": (16, 16, 4, 1)}, "as long as its rate.*not 1 for 2"),
        ({"channels": 24}, "24 channels can't be halved 4 times"),
        ({"block_kernels": (3, 7)}, "2 block_kernels, but 3 block_dilations"),
        ({"block_kernels": (3, 7, 10)}, "odd, not 10"),
        ({"block": 3}, "1 or 2"),
        ({"rates": (), "kernels": ()}, "at least 1 item"),
    ],
)
def test_generators_that_cant_be_are_refused(fields, words):
    with pytest.raises(ValidationError, match=words):
        HifiganParams(**fields)


@pytest.mark.parametrize("samples", [1024, 1001])
def test_periods_are_columns(samples):
    network = PeriodsParams(width=2, periods=(2, 3, 7)).build()
    outputs = network(torch.randn(2, 1, samples))
    for period, features in zip((2, 3, 7), outputs, strict=True):
        rows = -(-samples // period)
        for layer, channels in zip(features, (2, 8, 32, 64, 64, 1), strict=True):
            if channels not in (64, 1) or layer is features[3]:
                rows = -(-rows // 3)
            assert layer.shape == (2, channels, rows, period)


def test_a_period_mixes_no_columns():
    discriminator = PeriodsParams(width=2, periods=(5,)).build()
    wave = torch.randn(1, 1, 2000, requires_grad=True)
    discriminator(wave)[0][-1][0, 0, 1, 3].backward()
    seen = wave.grad.flatten().nonzero().flatten()
    assert len(seen) > 3
    assert set((seen % 5).tolist()) == {3}


def test_scales_halve_the_rate():
    outputs = ScalesParams(width=4, scales=3).build()(torch.randn(2, 1, 1024))
    for features, samples in zip(outputs, (1024, 513, 257), strict=True):
        assert [layer.shape[1] for layer in features] == [4, 4, 8, 16, 32, 32, 32, 1]
        assert features[0].shape[2] == samples
        assert features[-1].shape[2] == -(-samples // 64)


def test_the_first_scale_is_under_spectral_norm():
    first, second = ScalesParams(width=4, scales=2).build().discriminators
    for layer in [*first.layers, first.last]:
        for _ in range(50):  # a power iteration each time
            weight = layer.weight.detach().flatten(1)
        assert torch.linalg.matrix_norm(weight, 2) == pytest.approx(1, abs=0.05)
    shifted = [name for name, _ in second.named_parameters() if name.endswith("original0")]
    assert len(shifted) == len(second.layers) + 1
    assert tiny.count_parameters(folded(second)) < tiny.count_parameters(second)
