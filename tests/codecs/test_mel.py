"""Sound: files to waves to samples and back."""

import numpy as np
import pytest
import soundfile
import tiny
import torch

from pipeline.codecs import MelCodec
from pipeline.codecs.mel import read_wave
from pipeline.codecs.sound import Statistics
from pipeline.codecs.sound_files import without_rumble

RATE = 8000


def codec() -> MelCodec:
    rng = np.random.default_rng(0)

    def statistics() -> Statistics:
        return Statistics(mean=rng.normal(-5, 2, tiny.SIDE), std=rng.uniform(0.5, 3, 16))

    return MelCodec(
        convention=tiny.CONVENTION, statistics={"ann": statistics(), "bob": statistics()}
    )


def tone(seconds: float, rate: int = RATE, hertz: float = 440.0) -> np.ndarray:
    return 0.5 * np.sin(2 * np.pi * hertz * np.arange(int(seconds * rate)) / rate)


def test_samples_are_standardised_frames_turned_on_their_side():
    frames = torch.randn(2, 9, tiny.SIDE).half()
    sample = codec().to_sample(frames, "ann")
    assert sample.shape == (2, 1, tiny.SIDE, 9)
    one = codec().statistics["ann"]
    expected = (float(frames[1, 4, 7]) - one.mean[7]) / one.std[7]
    assert float(sample[1, 0, 7, 4]) == pytest.approx(expected, rel=1e-5)


def test_from_sample_undoes_to_sample():
    frames = (torch.randn(2, 9, tiny.SIDE) * 3 - 5).half()
    back = codec().from_sample(codec().to_sample(frames, "ann"), "ann")
    torch.testing.assert_close(back, frames.float(), atol=1e-5, rtol=0)


def test_samples_made_without_gradients_leave_those_of_later_ones():
    one, frames = codec(), torch.randn(1, 3, tiny.SIDE)
    with torch.inference_mode():
        before = one.to_sample(frames, "bob")
    later = frames.clone().requires_grad_()
    after = one.to_sample(later, "bob")
    after.sum().backward()
    assert torch.equal(before, after.detach())
    assert later.grad is not None
    torch.testing.assert_close(
        later.grad[0, 0], 1 / torch.tensor(one.statistics["bob"].std), atol=0, rtol=1e-5
    )


def test_another_domains_decoder_moves_mean_and_deviation():
    frames = (torch.randn(1, 4000, tiny.SIDE) * 3 - 5).half()
    data = frames[0].double()
    own = Statistics(mean=data.mean(0).tolist(), std=data.std(0).tolist())
    two = MelCodec(
        convention=tiny.CONVENTION, statistics={"a": own, "b": codec().statistics["bob"]}
    )
    moved = two.from_sample(two.to_sample(frames, "a"), "b")[0]
    torch.testing.assert_close(
        moved.mean(0), torch.tensor(two.statistics["b"].mean), atol=1e-3, rtol=0
    )
    torch.testing.assert_close(
        moved.std(0), torch.tensor(two.statistics["b"].std), atol=1e-3, rtol=0
    )


def test_a_wave_goes_through_samples_and_comes_back_alike():
    wave = torch.from_numpy(tone(0.5)).float()
    sample = codec().encode(wave, "ann")
    assert sample.shape == (1, tiny.SIDE, 4000 // 64)
    back = codec().decode(sample, "ann")
    assert len(back) == 4000 // 64 * 64
    again = codec().encode(back, "ann")
    loud = sample[0].mean(dim=1).argmax()
    assert float((again - sample)[0, loud].abs().mean()) < 0.1


def without_offset(wave: np.ndarray, rate: int) -> np.ndarray:
    """Read a wave [samples] whose file holds it exactly."""
    return np.concatenate(list(without_rumble(iter([wave[:, None]]), rate)))[:, 0]


def test_eight_bits_are_read(tmp_path):
    soundfile.write(tmp_path / "x.wav", tone(0.1), RATE, subtype="PCM_U8")
    wave = read_wave(tmp_path / "x.wav", RATE)
    assert wave.dtype == np.float32
    np.testing.assert_allclose(wave, without_offset(tone(0.1), RATE), atol=1 / 100)


def test_another_rate_is_resampled_once_and_channels_are_mixed(tmp_path):
    left = tone(0.2, 96_000)
    soundfile.write(tmp_path / "x.wav", np.stack([left, 0.5 * left], axis=1), 96_000)
    wave = read_wave(tmp_path / "x.wav", RATE)
    assert wave.shape == (1600,)
    expected = without_offset(0.75 * tone(0.2), RATE)
    np.testing.assert_allclose(wave[100:-100], expected[100:-100], atol=2e-3)


def test_silence_is_sound(tmp_path):
    soundfile.write(tmp_path / "x.wav", np.zeros(4000), RATE)
    frames = codec().stored(read_wave(tmp_path / "x.wav", RATE))
    assert frames.shape == (62, tiny.SIDE)
    assert frames.dtype == np.float16
    np.testing.assert_allclose(frames, np.log(1e-5), rtol=1e-3)


@pytest.mark.parametrize("value", [np.nan, np.inf])
def test_what_is_no_number_is_refused(tmp_path, value):
    wave = tone(0.1)
    wave[5] = value
    soundfile.write(tmp_path / "x.wav", wave, RATE, subtype="FLOAT")
    with pytest.raises(ValueError, match="holds values that are not numbers"):
        read_wave(tmp_path / "x.wav", RATE)


def test_text_and_emptiness_are_refused(tmp_path):
    (tmp_path / "text.wav").write_text("no sound at all")
    with pytest.raises(ValueError, match="not a sound file that libsndfile reads"):
        read_wave(tmp_path / "text.wav", RATE)
    soundfile.write(tmp_path / "empty.wav", np.zeros(0), RATE)
    with pytest.raises(ValueError, match="holds no samples"):
        read_wave(tmp_path / "empty.wav", RATE)


def test_less_than_a_frame_is_refused():
    with pytest.raises(ValueError, match="255 samples are fewer than one frame of 256"):
        codec().stored(np.zeros(255, dtype=np.float32))
