"""The judges that there are, and how they are loaded: what is missing is said, not raised."""

from dataclasses import dataclass, field
from functools import lru_cache
from pathlib import Path
from typing import NamedTuple

import torch

from pipeline.evaluation.judges.naturalness import Naturalness
from pipeline.evaluation.judges.speakers import Speakers
from pipeline.evaluation.judges.words import Words
from pipeline.evaluation.weights import attempt


class Judge(NamedTuple):
    """A judge and what it needs."""

    title: str
    needs: str


JUDGES: dict[str, Judge] = {
    "speakers": Judge(
        "Speaker similarity by the encoder of Resemblyzer (GE2E; Wan et al. 2018)",
        "the package resemblyzer, which brings the weights",
    ),
    "naturalness": Judge(
        "Naturalness by DNSMOS P.835, overall (Reddy et al. 2022)",
        "the packages speechmos, which brings the network, and onnxruntime",
    ),
    "words": Judge(
        "Word error by Whisper (Radford et al. 2022)",
        "the package faster-whisper, and the folder or cached name of a model",
    ),
}
"""Attribute of `Panel` -> the judge."""


@dataclass(frozen=True)
class Panel:
    """The judges that could be loaded; each other one is None, and ``missing`` says why."""

    speakers: Speakers | None = None
    naturalness: Naturalness | None = None
    words: Words | None = None
    missing: dict[str, str] = field(default_factory=dict)
    """Key of `JUDGES` -> the reason, in words."""

    @property
    def protocol(self) -> dict[str, dict[str, str | float]]:
        """Key of `JUDGES` -> what its numbers depend on, of those that are there.

        ``threads`` is the number that they compute with, which may change their last digits.
        """
        judges = {key: getattr(self, key) for key in JUDGES}
        return {
            key: {**judge.protocol, "threads": torch.get_num_threads()}
            for key, judge in judges.items()
            if judge is not None
        }


def load_panel(whisper: Path | str | None = None, language: str | None = "en") -> Panel:
    """Load every judge that can be; once for all calls of a process with equal arguments.

    Judges compute on the processor, with as many threads as torch has. Never raises for what is
    missing: see `Panel.missing`.

    Args:
        whisper: the folder of a model that faster-whisper reads, or the name of a cached one; None:
            without ``words``.
        language: that the speech is in; None: the model finds out, clip by clip.
    """
    return _load(whisper, language, torch.get_num_threads())


@lru_cache(maxsize=4)
def _load(whisper: Path | str | None, language: str | None, threads: int) -> Panel:
    """Load the judges for a number of threads, which is torch's already."""
    missing: dict[str, str] = {}
    return Panel(
        attempt("speakers", Speakers.load, missing),
        attempt("naturalness", Naturalness.load, missing),
        attempt("words", lambda: Words.load(whisper, language), missing),
        missing,
    )
