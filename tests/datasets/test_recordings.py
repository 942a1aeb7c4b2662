"""Trimming and levelling, at values worked out by hand, and recordings of every kind."""

from pathlib import Path

import numpy as np
import pytest
import soundfile
from pydantic import ValidationError

from pipeline.codecs.sound_files import PEAK, without_rumble
from pipeline.conventions import HIFI_GAN, MelConvention
from pipeline.datasets.folders import SoundFolderParams
from pipeline.datasets.prepare import prepare
from pipeline.datasets.recordings import levelled, trimmed
from pipeline.errors import UserError

RATE = 8000


def tone(seconds: float, amplitude: float = 0.1) -> np.ndarray:
    time = np.arange(round(seconds * RATE)) / RATE
    return (amplitude * np.sin(2 * np.pi * 400 * time)).astype(np.float32)


def params(root: Path, **fields: object) -> SoundFolderParams:
    convention = {"rate": RATE, "n_fft": 256, "hop": 64, "win": 256, "mels": 16, "fmax": 4000}
    return SoundFolderParams(
        root=str(root), folders={"train": {"a": "."}}, convention=convention, **fields
    )


def test_silence_at_both_ends_goes_and_pauses_stay():
    pause, speech = np.zeros(RATE // 2, np.float32), tone(0.5)
    wave = np.concatenate([pause, speech, pause, speech, pause])
    np.testing.assert_array_equal(trimmed(wave, RATE), wave[RATE // 2 : 2 * RATE])


@pytest.mark.parametrize(("silence", "kept"), [(40.0, 0.5), (50.0, 0.6)])
def test_silence_is_so_many_decibels_below_the_loudest(silence, kept):
    hiss = tone(0.1, amplitude=0.1 * 10 ** (-45 / 20))
    assert len(trimmed(np.concatenate([hiss, tone(0.5)]), RATE, silence)) == kept * RATE


def test_clips_come_to_one_level():
    for amplitude in (0.001, 0.9):
        loudness = np.sqrt(np.mean(levelled(tone(0.5, amplitude), -23.0).astype(np.float64) ** 2))
        assert 20 * np.log10(loudness) == pytest.approx(-23, abs=1e-4)


def test_a_spiky_clip_stays_below_its_level():
    spike = np.full(RATE, 1e-4, np.float32)
    spike[100] = 0.5
    assert np.abs(levelled(spike)).max() == pytest.approx(PEAK)


def test_recordings_keep_length_and_level_where_asked_for(tmp_path):
    wave = np.concatenate([np.zeros(800, np.float32), tone(0.2)])
    soundfile.write(tmp_path / "a.wav", wave, RATE, subtype="FLOAT")
    read = params(tmp_path, trim=None, level=None).load_recording(tmp_path / "a.wav")
    (expected,) = without_rumble(iter([wave[:, None]]), RATE)
    np.testing.assert_array_equal(read, expected[:, 0])
    # What is left of the step into the tone is heard for half a window before it.
    assert 1600 <= len(params(tmp_path).load_recording(tmp_path / "a.wav")) <= 1600 + 0.03 * RATE


@pytest.mark.parametrize(
    ("name", "rate", "channels", "subtype"),
    [
        ("8 bits.wav", 8000, 1, "PCM_U8"),
        ("studio.wav", 96_000, 2, "PCM_24"),
        ("float.wav", 44_100, 1, "FLOAT"),
        ("surround.flac", 48_000, 6, "PCM_16"),
        ("spoken.ogg", 16_000, 1, "VORBIS"),
        ("telephone.wav", 8000, 1, "ULAW"),
    ],
)
def test_every_kind_of_file_gives_the_same_speech(tmp_path, name, rate, channels, subtype):
    time = np.arange(rate) / rate
    wave = 0.3 * np.sin(2 * np.pi * 440 * time)
    soundfile.write(tmp_path / name, np.stack([wave] * channels, axis=1), rate, subtype=subtype)
    read = params(tmp_path).load_recording(tmp_path / name)
    expected = np.sqrt(2) * 10 ** (-23 / 20) * np.sin(2 * np.pi * 440 * np.arange(RATE) / RATE)
    assert abs(len(read) - RATE) <= RATE // 100
    middle = slice(RATE // 4, RATE // 2)
    assert np.abs(read[middle] - expected[middle]).max() < 0.01


@pytest.mark.parametrize(
    ("samples", "reason"),
    [
        (np.zeros(RATE), "is silent"),
        (np.full(RATE, np.nan), "not numbers"),
        (tone(0.02), "fewer than one frame"),
        (np.zeros(0), "no samples"),
    ],
)
def test_clips_that_teach_nothing_are_named(tmp_path, samples, reason):
    soundfile.write(tmp_path / "bad.wav", samples, RATE, subtype="FLOAT")
    soundfile.write(tmp_path / "good.wav", tone(0.5), RATE)
    with pytest.raises(UserError, match=rf"1 of 2 items(.|\n)*bad\.wav: .*{reason}"):
        prepare(params(tmp_path), tmp_path / "out", workers=1)


def test_a_clip_of_50_ms_is_a_clip(tmp_path):
    soundfile.write(tmp_path / "short.wav", tone(0.05), RATE)
    prepare(params(tmp_path), tmp_path / "out", workers=1)


def test_text_that_is_called_a_sound_is_named(tmp_path):
    (tmp_path / "words.wav").write_text("no sound", encoding="utf-8")
    with pytest.raises(UserError, match=r"words\.wav: not a sound file"):
        prepare(params(tmp_path), tmp_path / "out", workers=1)


def test_conventions_have_names():
    assert MelConvention.model_validate("hifigan_22k") == HIFI_GAN
    slow = MelConvention.model_validate("hifigan_16k")
    assert (slow.rate, slow.hop, slow.mels, slow.fmax) == (16_000, 256, 80, 8000)
    names = "hifigan_22k, hifigan_16k, vocos_24k"
    with pytest.raises(ValidationError, match=f"found 'hifigan', allowed: {names}"):
        MelConvention.model_validate("hifigan")
