"""F0 of voices whose pitch is known, beside a second extractor."""

import math

import librosa
import numpy as np
import pytest
import torch
from voices import glide, voice

from pipeline.codecs.pitch import CENTS, Pitch, f0_track, log_f0
from pipeline.codecs.sound import Statistics
from pipeline.codecs.spectrogram import log_mel
from pipeline.conventions import HIFI_GAN, MelConvention

TELEPHONE = MelConvention(rate=8000, n_fft=256, hop=64, win=256, mels=16, fmax=4000)


def cents(a: torch.Tensor, b: torch.Tensor) -> torch.Tensor:
    return CENTS * (a.double().log() - b.double().log())


@pytest.mark.parametrize("convention", [HIFI_GAN, TELEPHONE], ids=["22050", "8000"])
@pytest.mark.parametrize(("start", "end"), [(100, 200), (400, 200)])
def test_a_glide_is_followed_at_the_middle_of_each_mel_frame(convention, start, end):
    hertz = glide(start, end, 2.0, convention.rate)
    track = f0_track(voice(hertz, convention.rate), convention)
    hop = convention.hop
    middles = torch.from_numpy(hertz)[hop // 2 :: hop][: len(track)]
    inside = slice(20, -20)
    assert (track[inside] > 0).all()
    errors = cents(track, middles)[inside]
    assert errors.abs().max() < 5
    assert abs(errors.mean()) < 1  # frames that were half a hop late would be 2.4 or 3.5 off


@pytest.mark.parametrize("samples", [256, 257, 383, 511, 512, 10_000, 10_240])
def test_there_is_one_value_for_each_mel_frame(samples):
    wave = 0.1 * torch.randn(samples)
    assert f0_track(wave, HIFI_GAN).shape == log_mel(wave).shape[1:]


def test_silence_is_unvoiced_and_so_is_the_silence_in_speech():
    assert not f0_track(torch.zeros(22_050), HIFI_GAN).any()
    hertz = np.concatenate([np.full(22_050, 150.0), np.zeros(22_050)])
    track = f0_track(voice(hertz, 22_050), HIFI_GAN)
    voiced = track > 0
    assert voiced[4:80].all()
    assert not voiced[92:].any()


def test_a_second_extractor_finds_the_same():
    time = np.arange(2 * 22_050) / 22_050
    hertz = 180 * 2 ** (0.25 * np.sin(2 * np.pi * 1.5 * time))
    wave = voice(hertz, 22_050)
    track = f0_track(wave, HIFI_GAN)
    other, _, _ = librosa.pyin(
        wave.numpy(), fmin=71, fmax=800, sr=22_050, frame_length=2048, hop_length=64
    )
    at_middles = torch.from_numpy(np.nan_to_num(other))[2::4][: len(track)]  # hop/2 is 2 of 64
    both = (track > 0) & (at_middles > 0)
    assert both.double().mean() > 0.95
    assert cents(track[both], at_middles[both]).square().mean().sqrt() < 12


def test_equal_input_gives_equal_output():
    wave = voice(glide(90, 130, 1.0, 22_050), 22_050)
    assert torch.equal(f0_track(wave, HIFI_GAN), f0_track(wave, HIFI_GAN))


@pytest.mark.parametrize(
    ("wave", "words"),
    [
        (torch.full((1000,), torch.nan), "finite"),
        (torch.full((1000,), torch.inf), "finite"),
        (torch.zeros(255), "one hop of 256"),
        (torch.zeros(2, 1000), r"\[2, 1000\]"),
    ],
)
def test_refusals(wave, words):
    with pytest.raises(ValueError, match=words):
        f0_track(wave, HIFI_GAN)


def test_a_pitch_is_the_mean_and_deviation_of_log_f0():
    tracks = [torch.tensor([0.0, 100.0, 0.0]), torch.tensor([400.0]), torch.zeros(5)]
    pitch = Pitch.of(tracks)
    assert pitch.hertz == pytest.approx(200)
    assert pitch.cents == pytest.approx(1200)
    assert pitch.std == pytest.approx(math.log(2))
    assert torch.cat([log_f0(track) for track in tracks]).tolist() == pytest.approx(
        [math.log(100), math.log(400)]
    )


def test_what_never_moves_has_a_little_deviation_and_what_is_unvoiced_no_pitch():
    assert Pitch.of([torch.tensor([150.0, 150.0])]).std == 1e-3
    assert Pitch.of([torch.zeros(9)]) is None


def test_statistics_of_before_there_was_pitch_are_read():
    assert Statistics.model_validate_json('{"mean": [1.0], "std": [2.0]}').pitch is None
