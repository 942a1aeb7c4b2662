"""WORLD's parameters: samples of the envelope, pitch moved and noise carried beside them."""

import math

import numpy as np
import pytest
import torch
from pydantic import TypeAdapter
from torch import Tensor
from voices import glide, voice

from pipeline.codecs import Codec, WorldCodec, sound_codec
from pipeline.codecs.pitch import Pitch
from pipeline.codecs.sound import Statistics
from pipeline.codecs.world import FLOOR, world_frames, world_wave
from pipeline.conventions import WorldConvention
from pipeline.errors import UserError
from pipeline.metrics.world_distortion import world_mel_cepstral_distortion

RATE = 16_000
CEPSTRA = WorldConvention(features="mel_cepstrum")
BANDS = WorldConvention(features="envelope", bands=40)
LOW, HIGH = Pitch(mean=math.log(120), std=0.1), Pitch(mean=math.log(240), std=0.2)


def speech(seconds: float = 0.6) -> Tensor:
    return voice(glide(110, 140, seconds, RATE), RATE)


def codec(convention: WorldConvention = CEPSTRA, pitch: Pitch | None = HIGH) -> WorldCodec:
    """``b`` has twice ``a``'s F0 and spread of it, and other features."""
    rows = convention.rows
    own = Statistics(mean=(-2.0,) * rows, std=(0.5,) * rows, pitch=LOW)
    wanted = Statistics(mean=(-1.0,) * rows, std=(0.25,) * rows, pitch=pitch)
    return WorldCodec(convention=convention, statistics={"a": own, "b": wanted})


def hertz(frames: Tensor, rows: int) -> Tensor:
    """F0 of the voiced frames."""
    pitch = frames[..., rows].double()
    return pitch[pitch > 0].exp()


@pytest.mark.parametrize(
    ("convention", "rate", "width"), [(CEPSTRA, RATE, 38), (BANDS, RATE, 42), ("22k", 22_050, 39)]
)
def test_frames_have_features_pitch_and_noise(convention, rate, width):
    if convention == "22k":
        convention = WorldConvention(rate=rate, features="mel_cepstrum")
        assert convention.hop == 110  # 4.99 ms: whole samples
    wave = voice(glide(110, 140, 0.5, rate), rate)
    frames = world_frames(wave, convention)
    assert frames.shape == (len(wave) // convention.hop, width)
    assert frames.dtype == torch.float32
    found = hertz(frames[10:-10], convention.rows)
    assert len(found) > 0.9 * (len(frames) - 20)
    time = (torch.arange(len(frames)) * convention.hop / rate)[10:-10]
    expected = 110 * (140 / 110) ** (time / 0.5)
    voiced = frames[10:-10, convention.rows] > 0
    assert (1200 * (found / expected[voiced]).log2()).abs().median() < 10
    assert (frames[:, convention.rows + 1 :] <= 1e-6).all()  # dB of noise below all


@pytest.mark.parametrize("convention", [CEPSTRA, BANDS], ids=["mel_cepstrum", "envelope"])
def test_a_copy_is_like_what_was_taken_apart(convention):
    wave = speech()
    frames = world_frames(wave, convention)
    copy = world_wave(frames.half(), convention)
    assert copy.shape == (len(frames) * convention.hop,)
    assert copy.dtype == torch.float32
    assert world_mel_cepstral_distortion(copy, wave, RATE) < 3
    again = world_frames(copy, convention)
    both = (frames[:, convention.rows] > 0) & (again[:, convention.rows] > 0)
    cents = 1731 * (again - frames)[both, convention.rows]
    assert both.double().mean() > 0.8
    assert cents.abs().median() < 15
    loudness = [x[2000:-2000].square().mean().sqrt() for x in (copy, wave)]
    assert float(loudness[0] / loudness[1]) == pytest.approx(1, abs=0.2)


def test_half_precision_rounds_pitch_by_cents():
    frames = world_frames(speech(), CEPSTRA)
    rounded = frames.half().float() - frames
    assert 1731 * rounded[:, CEPSTRA.rows].abs().max() < 4
    assert rounded[:, : CEPSTRA.rows].abs().max() < 0.01  # nepers


def test_samples_have_the_features_alone():
    one, frames = codec(), torch.randn(2, 9, 38)
    sample = one.to_sample(frames.half(), "a")
    assert sample.shape == (2, 1, 36, 9)
    assert one.spec("a").height == 36
    torch.testing.assert_close(
        sample[:, 0].transpose(1, 2), (frames[..., :36].half().float() + 2) / 0.5
    )
    torch.testing.assert_close(
        one.features_of(sample, "a"), frames[..., :36].half().float(), atol=1e-5, rtol=0
    )


def test_pitch_is_moved_and_noise_carried_over():
    one = codec()
    frames = world_frames(speech(), CEPSTRA)[None]
    sample = one.to_sample(frames, "a")
    result = one.from_sample(sample, "b", beside=frames, of="a")
    assert result.shape == frames.shape
    torch.testing.assert_close(result[..., :36], (frames[..., :36] + 2) / 2 - 1, atol=1e-4, rtol=0)
    before, after = hertz(frames, 36), hertz(result, 36)
    assert len(before) == len(after)  # what is unvoiced stays so
    torch.testing.assert_close(after, 240 * (before / 120) ** 2, atol=0.05, rtol=0)
    assert torch.equal(result[..., 37:], frames[..., 37:])
    same = one.from_sample(sample, "a", beside=frames, of="a")
    torch.testing.assert_close(same, frames, atol=1e-5, rtol=1e-5)


def test_pitch_stays_where_a_speaker_has_none():
    frames = world_frames(speech(0.3), CEPSTRA)[None]
    one = codec(pitch=None)
    result = one.from_sample(one.to_sample(frames, "a"), "b", beside=frames, of="a")
    assert torch.equal(result[..., 36:], frames[..., 36:])


def test_drawn_samples_are_refused_in_words():
    with pytest.raises(UserError, match=r"no pitch of their own.*model of mel spectrograms"):
        codec().from_sample(torch.randn(1, 1, 36, 8), "a")


def test_statistics_of_pitch_are_those_of_the_frames():
    one = codec()
    wave = speech()
    stored = one.stored(wave.numpy())
    assert stored.dtype == np.float16
    found = one.pitch_of(wave.numpy(), stored)
    voiced = torch.from_numpy(stored[:, 36].astype(np.float64))
    voiced = voiced[voiced > 0]
    assert found.voiced == len(voiced)
    assert found.sum == pytest.approx(float(voiced.sum()))
    assert found.summary().hertz == pytest.approx(124, abs=6)


def test_silence_is_at_the_floor_and_stays_silent():
    frames = world_frames(torch.zeros(4000), BANDS)
    torch.testing.assert_close(
        frames[:, :40], torch.full((50, 40), math.log(FLOOR)), atol=1e-3, rtol=0
    )
    assert (frames[:, 40] == 0).all()
    assert world_wave(frames, BANDS).abs().max() < 1e-4


@pytest.mark.parametrize("samples", [80, 160, 1000])
def test_the_shortest_sounds_keep_their_frames(samples):
    frames = world_frames(speech()[:samples], CEPSTRA)
    assert len(frames) == samples // 80
    wave = world_wave(frames, CEPSTRA)
    assert wave.shape == (samples // 80 * 80,)
    assert torch.isfinite(wave).all()


def test_no_number_and_no_bound_make_no_crash():
    frames = world_frames(speech(0.2), CEPSTRA)
    frames[3] = torch.nan
    frames[5, 0] = 1e30
    assert torch.isfinite(world_wave(frames, CEPSTRA)).all()


@pytest.mark.parametrize(
    "wave", [torch.zeros(79), torch.zeros(2, 800), torch.full((800,), torch.nan)]
)
def test_refusals(wave):
    with pytest.raises(ValueError, match=r"a wave is \[N\]|not finite"):
        world_frames(wave, CEPSTRA)


def test_clips_of_less_than_a_tenth_of_a_second_are_not_stored():
    with pytest.raises(ValueError, match="1599 samples are fewer than one frame of 1600"):
        codec().stored(np.zeros(1599, np.float32))


def test_a_picture_of_cepstra_is_their_envelope():
    one = codec()
    flat = torch.zeros(1, 1, 36, 5)
    assert torch.equal(one.spectra(flat), torch.zeros(1, 1, 64, 5))
    tilted = flat.clone()
    tilted[:, :, 1] = 3.0  # cos w': more at low frequencies
    drawn = one.spectra(tilted)
    assert (drawn[0, 0, 1:, 0] < drawn[0, 0, :-1, 0]).all()
    # Of 36 equal spreads, 35 of which have half their power at a place.
    assert float(drawn[0, 0, 0, 0]) == pytest.approx(3 / math.sqrt(1 + 35 / 2), rel=0.02)
    bands = codec(BANDS)
    sample = torch.randn(1, 1, 40, 5)
    assert torch.equal(bands.spectra(sample), sample)


def test_a_codec_is_written_and_read():
    adapter = TypeAdapter(Codec)
    one = codec(BANDS)
    assert adapter.validate_json(one.model_dump_json()) == one
    assert sound_codec(BANDS, one.statistics) == one
    assert one.mel_convention.rate == RATE
