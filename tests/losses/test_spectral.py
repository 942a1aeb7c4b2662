"""Distances of waveforms, at values worked out by hand."""

import math

import pytest
import torch
from torch.autograd import gradcheck

from pipeline.codecs.spectrogram import log_mel
from pipeline.conventions import MelConvention
from pipeline.losses.spectral import mel_l1

CONVENTION = MelConvention(rate=8000, n_fft=256, hop=64, win=256, mels=16, fmax=4000)


def test_a_louder_copy_is_as_far_as_its_gain():
    wave = 0.1 * torch.randn(2, 2048)
    assert float(mel_l1(3 * wave, wave, CONVENTION)) == pytest.approx(math.log(3), rel=1e-4)
    tens = CONVENTION.model_copy(update={"log": "log10"})
    assert float(mel_l1(3 * wave, wave, tens)) == pytest.approx(math.log10(3), rel=1e-4)
    assert float(mel_l1(wave, wave, CONVENTION)) == 0


def test_mel_l1_is_the_mean_over_bands_and_frames():
    a, b = torch.rand(2, 1024) - 0.5, torch.rand(2, 1024) - 0.5
    expected = (log_mel(a, CONVENTION) - log_mel(b, CONVENTION)).abs().mean()
    torch.testing.assert_close(mel_l1(a, b, CONVENTION), expected)


def test_mel_l1_has_a_gradient_and_none_in_silence():
    tiny = MelConvention(rate=800, n_fft=16, hop=8, win=16, mels=4, fmax=400)
    target = torch.randn(1, 24)

    def loss(wave):
        return mel_l1(wave.float(), target, tiny).double()

    wave = torch.randn(1, 24, dtype=torch.float64, requires_grad=True)
    assert gradcheck(loss, (wave,), eps=1e-3, atol=2e-2, rtol=5e-2)
    silence = torch.zeros(1, 24, requires_grad=True)
    mel_l1(silence, target, tiny).backward()
    assert torch.equal(silence.grad, torch.zeros(1, 24))


def test_what_is_no_number_is_a_loss_that_is_none():
    wave = torch.randn(1, 1024)
    broken = wave.clone()
    broken[0, 7] = torch.nan
    assert mel_l1(broken, wave, CONVENTION).isnan()
