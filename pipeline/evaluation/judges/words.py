"""Words that are understood: what a speech recogniser hears, and its word error.

The recogniser is Whisper (Radford et al., "Robust speech recognition via large-scale weak
supervision", 2022, arXiv:2212.04356) as the package ``faster-whisper`` runs it. Its model is the
user's: a folder, or the name of one that is cached; nothing is fetched. Decoding is deterministic:
beam search at temperature 0 without a second try, each clip by itself, nothing skipped as silence.

Word error is the least number of words to substitute, insert or delete, by the number of words that
were said (Levenshtein 1966), pooled over sentences; `words_of` says what a word is, which is a
character where no spaces part words. Where no text is known, what is heard is held against what the
same recogniser hears in natural recordings of the sentence, the nearest of them.
By ``tiny.en`` two natural speakers of VCC 2016 differ in 4.6 % of words, and one from the nearest
of three in 2.3 %.
"""

from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple, Protocol

import torch
from torch import Tensor

from pipeline.datasets.store import Domain
from pipeline.errors import UserError
from pipeline.evaluation.judges.languages import AUTO, language_code
from pipeline.evaluation.judges.sound import resampled
from pipeline.evaluation.judges.text import ENGLISH, has_unspaced, words_of
from pipeline.evaluation.weights import (
    Weights,
    load_package,
    require_package,
    version_of,
    weights_at,
)

if TYPE_CHECKING:
    from faster_whisper import WhisperModel

BEAM = 5
COMPUTE = "float32"
NEEDED = ("model.bin", "tokenizer.json")
"""Of a model's folder; the package would fetch the second one where it is missing."""


class WordErrors(NamedTuple):
    """Errors and words of one sentence, or of several, added up."""

    errors: int
    words: int
    """That were said."""


class Transcript(NamedTuple):
    """The words that are heard in a clip."""

    text: str
    """As the recogniser writes it."""
    language: str = ENGLISH
    """The one that was asked for, or that the recogniser found, as Whisper names it."""


class Recogniser(Protocol):
    """Whatever hears text in a wave [samples] at 16,000 samples a second."""

    def transcribe(self, audio: Any, **options: Any) -> tuple[Iterable[Any], Any]:
        """Return segments with a ``text`` each, and what else was found: the ``language``."""


class Words:
    """Hears words in speech."""

    name = "whisper"

    def __init__(self, recogniser: Recogniser, weights: Weights, language: str | None) -> None:
        """Take a recogniser, where its weights come from, and its language; None: it finds out."""
        self.recogniser, self.weights, self.language = recogniser, weights, language

    @classmethod
    def load(cls, model: Path | str | None, language: str = "en") -> "Words":
        """Load a model from its folder, or by the name of a cached one ("small.en").

        ``language`` is that of the speech, see `language_code`; with `AUTO` the recogniser finds
        out, clip by clip.

        Raises UserError where the package or the model is missing, where there is no such
        language, or the model does not know it.
        """
        code = language_code(language)
        spoken = None if code == AUTO else code  # as faster-whisper has it
        require_package("faster_whisper", "faster-whisper", "judges")
        folder = model_folder(model)
        # A folder's place is another on each machine; the checksum tells models apart.
        named = folder.name if Path(str(model)).is_dir() else str(model)
        weights = weights_at(folder / "model.bin", named)
        package, _ = load_package("faster_whisper", "faster-whisper", "judges")
        try:
            recogniser = package.WhisperModel(
                str(folder),
                device="cpu",
                compute_type=COMPUTE,
                cpu_threads=torch.get_num_threads(),
                local_files_only=True,
            )
        except Exception as error:  # whatever a damaged file makes of the reader
            raise UserError(f"can't read the model in {folder}: {error}") from error
        check_language(recogniser, spoken)
        return cls(recogniser, weights, spoken)

    @property
    def protocol(self) -> dict[str, str | float]:
        """The model, its origin and how it decodes, which numbers depend on."""
        return {
            "judge": self.name,
            **self.weights.protocol,
            "package": f"faster-whisper {version_of('faster-whisper')}",
            "language": self.language or "found in each clip",
            "beam": BEAM,
            "precision": COMPUTE,
        }

    def transcribe(self, wave: Tensor, rate: int) -> Transcript:
        """Return the words that are heard in a clip [samples], and their language.

        Raises ValueError where the wave is empty or has a sample that is not finite.
        """
        segments, found = self.recogniser.transcribe(
            resampled(wave, rate).numpy(),
            language=self.language,
            beam_size=BEAM,
            temperature=0.0,
            condition_on_previous_text=False,
            without_timestamps=True,
            compression_ratio_threshold=None,
            log_prob_threshold=None,
            no_speech_threshold=None,
        )
        text = " ".join(segment.text.strip() for segment in segments).strip()
        return Transcript(text, self.language or str(found.language))


def model_folder(model: Path | str | None) -> Path:
    """Find the folder of a model: itself, or that of a cached model of this name.

    Raises UserError where there is none, or something of it is missing.
    """
    if model is None:
        raise UserError(
            "no Whisper model was named: give the folder of one that faster-whisper reads, or the "
            "name of a cached one, such as small.en"
        )
    folder = Path(model)
    if not folder.is_dir():
        if isinstance(model, Path):
            raise UserError(f"expected the folder of a Whisper model at {model}")
        folder = cached_model(model)
    missing = [name for name in NEEDED if not (folder / name).is_file()]
    if missing:
        raise UserError(f"expected {', '.join(missing)} in {folder}")
    return folder


def cached_model(name: str) -> Path:
    """Find a model in the cache of Hugging Face's hub, without asking the network.

    Raises UserError where it is not there.
    """
    from faster_whisper.utils import download_model

    try:
        return Path(download_model(name, local_files_only=True))
    except Exception as error:  # its own for each way of not finding it
        raise UserError(
            f"found no folder '{name}' and no Whisper model of that name in the cache; nothing is "
            "fetched here: faster_whisper.download_model(NAME) does"
        ) from error


def check_language(model: "WhisperModel", language: str | None) -> None:
    """Raise UserError where a model does not know a language."""
    known = model.supported_languages
    if language is not None and language not in known:
        only = "English alone" if known == ["en"] else f"{len(known)} languages"
        raise UserError(f"the Whisper model knows {only}, and '{language}' is not of them")


def word_errors(heard: str, *truths: str, language: str = ENGLISH) -> WordErrors:
    """Count the errors of what was heard, against the nearest of what may have been said.

    Nearest is what leaves the fewest errors a word, of equals the first; a truth without any word
    only counts where no other has one. ``language``, of what was heard, tells how all are spelt:
    see `words_of`. Raises ValueError without any truth.
    """
    if not truths:
        raise ValueError("expected what was said")
    words = words_of(heard, language)
    spelt = [words_of(truth, language) for truth in truths]
    found = [
        WordErrors(distance(words, said), len(said)) for said in [s for s in spelt if s] or [[]]
    ]
    return min(found, key=lambda counts: counts.errors / max(1, counts.words))


def distance(heard: Sequence[str], said: Sequence[str]) -> int:
    """Count the words to substitute, insert or delete between two texts."""
    above = list(range(len(said) + 1))
    for row, word in enumerate(heard, 1):
        here = [row]
        for column, other in enumerate(said, 1):
            here.append(min(above[column] + 1, here[-1] + 1, above[column - 1] + (word != other)))
        above = here
    return above[-1]


def known_text(domain: Domain, index: int) -> str | None:
    """Return what is said in an item of a prepared store; None where only its number is known.

    The factor ``sentence`` has a text for a value, or the collection's number of the sentence. A
    text has several words, or is of a script that has no spaces. The factor ``digit`` says what is
    said in a clip of one digit.
    """
    factors = domain.factors_of(index)
    sentence = str(factors.get("sentence", ""))
    if " " in sentence or has_unspaced(sentence):
        return sentence
    return str(factors["digit"]) if "digit" in factors else None
