"""Two synthetic speakers who differ in pitch and timbre, and what they say.

They stand in for recordings, so that voice conversion can be trained and evaluated on a machine
that has downloaded nothing. Training sentences are disjoint (nobody recorded the same text twice,
as in the non-parallel task of the Voice Conversion Challenge 2018); the test sentences are said by
both, so that a converted utterance can be held against the true one.
"""

from collections.abc import Sequence
from functools import lru_cache, partial
from importlib.resources import files
from typing import Literal

import numpy as np
from pydantic import Field

from pipeline.datasets.espeak import SAMPLE_RATE, Voice, synthesise
from pipeline.datasets.factors import Category
from pipeline.datasets.recordings import LEVEL, levelled, trimmed, with_speakers
from pipeline.datasets.source import Item, SoundParams, Source, as_is
from pipeline.errors import UserError

SPEAKERS: dict[str, Voice] = {
    "arthur": Voice("arthur", "en-us+m3", pitch=45),
    "beatrice": Voice("beatrice", "en-us+f1", pitch=62, speed=172),
}
"""The speakers by name: median pitch about 100 Hz and 200 Hz, and the second one's
first and third formants a fifth to a quarter higher.

They share an accent and need about the same time for a sentence (the second variant drawls, hence
its higher speed), so that only the voice differs and frames can be aligned.
"""

_TEST_SENTENCES = 12


def train_sentences(speaker: str) -> list[str]:
    """Return the sentences that only this speaker says, 80 of them.

    Raises:
        KeyError: there is no such speaker.
    """
    if speaker not in SPEAKERS:
        raise KeyError(f"no speaker {speaker!r}; there are {', '.join(SPEAKERS)}")
    turn = list(SPEAKERS).index(speaker)
    return list(_sentences()[_TEST_SENTENCES + turn :: len(SPEAKERS)])


def test_sentences() -> list[str]:
    """Return the 12 sentences that every speaker says, none of them for training."""
    return list(_sentences()[:_TEST_SENTENCES])


def speech(speaker: str, sentences: Sequence[str]) -> list[np.ndarray]:
    """Speak utterances, trimmed and of one loudness; the same whenever and wherever they are made.

    Args:
        speaker: a key of ``SPEAKERS``.
        sentences: English text, one utterance each.

    Returns:
        One array a sentence: mono float32, 22,050 Hz, without silence at the ends, at an RMS of
        ``recordings.LEVEL`` with no sample beyond its ``PEAK``.

    Raises:
        KeyError: there is no such speaker.
        UserError, RuntimeError: see ``synthesise``.
    """
    if speaker not in SPEAKERS:
        raise KeyError(f"no speaker {speaker!r}; there are {', '.join(SPEAKERS)}")
    return [
        levelled(trimmed(wave, SAMPLE_RATE)) for wave in synthesise(sentences, SPEAKERS[speaker])
    ]


@lru_cache(maxsize=1)
def _sentences() -> tuple[str, ...]:
    text = files("pipeline.datasets").joinpath("sentences.txt").read_text(encoding="utf-8")
    return tuple(text.split("\n")[:-1])


class VoicesParams(SoundParams):
    """The two synthetic speakers as a data set: a domain each."""

    kind: Literal["voices"] = "voices"
    train: int = Field(80, ge=1, le=80)
    """Sentences a speaker for training."""
    test: int = Field(_TEST_SENTENCES, ge=1, le=_TEST_SENTENCES)

    def recording_level(self) -> float | None:
        """Return the level of ``speech``."""
        return LEVEL

    @property
    def domain_names(self) -> tuple[str, ...]:
        """The two speakers."""
        return tuple(SPEAKERS)

    def may_pair(self, a: str, b: str) -> bool:
        """Tell that none are: nobody says for training what the other one says."""
        return False

    def source(self) -> Source:
        """List disjoint sentences in ``train``, the same ones by both speakers in ``test``.

        The factors are ``speaker`` and ``sentence``, whose values' names are the texts.
        """
        if self.convention.rate != SAMPLE_RATE:
            raise UserError(f"the synthetic voices have a rate of {SAMPLE_RATE}, no other")
        lists = {
            "train": {name: train_sentences(name)[: self.train] for name in SPEAKERS},
            "test": {name: test_sentences()[: self.test] for name in SPEAKERS},
        }
        items = {
            split: {
                name: [
                    Item(sentence, partial(as_is, wave), factors={"sentence": sentence})
                    for sentence, wave in zip(sentences, speech(name, sentences), strict=True)
                ]
                for name, sentences in speakers.items()
            }
            for split, speakers in lists.items()
        }
        return with_speakers(Source(items, factors={"sentence": Category(names=_sentences())}))
