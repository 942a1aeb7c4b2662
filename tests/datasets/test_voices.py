"""The two synthetic speakers, and the synthesiser behind them."""

import os
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

from pipeline.datasets import recordings, voices
from pipeline.datasets.espeak import SAMPLE_RATE, Voice, synthesise
from pipeline.errors import UserError

ROOT = Path(__file__).resolve().parents[2]
ARTHUR, BEATRICE = voices.SPEAKERS.values()


def median_pitch(wave: np.ndarray) -> float:
    """By autocorrelation, over the frames that are clearly periodic; Hz."""
    pitches = []
    for start in range(0, len(wave) - 1024, 256):
        frame = wave[start : start + 1024] * np.hanning(1024)
        correlation = np.correlate(frame, frame, "full")[1023:]
        shortest, longest = SAMPLE_RATE // 350, SAMPLE_RATE // 60
        lag = shortest + int(correlation[shortest:longest].argmax())
        if correlation[lag] > 0.5 * correlation[0] > 0:
            pitches.append(SAMPLE_RATE / lag)
    return float(np.median(pitches))


@pytest.fixture(scope="module")
def spoken() -> dict[str, list[np.ndarray]]:
    return {name: voices.speech(name, voices.test_sentences()[:4]) for name in voices.SPEAKERS}


def test_an_utterance_is_the_same_each_time_and_after_other_utterances():
    first = synthesise(["Good morning.", "Rain fell all day."], BEATRICE)
    again = synthesise(["Rain fell all day.", "A cat sat.", "Rain fell all day."], BEATRICE)
    assert first[1].tobytes() == again[0].tobytes() == again[2].tobytes()


def test_samples_are_float32_mono_within_full_scale():
    (wave,) = synthesise(["Rain fell all day."], ARTHUR)
    assert wave.dtype == np.float32
    assert wave.ndim == 1
    assert 1.0 < len(wave) / SAMPLE_RATE < 3.0
    assert 0.1 < np.abs(wave).max() <= 1.0


def test_nothing_asked_nothing_spoken():
    assert synthesise([], ARTHUR) == []


@pytest.mark.parametrize("voice", ["en-us+nobody", "no-such-language"])
def test_unknown_voice_is_the_users_error(voice):
    with pytest.raises(UserError, match=voice.replace("+", r"\+")):
        synthesise(["Hello."], Voice("x", voice))


@pytest.mark.parametrize("sentence", ["", "..."])
def test_a_sentence_without_words_is_the_users_error(sentence):
    with pytest.raises(UserError, match="nothing to say"):
        synthesise(["Hello.", sentence], ARTHUR)


@pytest.mark.parametrize("field", [{"pitch": 100}, {"pitch_range": -1}, {"speed": 79}])
def test_voice_refuses_numbers_out_of_range(field):
    with pytest.raises(ValueError, match=next(iter(field))):
        Voice("x", "en-us", **field)


def test_a_failing_worker_is_reported_with_its_message(monkeypatch):
    monkeypatch.setattr("pipeline.datasets.espeak.asdict", lambda voice: {"nonsense": 1})
    with pytest.raises(RuntimeError, match="nonsense"):
        synthesise(["Hello."], ARTHUR)


def test_another_working_folder_does_not_matter(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    assert len(synthesise(["Hello."], ARTHUR)) == 1
    assert not list(tmp_path.iterdir())


def test_the_process_that_forks_does_not_import_torch():
    check = "import pipeline.datasets.espeak, sys; sys.exit('torch' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", check], cwd=ROOT, env=os.environ).returncode == 0


def test_sentences_are_disjoint_and_plenty():
    train = [voices.train_sentences(name) for name in voices.SPEAKERS]
    everything = [*train[0], *train[1], *voices.test_sentences()]
    assert len(set(everything)) == len(everything)
    assert [len(part) for part in train] == [80, 80]
    assert len(voices.test_sentences()) == 12
    assert all(5 <= len(sentence.split()) <= 11 for sentence in everything)


def test_unknown_speaker():
    with pytest.raises(KeyError, match="arthur"):
        voices.train_sentences("carol")
    with pytest.raises(KeyError, match="arthur"):
        voices.speech("carol", ["Hello."])


def test_speech_is_trimmed_and_levelled(spoken):
    for waves in spoken.values():
        for wave in waves:
            level = 20 * np.log10(np.sqrt(np.square(wave, dtype=np.float64).mean()))
            assert level == pytest.approx(recordings.LEVEL, abs=0.01)
            assert np.abs(wave).max() <= recordings.PEAK
            for end in (wave[:220], wave[-220:]):
                assert np.abs(end).max() > 1e-4


def test_the_speakers_differ_in_pitch_and_take_the_same_time(spoken):
    low, high = ([median_pitch(wave) for wave in spoken[name]] for name in ("arthur", "beatrice"))
    assert 80 < np.median(low) < 125
    assert 170 < np.median(high) < 240
    lengths = [sum(map(len, waves)) for waves in spoken.values()]
    assert lengths[0] == pytest.approx(lengths[1], rel=0.1)
