"""Live conversion without a browser: what it makes of pieces, and what it says of its delay."""

import base64
from pathlib import Path

import numpy as np
import pytest
import soundfile
import tiny
from voices import vowel

from demo import live
from demo.library import Library
from demo.live import REMEMBERED, Choice, Speaking, begin, read_piece
from demo.voice import CLASSICAL
from pipeline.errors import UserError
from pipeline.inference.conversion import convert_wave
from pipeline.inference.live import BLOCK, LiveConverter

RATE = tiny.CONVENTION.rate
CHOICE = Choice("voice_cyclegan/beatrice", CLASSICAL, 0.0, 0.0, 16_000)


@pytest.fixture(scope="module")
def library(models: Path) -> Library:
    return Library(models)


def pieces(seconds: float, rate: int) -> list[np.ndarray]:
    wave = vowel(np.full(round(seconds * rate), 130.0), rate)
    size = round(BLOCK * rate)
    return [wave[first : first + size] for first in range(0, len(wave), size)]


def decoded(block: live.Block | None) -> np.ndarray:
    if block is None:
        return np.zeros(0)
    assert block["rate"] == RATE
    return np.frombuffer(base64.b64decode(block["sound"]), np.int16) / 32767


def spoken(state: Speaking, blocks: list[np.ndarray]) -> np.ndarray:
    made = [state.push(block) for block in blocks]
    made.append(state.block(state.converter.flush()))
    numbers = [block["number"] for block in made if block is not None]
    assert numbers == list(range(1, len(numbers) + 1))
    return np.concatenate([decoded(block) for block in made])


@pytest.mark.parametrize("vocoder", [CLASSICAL, "hifigan"])
def test_a_voice_comes_out_as_long_and_as_loud_as_it_was(library: Library, vocoder: str) -> None:
    choice = CHOICE._replace(vocoder=vocoder)
    said = pieces(4.1, 16_000)
    found = spoken(begin(library, choice), said)
    assert abs(len(found) - 4.1 * RATE) <= 1
    levels = [np.mean(found[first : first + RATE] ** 2) ** 0.5 for first in (0, RATE, 2 * RATE)]
    assert levels == pytest.approx([0.1] * 3, rel=0.2)


def test_it_is_made_by_the_model_and_moved(library: Library) -> None:
    said = pieces(2.4, RATE)
    choice = CHOICE._replace(source_rate=RATE)
    plain = spoken(begin(library, choice), said)
    moved = spoken(begin(library, choice._replace(pitch=3.0)), said)
    whole = convert_wave(library.get("voice_cyclegan"), np.concatenate(said), "beatrice")
    spectra = [np.abs(np.fft.rfft(wave[RATE:-RATE])) for wave in (plain, whole, moved)]
    likeness = np.corrcoef(spectra)[0]
    assert likeness[1] > 0.5
    assert likeness[1] > likeness[2]


def test_what_does_not_fit_is_refused(library: Library) -> None:
    for choice in (CHOICE._replace(translator="nobody/x"), CHOICE._replace(vocoder="vae")):
        with pytest.raises(UserError):
            begin(library, choice)


@pytest.mark.parametrize(
    ("computing", "words", "not_said"),
    [
        (0.1, ["**1.0 s after you**", "0.10 s computing", "factor 0.25"], ["too slow"]),
        (0.36, ["nearly too slow", "factor 0.90"], ["is too slow"]),
        (0.8, ["**This machine is too slow for it**", "takes it 2.0 s"], ["nearly"]),
    ],
)
def test_the_delay_and_a_slow_machine_are_said(
    computing: float, words: list[str], not_said: list[str]
) -> None:
    state = Speaking(CHOICE, LiveConverter(np.copy, 16_000, RATE))
    assert state.words() == "Listening."
    state.push(np.zeros(round(BLOCK * 16_000), np.float32))
    assert not state.computing
    state.computing.extend([9.0, *([computing] * (REMEMBERED - 1))])  # one late block is no machine
    assert all(word in state.words() for word in words)
    assert not any(word in state.words() for word in not_said)


def test_pieces_are_read_in_one_channel(tmp_path: Path) -> None:
    path = tmp_path / "piece.wav"
    soundfile.write(path, np.tile([[0.5, 0.1]], (100, 1)), 44_100)
    wave, rate = read_piece(str(path))
    assert rate == 44_100
    np.testing.assert_allclose(wave, np.full(100, 0.3), atol=1e-3)
    path.write_bytes(b"nonsense")
    with pytest.raises(ValueError, match="not a sound file"):
        read_piece(str(path))
