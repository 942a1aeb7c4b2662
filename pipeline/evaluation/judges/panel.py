"""The panel of judges, and how it is loaded: what is missing is said, not raised."""

from dataclasses import dataclass, field
from pathlib import Path

import torch

from pipeline.evaluation.judges.naturalness import Naturalness
from pipeline.evaluation.judges.speakers import Speakers
from pipeline.evaluation.judges.words import Words
from pipeline.evaluation.weights import attempt


@dataclass(frozen=True)
class Panel:
    """The judges that could be loaded; each other one is None, and ``missing`` says why."""

    speakers: Speakers | None = None
    naturalness: Naturalness | None = None
    words: Words | None = None
    missing: dict[str, str] = field(default_factory=dict)
    """Name of a judge's attribute -> the reason, in words."""

    @property
    def protocol(self) -> dict[str, dict[str, str | float]]:
        """The protocol of each judge that is there, by the name of its attribute.

        ``threads`` is the number that they compute with, which may change their last digits.
        """
        judges = {
            "speakers": self.speakers,
            "naturalness": self.naturalness,
            "words": self.words,
        }
        return {
            key: {**judge.protocol, "threads": torch.get_num_threads()}
            for key, judge in judges.items()
            if judge is not None
        }


def load_panel(whisper: Path | str | None = None, language: str = "en") -> Panel:
    """Load every judge that can be.

    Judges compute on the processor, with as many threads as torch has. Never raises for what is
    missing: see `Panel.missing`.

    Args:
        whisper: the folder of a model that faster-whisper reads, or the name of a cached one; None:
            without ``words``.
        language: see `Words.load`.
    """
    missing: dict[str, str] = {}
    return Panel(
        attempt("speakers", Speakers.load, missing),
        attempt("naturalness", Naturalness.load, missing),
        attempt("words", lambda: Words.load(whisper, language), missing),
        missing,
    )
