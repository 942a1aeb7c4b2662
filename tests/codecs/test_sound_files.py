"""Sound files as people have them: offsets, rumble, channels of every kind, loud values."""

from pathlib import Path

import numpy as np
import pytest
import soundfile

from pipeline.codecs.mel import read_wave, to_audio
from pipeline.codecs.sound_files import mix_of, read_mono, resampled
from pipeline.conventions import MelConvention
from pipeline.datasets.folders import SoundFolderParams
from pipeline.datasets.recordings import levelled, trimmed

RATE = 8000


def tone(seconds: float = 1.0, amplitude: float = 0.1, hertz: float = 400) -> np.ndarray:
    time = np.arange(round(seconds * RATE)) / RATE
    return (amplitude * np.sin(2 * np.pi * hertz * time)).astype(np.float32)


def written(path: Path, *channels: np.ndarray, rate: int = RATE) -> Path:
    soundfile.write(path, np.stack(channels, axis=1), rate, subtype="FLOAT")
    return path


def recordings(**fields: float | None) -> SoundFolderParams:
    """Recordings at the tests' rate."""
    convention = MelConvention(rate=RATE, n_fft=256, hop=64, win=256, mels=16, fmax=4000)
    folders = {"train": {"a": "a"}}
    return SoundFolderParams(root="", folders=folders, convention=convention, **fields)


@pytest.mark.parametrize("offset", [0.3, -0.9])
def test_an_offset_goes_before_silence_is_cut_and_the_level_is_measured(tmp_path, offset):
    silence = np.zeros(RATE // 2, np.float32)
    wave = np.concatenate([silence, tone(), silence])
    plain = recordings().load_recording(written(tmp_path / "plain.wav", wave))
    found = recordings().load_recording(written(tmp_path / "offset.wav", wave + offset))
    assert len(found) == len(plain) == pytest.approx(RATE, abs=2 * 0.03 * RATE)
    np.testing.assert_allclose(found, plain, atol=1e-4)
    level = 20 * np.log10(np.sqrt(np.mean(found.astype(float) ** 2)))
    assert level == pytest.approx(-23, abs=0.01)


def test_an_offset_alone_is_silence(tmp_path):
    path = written(tmp_path / "x.wav", np.full(RATE, 0.3, np.float32))
    with pytest.raises(ValueError, match="is silent"):
        recordings().load_recording(path)
    with pytest.raises(ValueError, match="is silent"):
        recordings(trim=None).load_recording(path)


def test_rumble_goes_and_speech_stays(tmp_path):
    rumble = tone(amplitude=0.5, hertz=4)
    found = read_wave(written(tmp_path / "x.wav", tone() + rumble), RATE)
    middle = slice(RATE // 4, -RATE // 4)
    assert np.sqrt(np.mean((found - tone())[middle] ** 2)) < 0.05 * 0.5
    low = read_wave(written(tmp_path / "low.wav", tone(hertz=85)), RATE)
    assert low[middle].std() == pytest.approx(tone().std(), rel=0.02)


@pytest.mark.parametrize("length", [999, 7001, 100_000])
def test_resampling_in_blocks_keeps_the_time(length):
    wave = tone(5)
    blocks = [wave[first : first + length] for first in range(0, len(wave), length)]
    raised = list(resampled(blocks, RATE, 11_025))
    assert sum(map(len, raised)) == 5 * 11_025
    found = np.concatenate(list(resampled(raised, 11_025, RATE)))
    assert len(found) == len(wave)
    np.testing.assert_allclose(found[100:-100], wave[100:-100], atol=1e-4)
    for samples in (len(wave) - 7, len(wave) + 7):
        assert sum(map(len, resampled(raised, 11_025, RATE, lambda: samples))) == samples  # noqa: B023


def test_resampling_to_the_same_rate_hands_on_the_very_blocks():
    blocks = [tone(), tone()]
    assert all(a is b for a, b in zip(resampled(blocks, RATE, RATE), blocks, strict=True))


@pytest.mark.parametrize("rate", [RATE, 11_025])
def test_preparation_and_conversion_read_alike(tmp_path, rate):
    path = written(tmp_path / "x.wav", tone(3) + 0.3, np.zeros(3 * RATE, np.float32), rate=rate)
    file = read_mono(path)
    blocks = np.concatenate(list(resampled(file.blocks, file.rate, RATE)))
    whole = read_wave(path, RATE)
    length = min(len(blocks), len(whole))
    assert abs(len(blocks) - len(whole)) <= 1
    np.testing.assert_allclose(blocks[:length], whole[:length], atol=1e-3)


def test_empty_channels_take_nothing_from_the_others(tmp_path):
    silence = np.zeros(RATE, np.float32)
    path = written(tmp_path / "x.wav", silence, tone(), silence + 0.2, tone())
    assert mix_of(path) == ((1, 3), "2 of its 4 channels are empty")
    np.testing.assert_allclose(read_wave(path, RATE), tone(), atol=4e-3)


def test_channels_that_cancel_each_other_are_not_mixed(tmp_path):
    path = written(tmp_path / "x.wav", tone(), -0.9 * tone())
    mix = mix_of(path)
    assert mix.channels == (0,)
    assert "cancel each other, so number 1 alone is read" in mix.remark
    np.testing.assert_allclose(read_wave(path, RATE), tone(), atol=4e-3)


@pytest.mark.parametrize("channels", [2, 6, 16])
def test_channels_that_have_nothing_to_do_with_each_other_are_mixed(tmp_path, channels):
    noise = np.random.default_rng(0).standard_normal((channels, RATE)).astype(np.float32) / 10
    assert mix_of(written(tmp_path / "x.wav", *noise)) == (tuple(range(channels)), "")


def test_silence_in_all_channels_is_sound(tmp_path):
    silence = np.zeros(RATE, np.float32)
    path = written(tmp_path / "x.wav", silence, silence)
    assert not read_wave(path, RATE).any()


def test_values_beyond_full_scale_are_made_quieter(tmp_path):
    path = written(tmp_path / "x.wav", tone(amplitude=3.0))
    for params in (recordings(), recordings(level=None), recordings(level=-1.0)):
        found = params.load_recording(path)
        assert 0.05 < np.abs(found).max() <= 0.99 + 1e-6
        middle = found[400:4000]
        np.testing.assert_allclose(middle / middle.max(), tone(amplitude=1)[400:4000], atol=0.01)
    content = bytes(to_audio(tone(amplitude=3.0), RATE, "WAV"))
    (tmp_path / "y.wav").write_bytes(content)
    again, _ = soundfile.read(tmp_path / "y.wav")
    np.testing.assert_allclose(again, tone(amplitude=0.99), atol=1e-3)


def test_what_rounding_leaves_is_silence():
    with pytest.raises(ValueError, match="is silent"):
        levelled(np.full(RATE, 1e-9, np.float32))
    with pytest.raises(ValueError, match="is silent"):
        trimmed(np.full(RATE, 1e-9, np.float32), RATE)


def test_a_broken_link_is_named(tmp_path):
    (tmp_path / "x.wav").symlink_to(tmp_path / "nowhere.wav")
    with pytest.raises(ValueError, match="can't be read: No such file"):
        read_wave(tmp_path / "x.wav", RATE)
