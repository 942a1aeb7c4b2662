"""Word error, and how a recogniser is asked; no model is needed."""

import socket
from collections.abc import Iterable
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest
import torch
from stores import prepared

from pipeline.datasets.store import Domain, Store
from pipeline.datasets.voices import VoicesParams, test_sentences
from pipeline.errors import UserError
from pipeline.evaluation.judges import WordErrors, known_text, load_panel, word_errors
from pipeline.evaluation.judges.sound import RATE
from pipeline.evaluation.judges.words import Words, check_language, model_folder
from pipeline.evaluation.listening import pooled
from pipeline.evaluation.weights import Weights
from pipeline.params import EvaluationParams

test_sentences.__test__ = False  # type: ignore[attr-defined]  # what speakers say, no test
NOWHERE = Weights(Path("model.bin"), "0" * 64, "a stand-in")


class StandIn:
    """Hears the same in every clip, and keeps what it was asked."""

    def transcribe(self, audio: Any, **options: Any) -> tuple[Iterable[Any], Any]:
        self.audio, self.options = audio, options
        segments = [SimpleNamespace(text=" Hello,"), SimpleNamespace(text=" there. ")]
        return iter(segments), SimpleNamespace(language="cy")


@pytest.mark.parametrize(
    ("heard", "said", "errors"),
    [
        ("the cat sat", "the cat sat", 0),
        ("the bat sat", "the cat sat", 1),
        ("the sat", "the cat sat", 1),
        ("the big cat sat down", "the cat sat", 2),
        ("", "the cat sat", 3),
        ("sat the cat", "the cat sat", 2),
        ("It's 5!", "it is five", 0),
    ],
)
def test_errors_are_counted_by_words(heard: str, said: str, errors: int) -> None:
    assert word_errors(heard, said) == WordErrors(errors, 3)


def test_the_nearest_of_several_truths_counts() -> None:
    """Fewest errors a word: 1 of 3 is nearer than 1 of 2, and 2 of 2 is further."""
    assert word_errors("a b c", "x b", "a b", "a b d") == WordErrors(1, 3)
    assert word_errors("a b", "a b c", "a b") == WordErrors(0, 2)
    with pytest.raises(ValueError, match="what was said"):
        word_errors("a b")


def test_what_has_no_word_is_no_truth_beside_others() -> None:
    assert word_errors("", "...", "a b") == WordErrors(2, 2)
    assert word_errors("a", "...", "") == WordErrors(1, 0)


@pytest.mark.parametrize(
    ("heard", "said", "language", "expected"),
    [
        ("совсем другие слова здесь", "мама мыла раму вчера", "ru", (4, 4)),
        ("Мама, мыла раму!", "мама мыла раму вчера", "ru", (1, 4)),
        ("совсем другие слова здесь", "мама мыла раму вчера", "en", (4, 4)),
        ("die Strasse", "Die Straße.", "de", (0, 2)),
        ("die Schafe", "die Schäfe", "de", (1, 2)),
        ("का", "की", "hi", (1, 1)),  # a vowel that is a mark
        ("今天天气不好", "今天天气很好。", "zh", (1, 6)),
        ("กา", "กี", "th", (1, 2)),
        ("नमस्ते", "", "hi", (1, 0)),
    ],
)
def test_words_of_any_script_count(
    heard: str, said: str, language: str, expected: tuple[int, int]
) -> None:
    assert word_errors(heard, said, language=language) == expected


def test_sentences_are_pooled() -> None:
    assert pooled([WordErrors(1, 2), WordErrors(0, 8)]).value == pytest.approx(0.1)
    assert pooled([WordErrors(3, 0), WordErrors(0, 3)]).value == pytest.approx(1)
    with pytest.raises(ValueError, match="no word was said"):
        pooled([WordErrors(2, 0)])


def test_a_recogniser_is_asked_without_chance() -> None:
    recogniser = StandIn()
    words = Words(recogniser, NOWHERE, "en")
    wave = torch.sin(torch.arange(22_050) / 10)
    assert words.transcribe(wave, 22_050) == ("Hello, there.", "en")
    assert recogniser.audio.shape == (RATE,)
    assert recogniser.audio.dtype == np.float32
    options = recogniser.options
    assert options["temperature"] == 0.0  # a single one: no second try, no draws
    assert (options["beam_size"], options["language"]) == (5, "en")
    assert words.protocol["beam"] == 5
    assert words.protocol["origin"] == "a stand-in"
    assert Words(recogniser, NOWHERE, None).protocol["language"] == "found in each clip"


def test_a_model_must_know_the_language() -> None:
    english: Any = SimpleNamespace(supported_languages=["en"])
    check_language(english, "en")
    check_language(english, None)
    with pytest.raises(UserError, match="English alone, and 'de'"):
        check_language(english, "de")


@pytest.mark.parametrize(("language", "asked"), [("de", "de"), ("auto", None)])
def test_an_automatic_language_is_the_recognisers_to_find(
    language: str, asked: str | None, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What params.yaml says reaches the recogniser, None being faster-whisper's own word."""
    recogniser: Any = StandIn()
    recogniser.supported_languages = ["en", "de"]
    monkeypatch.setattr("faster_whisper.WhisperModel", lambda *_, **__: recogniser)
    for name in ("model.bin", "tokenizer.json"):
        (tmp_path / name).write_bytes(b"")
    params = EvaluationParams(whisper=str(tmp_path), language=language)
    found = load_panel(params.whisper, params.language).words
    assert found is not None
    heard = found.transcribe(torch.zeros(RATE), RATE)
    assert heard.language == (asked or "cy")
    assert recogniser.options["language"] == asked
    assert found.protocol["language"] == (asked or "found in each clip")


def test_no_model_is_fetched(monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(*arguments: object, **options: object) -> None:
        raise AssertionError("the network was asked")

    monkeypatch.setattr(socket, "getaddrinfo", refuse)
    monkeypatch.setattr(socket.socket, "connect", refuse)
    for name in ("nobody/no-such-model", "no-such-model"):
        with pytest.raises(UserError, match="nothing is fetched"):
            model_folder(name)


def test_what_a_folder_lacks_is_said(tmp_path: Path) -> None:
    with pytest.raises(UserError, match="no Whisper model was named"):
        model_folder(None)
    with pytest.raises(UserError, match="expected the folder"):
        model_folder(tmp_path / "missing")
    (tmp_path / "model.bin").write_bytes(b"")
    with pytest.raises(UserError, match=r"expected tokenizer\.json in"):
        model_folder(str(tmp_path))
    (tmp_path / "tokenizer.json").write_bytes(b"")
    with pytest.raises(UserError, match="can't read the model in"):
        Words.load(tmp_path)


@pytest.fixture(scope="module")
def voices(tmp_path_factory: pytest.TempPathFactory) -> Store:
    return prepared(VoicesParams(train=1, test=2), tmp_path_factory.mktemp("prepared") / "voices")


def test_the_texts_of_the_synthetic_voices_are_known(voices: Store) -> None:
    domain = voices.domain("test", "arthur")
    assert [known_text(domain, index) for index in range(2)] == test_sentences()[:2]


class Numbered(Domain):
    """One item with factors, of no folder."""

    def __init__(self, **factors: str | float) -> None:
        self.known = factors

    def factors_of(self, index: int) -> dict[str, str | float]:
        return self.known


def test_a_sentence_that_has_a_number_has_no_text() -> None:
    assert known_text(Numbered(sentence="200001", speaker="SF1"), 0) is None
    assert known_text(Numbered(sentence="今天天气很好"), 0) == "今天天气很好"
    assert known_text(Numbered(), 0) is None
    assert known_text(Numbered(digit="7", take=3), 0) == "7"
