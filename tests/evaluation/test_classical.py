"""The conversion without learning, on voices whose pitch is known."""

import math

import numpy as np
import pytest
import torch
from torch import Tensor
from voices import glide, voice

from pipeline.codecs import MelCodec
from pipeline.codecs.pitch import CEILING, Pitch, f0_track, move_pitch
from pipeline.codecs.sound import Statistics
from pipeline.codecs.spectrogram import log_mel
from pipeline.conventions import HIFI_GAN, MelConvention
from pipeline.evaluation.classical import convert_by_statistics
from pipeline.metrics.distortion import mel_cepstral_distortion

TELEPHONE = MelConvention(rate=8000, n_fft=256, hop=64, win=256, mels=32, fmax=4000)
BASE_TEN = HIFI_GAN.model_copy(update={"log": "log10"})
LOW = Pitch(mean=math.log(120), std=0.1)
HIGH = Pitch(mean=math.log(240), std=0.2)


def codec(convention: MelConvention, tilt: float = 0.0, pitch: Pitch | None = HIGH) -> MelCodec:
    """``b`` is higher than ``a`` and, at the top of the spectrum, ``tilt`` nepers louder."""
    rise = np.linspace(0, tilt, convention.mels)
    if convention.log == "log10":
        rise = rise / math.log(10)
    flat = (1.0,) * convention.mels
    own = Statistics(mean=(-5.0,) * convention.mels, std=flat, pitch=LOW)
    wanted = Statistics(mean=tuple(-5 + rise), std=flat, pitch=pitch)
    return MelCodec(convention=convention, statistics={"a": own, "b": wanted})


def speech(convention: MelConvention, seconds: float = 1.5) -> Tensor:
    return voice(glide(100, 140, seconds, convention.rate), convention.rate)


def test_pitch_is_standardised_and_moved():
    track = np.array([0.0, 120.0, 120 * math.exp(0.1), 120 * math.exp(-0.2), 700.0])
    moved = move_pitch(track, LOW, HIGH)
    expected = [0.0, 240.0, 240 * math.exp(0.2), 240 * math.exp(-0.4), CEILING]
    np.testing.assert_allclose(moved, expected, rtol=1e-12)


@pytest.mark.parametrize("convention", [HIFI_GAN, TELEPHONE], ids=["22050", "8000"])
def test_a_converted_voice_has_the_targets_pitch(convention):
    wave = speech(convention)
    converted = convert_by_statistics(wave, codec(convention), "a", "b")
    assert converted.shape == wave.shape
    assert converted.dtype == torch.float32
    before, after = (f0_track(w, convention)[20:-20].double() for w in (wave, converted))
    assert (after > 0).double().mean() > 0.95
    both = (before > 0) & (after > 0)
    expected = 240 * ((before[both] / 120).log() * 2).exp()
    assert (1200 * (after[both] / expected).log2()).abs().median() < 20


def test_a_voice_that_is_its_own_target_stays():
    one = codec(HIFI_GAN)
    same = one.model_copy(update={"statistics": {"a": one.statistics["a"]}})
    wave = speech(HIFI_GAN)
    converted = convert_by_statistics(wave, same, "a", "a")
    mels = (log_mel(w[4000:-4000], HIFI_GAN) for w in (converted, wave))
    assert mel_cepstral_distortion(*mels) < 3


@pytest.mark.parametrize("convention", [HIFI_GAN, BASE_TEN], ids=["ln", "log10"])
def test_timbre_is_moved_by_the_mel_statistics(convention):
    wave = speech(convention)
    flat, tilted = (
        log_mel(convert_by_statistics(wave, codec(convention, tilt), "a", "b"), HIFI_GAN)
        for tilt in (0.0, 2.0)
    )
    rise = (tilted - flat)[:, 20:-20].median(dim=1).values
    assert rise[4:50].tolist() == pytest.approx(np.linspace(0, 2, 80)[4:50].tolist(), abs=0.1)


def test_who_has_no_pitch_is_not_converted():
    assert convert_by_statistics(speech(HIFI_GAN), codec(HIFI_GAN, pitch=None), "a", "b") is None


def test_silence_stays_silent():
    assert convert_by_statistics(torch.zeros(9000), codec(HIFI_GAN), "a", "b").abs().max() < 1e-3


@pytest.mark.parametrize("samples", [256, 300, 1024])
def test_the_shortest_sounds_keep_their_length(samples):
    wave = voice(np.full(samples, 150.0), 22_050)
    converted = convert_by_statistics(wave, codec(HIFI_GAN), "a", "b")
    assert converted.shape == (samples,)
    assert torch.isfinite(converted).all()
