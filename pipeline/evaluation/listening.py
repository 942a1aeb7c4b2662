"""Sounds as independent judges hear them: whose voice, how natural, which words.

Networks that nobody here trained (`pipeline.evaluation.judges`) hear the model's sound and its
baselines': what a loss of ours optimises, or a small classifier of ours takes for the target, says
little.
"""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from functools import cache
from typing import NamedTuple

import torch
from torch import Tensor

from pipeline.datasets.recordings import SILENT, levelled
from pipeline.datasets.store import Store
from pipeline.evaluation.context import Context, Value
from pipeline.evaluation.judges import (
    Panel,
    Transcript,
    WordErrors,
    known_text,
    mean_embedding,
    unit_of,
    word_errors,
)
from pipeline.evaluation.judges.sound import RATE, resampled
from pipeline.evaluation.results import MODEL
from pipeline.metrics.bootstrap import ratio_interval

NOBODY = "no such judge was asked"


class Heard(NamedTuple):
    """The judges' answers to one sound; None of a judge that is not there."""

    voice: Tensor | None  # [256], of length 1
    naturalness: float | None
    words: Transcript | None


def listen(panel: Panel, wave: Tensor, rate: int) -> Heard:
    """Let all judges hear a sound [samples] of ``rate`` samples a second, `at_level`.

    It is resampled once, to the rate that all of them take.
    """
    wave = resampled(at_level(wave), rate)
    return Heard(
        None if panel.speakers is None else panel.speakers.embed(wave, RATE),
        None if panel.naturalness is None else panel.naturalness.score(wave, RATE),
        None if panel.words is None else panel.words.transcribe(wave, RATE),
    )


def at_level(wave: Tensor) -> Tensor:
    """Bring a sound [samples] to the level of prepared recordings, so that nothing is rated by its
    gain; what a broken model left as no number is silent.
    """
    wave = wave.nan_to_num(0.0, 0.0, 0.0)
    if float(wave.square().mean().sqrt()) < SILENT:
        return wave
    return torch.from_numpy(levelled(wave.float().numpy()))


class Said(NamedTuple):
    """One sentence, by the model and its baselines."""

    key: str
    domain: str
    """The speaker of the recording that all of them were made from."""
    heard: Mapping[str, Heard]
    natural: Mapping[str, str]
    """Those of them that are recordings: name -> speaker."""


class Recordings:
    """The natural recordings of a test split, which each judge hears once, and not before they are
    asked for.
    """

    def __init__(self, store: Store, panel: Panel, rate: int) -> None:
        """Take the recordings of ``store``, of ``rate`` samples a second."""
        self._store, self._panel, self._rate = store, panel, rate
        self._domain = cache(lambda name: store.domain("test", name))
        self.heard = cache(self._listen)
        self._embedded = cache(self._embed)

    def beside(
        self, sounds: Mapping[str, Tensor], domain: str, key: str, natural: Mapping[str, str]
    ) -> Said:
        """Listen to sounds [samples] that were made of a recording, and beside them to the natural
        recordings of its sentence: name -> speaker.
        """
        heard = {name: listen(self._panel, wave, self._rate) for name, wave in sounds.items()}
        heard |= {name: self.heard(speaker, key) for name, speaker in natural.items()}
        return Said(key, domain, heard, natural)

    def voice(self, domain: str, without: str = "") -> Tensor:
        """Average the voice of a speaker's recordings, [256] of length 1.

        Without that of one sentence, where there are others: what is compared shall not be
        compared with itself.
        """
        keys = self._domain(domain).keys
        others = [key for key in keys if key != without or len(keys) == 1]
        return mean_embedding(torch.stack([self._embedded(domain, key) for key in others]))

    def text(self, domain: str, key: str) -> str | None:
        """Return what is said in a recording, where the data set knows it."""
        reader = self._domain(domain)
        return known_text(reader, reader.keys.index(key))

    def transcripts(self, key: str, without: str = "") -> list[str]:
        """Return what is heard in each natural recording of a sentence, but ``without``'s."""
        speakers = [name for name in self._store.meta.domains["test"] if name != without]
        heard = [self.heard(n, key).words for n in speakers if key in self._domain(n).keys]
        return [words.text for words in heard if words is not None]

    def _listen(self, domain: str, key: str) -> Heard:
        """Let all judges hear a recording."""
        others = listen(replace(self._panel, speakers=None), self._wave(domain, key), self._rate)
        voice = None if self._panel.speakers is None else self._embedded(domain, key)
        return others._replace(voice=voice)

    def _embed(self, domain: str, key: str) -> Tensor:
        """Embed the voice of a recording, [256]."""
        assert self._panel.speakers is not None
        return self._panel.speakers.embed(at_level(self._wave(domain, key)), self._rate)

    def _wave(self, domain: str, key: str) -> Tensor:
        reader = self._domain(domain)
        return torch.from_numpy(reader.wave(reader.keys.index(key)))


def add_heard(
    context: Context,
    task: str,
    said: Sequence[Said],
    recordings: Recordings,
    speakers: Mapping[str, str],
) -> None:
    """File what all judges heard; ``speakers``: see `add_similarity`."""
    add_similarity(context, task, said, recordings, speakers)
    add_naturalness(context, task, [of.heard for of in said])
    add_word_error(context, task, said, recordings)


def add_naturalness(context: Context, task: str, heard: Sequence[Mapping[str, Heard]]) -> None:
    """File DNSMOS of several sounds, each by the model and its baselines."""
    panel = context.networks.judges
    if panel.naturalness is None:
        context.miss(task, "dnsmos", panel.missing.get("naturalness", NOBODY))
        return
    rows = {
        name: torch.tensor([sounds[name].naturalness for sounds in heard if name in sounds])
        for name in heard[0]
    }
    context.add(task, "dnsmos", rows, count=len(heard), **panel.protocol["naturalness"])


def add_similarity(
    context: Context,
    task: str,
    said: Sequence[Said],
    recordings: Recordings,
    speakers: Mapping[str, str],
) -> None:
    """File the similarity to speakers' voices: metric -> the speaker.

    Where they are the source and the target, also by how much it is nearer to the target.
    """
    panel = context.networks.judges
    if panel.speakers is None:
        for metric in speakers:
            context.miss(task, metric, panel.missing.get("speakers", NOBODY))
        return
    found: dict[str, dict[str, Tensor]] = {}
    for metric, speaker in speakers.items():
        voices = {of.key: recordings.voice(speaker, without=of.key) for of in said}
        found[metric] = {
            name: torch.stack(
                [
                    voices[of.key] @ voice
                    for of in said
                    if (voice := of.heard[name].voice) is not None
                ]
            )
            for name in said[0].heard
        }
    if {"target_similarity", "source_similarity"} <= found.keys():
        target, source = found["target_similarity"], found["source_similarity"]
        found["similarity_margin"] = {name: target[name] - source[name] for name in target}
    for metric, rows in found.items():
        about = panel.protocol["speakers"]
        context.add(task, metric, rows, count=len(said), reference="test recordings", **about)


def add_word_error(
    context: Context, task: str, said: Sequence[Said], recordings: Recordings
) -> None:
    """File the share of words that are lost, added or heard as others, over all sentences.

    Against the text where the data set knows it; else against whatever natural recording of the
    same sentence, the sound's own aside, comes nearest. Missing where no truth has a word.
    """
    panel = context.networks.judges
    if panel.words is None:
        context.miss(task, "word_error", panel.missing.get("words", NOBODY))
        return
    known = all(recordings.text(of.domain, of.key) is not None for of in said)
    errors: dict[str, list[WordErrors]] = {}
    compared: list[str] = []
    for of in said:
        text = recordings.text(of.domain, of.key) if known else None
        for name, heard in of.heard.items():
            assert heard.words is not None
            own = of.natural.get(name, "")
            truths = [text] if text is not None else recordings.transcripts(of.key, without=own)
            if truths:
                found = word_errors(heard.words.text, *truths, language=heard.words.language)
                errors.setdefault(name, []).append(found)
                compared += truths
    rows = {
        name: pooled(counts) for name, counts in errors.items() if any(of.words for of in counts)
    }
    if MODEL not in rows:
        reason = "nobody else says these sentences, and no text is known"
        if MODEL in errors:
            where = "the texts" if known else "the natural recordings of these sentences"
            reason = f"{where} have no words, of which a share could be lost"
        context.miss(task, "word_error", reason)
        return
    reference = "the text" if known else "the nearest natural recording"
    about = {"reference": reference, "unit": unit_of(compared), **panel.protocol["words"]}
    context.add(task, "word_error", rows, count=len(said), **about)


def pooled(counts: Sequence[WordErrors]) -> Value:
    """Divide all errors by all words, with an interval over the sentences.

    Raises ValueError where no word was said, for then there is no share.
    """
    errors, words = torch.tensor(counts, dtype=torch.float64).T
    if not words.any():
        raise ValueError("no word was said")
    return Value(float(errors.sum() / words.sum()), ratio_interval(errors, words))
