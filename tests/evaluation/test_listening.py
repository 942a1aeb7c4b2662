"""Questions to independent judges, and what becomes of their answers."""

import evaluating
import pytest
import torch
from torch import Tensor

from pipeline.datasets.store import Store
from pipeline.evaluation import Networks
from pipeline.evaluation.context import Context
from pipeline.evaluation.conversion import evaluate_converter
from pipeline.evaluation.judges import Panel, Transcript
from pipeline.evaluation.listening import Recordings, add_word_error, listen

ASKED = ("speakers", "naturalness", "words")


class Asked:
    """Counts how often it is asked."""

    protocol: dict[str, str] = {"judge": "stand-in"}  # noqa: RUF012

    def __init__(self) -> None:
        self.heard: list[int] = []


class Loudness(Asked):
    """Tells a voice by whether it is louder than the test recordings' mean."""

    def embed(self, wave: Tensor, rate: int) -> Tensor:
        self.heard.append(len(wave))
        angle = wave.square().mean().sqrt().clamp(0, 1)
        return torch.stack([angle, (1 - angle**2).sqrt()])


class Length(Asked):
    """Finds a sound as natural as it is long, in seconds."""

    def score(self, wave: Tensor, rate: int) -> float:
        self.heard.append(len(wave))
        return len(wave) / rate


class Counting(Asked):
    """Hears as many words as there are tenths of a second."""

    word = "word"

    def transcribe(self, wave: Tensor, rate: int) -> Transcript:
        self.heard.append(len(wave))
        return Transcript(" ".join([self.word] * round(10 * len(wave) / rate)))


class Abroad(Counting):
    """Hears one word, by a spelling that English changes, in the language that it finds."""

    def __init__(self, language: str) -> None:
        super().__init__()
        self.language, self.words = language, iter(["colour", *["color"] * 99])

    def transcribe(self, wave: Tensor, rate: int) -> Transcript:
        return Transcript(next(self.words), self.language)


class Music(Counting):
    """Hears no words, only a note."""

    word = "\N{EIGHTH NOTE}"


@pytest.fixture
def store(tmp_path) -> Store:
    return evaluating.recordings(tmp_path, {"ann": "s", "bob": "s"})


@pytest.fixture
def panel() -> Panel:
    return Panel(Loudness(), Length(), Counting())


def converted(store, out, panel: Panel) -> Context:
    model = evaluating.Constant({"bob": "ann", "ann": "bob"}, 0.0, 1)
    base = evaluating.context(model, store, out)
    context = Context(base.finished, store, out, Networks(judges=panel))
    evaluate_converter(context)
    return context


def test_conversions_and_recordings_are_heard_beside_each_other(store, tmp_path, panel):
    context = converted(store, tmp_path, panel)
    found = context.results.tasks["ann_to_bob"]
    rows = {"target_similarity", "source_similarity", "similarity_margin", "dnsmos"}
    assert found.keys() >= rows
    for metric in rows:
        values = found[metric].values
        assert {"model", "statistics", "source_recording", "target_recording"} <= values.keys()
        assert found[metric].protocol["judge"] == "stand-in"
    margin, target, source = (
        found[m].values["model"]
        for m in ("similarity_margin", "target_similarity", "source_similarity")
    )
    assert margin == pytest.approx(target - source, abs=2e-4)
    unheard = {of.metric for of in context.results.missing}
    assert unheard == {"target_accuracy", "target_probability"}  # there is no classifier


def test_a_word_error_says_its_unit_and_is_missing_where_nobody_said_a_word(store, tmp_path, panel):
    found = converted(store, tmp_path, panel).results
    assert found.tasks["ann_to_bob"]["word_error"].protocol["unit"] == "word"
    mute = converted(store, tmp_path, Panel(words=Music())).results
    assert "word_error" not in mute.tasks["ann_to_bob"]
    (reason,) = {of.reason for of in mute.missing if of.metric == "word_error"}
    assert "have no words" in reason


@pytest.mark.parametrize(("language", "errors"), [("en", 0), ("fr", 1)])
def test_the_language_of_a_clip_tells_how_its_words_are_spelt(store, tmp_path, language, errors):
    context = evaluating.context(evaluating.Constant({"bob": "ann"}, 0.0, 1), store, tmp_path)
    panel = Panel(words=Abroad(language))
    context = Context(context.finished, store, tmp_path, Networks(judges=panel))
    recordings = Recordings(store, panel, store.codec.convention.rate)
    key = store.domain("test", "ann").keys[0]
    said = recordings.beside({"model": torch.ones(800)}, "ann", key, {})
    add_word_error(context, "ann_to_bob", [said], recordings)
    assert context.results.rows("ann_to_bob", "word_error") == {"model": errors}


def test_a_sound_is_resampled_once_for_all(panel):
    heard = listen(panel, torch.sin(torch.arange(22_050) / 10), 22_050)
    assert heard.naturalness == 1
    assert {length for judge in ASKED for length in getattr(panel, judge).heard} == {16_000}


def test_each_recording_is_heard_once(store, panel):
    recordings = Recordings(store, panel, store.codec.convention.rate)
    keys = store.domain("test", "ann").keys
    for _ in range(2):
        recordings.voice("ann")
        recordings.heard("ann", keys[0])
    assert len(panel.speakers.heard) == len(keys)


def test_a_recording_is_not_compared_with_itself(store, panel):
    recordings = Recordings(store, panel, store.codec.convention.rate)
    keys = store.domain("test", "ann").keys
    voices = {key: recordings.heard("ann", key).voice for key in keys}
    others = torch.stack([voices[key] for key in keys[1:]])
    expected = torch.nn.functional.normalize(others.mean(dim=0), dim=0)
    assert torch.allclose(recordings.voice("ann", without=keys[0]), expected)


def test_judges_that_are_not_there_are_said(store, tmp_path):
    missing = {"speakers": "no package", "naturalness": "no package", "words": "no model"}
    context = converted(store, tmp_path, Panel(missing=missing))
    said = {(of.task, of.metric): of.reason for of in context.results.missing}
    assert said["ann_to_bob", "word_error"] == "no model"
    assert said["ann_to_bob", "dnsmos"] == "no package"
    assert said["ann_to_bob", "target_similarity"] == "no package"
    assert listen(Panel(), torch.zeros(100), 8000) == (None, None, None)
