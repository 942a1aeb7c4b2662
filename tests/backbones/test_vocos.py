"""Vocos's networks: published counts, lengths, the inverse transform, and what can't be built."""

from itertools import pairwise

import pytest
import tiny
import torch
from pydantic import ValidationError

from pipeline.backbones.resolutions import BANDS, ResolutionsParams
from pipeline.backbones.vocos import LOUDEST, InverseSTFTHead, VocosParams
from pipeline.nn.inverse_stft import inverse_stft, overlap_add

SMALL = {"width": 8, "hidden": 12, "layers": 2}


def test_networks_have_the_published_parameters():
    with torch.device("meta"):
        assert tiny.count_parameters(VocosParams().build(100)) == 13_531_650
        resolutions = ResolutionsParams().build()
    assert tiny.count_parameters(resolutions) == 1_413_990
    assert len(resolutions.discriminators) == 3


@pytest.mark.parametrize("frames", [1, 2, 7, 33])
@pytest.mark.parametrize(("n_fft", "hop"), [(64, 16), (64, 32), (100, 30), (96, 16)])
def test_every_frame_becomes_a_hop_of_samples(frames, n_fft, hop):
    network = VocosParams(**SMALL, n_fft=n_fft, hop=hop).build(5)
    wave = network(torch.randn(3, 5, frames))
    assert wave.shape == (3, 1, frames * hop)
    assert torch.isfinite(wave).all()
    assert [name for name, _ in network.named_buffers()] == []


def test_blocks_begin_as_published():
    body = VocosParams(**{**SMALL, "layers": 4}).build(5).backbone
    assert len(body.convnext) == 4
    for block in body.convnext:
        assert block.gamma.tolist() == [0.25] * 8
        assert block.dwconv.bias.tolist() == [0] * 8
        assert 0.01 < block.pwconv1.weight.std() < 0.03


def test_a_frame_reaches_three_frames_a_layer_and_its_window():
    network = VocosParams(**SMALL, n_fft=64, hop=16).build(5)
    frames = torch.randn(1, 5, 40, requires_grad=True)
    network(frames)[0, 0, 20 * 16].backward()
    seen = frames.grad.abs().sum((0, 1)).nonzero().flatten()
    reach = 3 * 3  # the first convolution and two blocks
    # Sample 320 is in the windows of frames 18 to 21, whose first and last values are 0 or nearly.
    assert seen.min() == 18 - reach
    assert seen.max() == 21 + reach


# The inverse transform


@pytest.mark.parametrize(("n_fft", "hop"), [(64, 16), (64, 32), (100, 30)])
def test_the_inverse_gives_back_the_wave(n_fft, hop):
    wave = torch.randn(2, 12 * hop, dtype=torch.float64).float()
    margin = (n_fft - hop) // 2
    padded = torch.nn.functional.pad(wave, (margin, margin))
    frames = padded.unfold(-1, n_fft, hop) * torch.hann_window(n_fft)
    found = inverse_stft(torch.fft.rfft(frames), hop)
    torch.testing.assert_close(found, wave, atol=2e-5, rtol=0)


def test_frames_are_added_by_hand():
    frames = torch.tensor([[[1.0, 2, 3, 4, 5], [10, 20, 30, 40, 50]]])
    assert overlap_add(frames, 2).tolist() == [[1, 2, 13, 24, 35, 40, 50, 0]]


def test_magnitudes_are_exponentials_with_a_bound_and_phases_wrap():
    head = InverseSTFTHead(2, n_fft=64, hop=16)
    head.out.weight.data.zero_()
    waves = []
    for logarithm, phase in ((1.0, 0.5), (1.0, 0.5 + 2 * torch.pi), (9.0, 0.5), (50.0, 0.5)):
        head.out.bias.data[:33], head.out.bias.data[33:] = logarithm, phase
        waves.append(head(torch.zeros(1, 8, 2)))
    torch.testing.assert_close(waves[0], waves[1], atol=1e-5, rtol=1e-4)
    torch.testing.assert_close(waves[2], waves[3])
    torch.testing.assert_close(waves[2], waves[0] * LOUDEST / torch.e, atol=1e-4, rtol=1e-4)


# Resolutions


def test_bands_are_heard_apart_and_joined_at_the_end():
    (network,) = ResolutionsParams(width=4, windows=(128,)).build().discriminators
    wave = torch.randn(2, 1, 400)
    layers = network(wave)
    assert len(layers) == 4 * (len(BANDS) - 1) + 1
    frames = 400 // 32 + 1
    edges = [int(share * 65) for share in BANDS]
    assert edges == [0, 6, 16, 32, 48, 65]
    for band, (low, high) in enumerate(pairwise(edges)):
        bins = high - low
        for number, layer in enumerate(layers[4 * band : 4 * band + 4]):
            bins = -(-bins // 2) if number < 3 else bins
            assert layer.shape == (2, 4, frames, bins)
    assert layers[-1].shape[:3] == (2, 1, frames)


def test_loudness_and_offset_are_not_heard():
    network = ResolutionsParams(width=4, windows=(64,)).build()
    wave = torch.randn(1, 1, 256)
    (one,), (other,) = network(wave), network(0.1 * wave + 0.3)
    torch.testing.assert_close(one[-1], other[-1], atol=1e-4, rtol=1e-4)
    (silent,) = network(torch.zeros(1, 1, 256, requires_grad=True))
    assert torch.isfinite(silent[-1]).all()


def test_spectra_are_torchs():
    (network,) = ResolutionsParams(width=4, windows=(64,)).build().discriminators
    wave = torch.randn(2, 300)
    wave = (
        0.8
        * (wave - wave.mean(1, keepdim=True))
        / (wave - wave.mean(1, keepdim=True)).abs().amax(1, keepdim=True)
    )
    expected = torch.stft(
        wave, 64, 16, window=torch.hann_window(64), center=True, return_complex=True
    )
    found = network.spectra(wave)
    torch.testing.assert_close(found[:, 0], expected.real.mT, atol=1e-4, rtol=1e-4)
    torch.testing.assert_close(found[:, 1], expected.imag.mT, atol=1e-4, rtol=1e-4)


@pytest.mark.parametrize(
    ("params", "fields", "words"),
    [
        (VocosParams, {"hop": 600}, "at least two hops, not hop 600 and n_fft 1024"),
        (VocosParams, {"hop": 255}, "even hop"),
        (VocosParams, {"n_fft": 1023}, "even n_fft"),
        (ResolutionsParams, {"windows": (16,)}, "greater than or equal to 32"),
        (ResolutionsParams, {"windows": (90,)}, "multiple of 4"),
        (ResolutionsParams, {"windows": ()}, "at least 1 item"),
    ],
)
def test_networks_that_cant_be_are_refused(params, fields, words):
    with pytest.raises(ValidationError, match=words):
        params(**fields)
