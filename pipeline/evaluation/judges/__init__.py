"""Independent judges of voices: pretrained networks that nobody here trained.

A classifier that was trained on the same recordings as the models it rates saturates, and errs as
they do. These know nothing of the recordings: whose voice it is (`speakers`), how natural it sounds
(`naturalness`) and what words are understood (`words`). Their packages are the extra ``judges``.

    panel = load_panel(whisper="small.en")
    panel.missing                                # judge -> why it is not there
    panel.speakers.embed(wave, rate)             # [256] of length 1; compare by the dot product
    panel.naturalness.score(wave, rate)          # 1 to 5
    heard = panel.words.transcribe(wave, rate)
    word_errors(heard.text, "what was said", language=heard.language)
"""

from pipeline.evaluation.judges.naturalness import Naturalness
from pipeline.evaluation.judges.panel import Panel, load_panel
from pipeline.evaluation.judges.speakers import Speakers, mean_embedding
from pipeline.evaluation.judges.text import unit_of
from pipeline.evaluation.judges.words import (
    Transcript,
    WordErrors,
    Words,
    known_text,
    word_errors,
)

__all__ = [
    "Naturalness",
    "Panel",
    "Speakers",
    "Transcript",
    "WordErrors",
    "Words",
    "known_text",
    "load_panel",
    "mean_embedding",
    "unit_of",
    "word_errors",
]
