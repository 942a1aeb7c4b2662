"""Published collections of speech, as their archives lie in folders.

Which sentences are for training and which for testing is what the field does with each: nobody is
trained on what another speaker of the same data set says where the collection allows it, and test
sentences are said by all.
"""

import re
from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import Annotated, Literal

from pydantic import Field

from pipeline.block import Seed
from pipeline.datasets.factors import Category, Factor, Number, Value
from pipeline.datasets.folders import SOUNDS, DomainName
from pipeline.datasets.holdout import hold_out
from pipeline.datasets.layouts import Corpus, Split, files_in, key_of
from pipeline.datasets.recordings import RecordingParams, with_speakers
from pipeline.datasets.source import Item, Source
from pipeline.errors import UserError

Clips = dict[Split, dict[str, Path]]
"""Split -> key (what is said) -> file, of one speaker."""

VCC2016_HALF = 100_081  # sources are trained on the sentences up to here, targets on those beyond
VCTK_SHARED = 24  # the elicitation paragraph, which everybody read; later numbers are other texts
FSDD_TEST = 5  # takes below are the test set, says the data set's README


class CorpusParams(RecordingParams):
    """Speakers of a published collection, a domain each."""

    kind: Literal["corpus"] = "corpus"
    root: str
    """The folder its archives were unpacked to, relative to params.yaml or absolute."""
    corpus: Corpus
    """``vcc2016``, ``vcc2018``: the Voice Conversion Challenges (Toda et al. 2016; Lorenzo-Trueba
    et al. 2018). ``arctic``: CMU ARCTIC (Kominek & Black 2004). ``vctk``: VCTK 0.92 or 0.80
    (Yamagishi et al. 2019). ``fsdd``: the Free Spoken Digit Dataset (Jackson et al. 2018)."""
    speakers: Annotated[tuple[DomainName, ...], Field(min_length=1)]
    """As the collection calls them: SF1, VCC2SF1, bdl, p225, jackson."""
    holdout: float = Field(0.05, gt=0, le=0.9)
    """``arctic`` has no test set: the share of its sentences that becomes one."""
    holdout_seed: Seed = 1
    """Another seed holds out other sentences."""

    @property
    def domain_names(self) -> tuple[str, ...]:
        """The speakers asked for."""
        return self.speakers

    def source(self) -> Source:
        """Return each speaker's clips; raise UserError where one of them has none.

        The factors are ``speaker`` and ``sentence``, by the collection's numbers; of ``fsdd``,
        ``speaker``, ``digit`` and ``take``.
        """
        clips = {name: LAYOUTS[self.corpus](Path(self.root), name) for name in self.speakers}
        items: dict[str, dict[str, list[Item]]] = {}
        for speaker, splits in clips.items():
            for split, found in splits.items():
                items.setdefault(split, {})[speaker] = [
                    Item(
                        key,
                        partial(self.load_recording, file),
                        file=file,
                        factors=factors_of(self.corpus, key),
                    )
                    for key, file in sorted(found.items())
                ]
        if "test" not in items:
            train, test = hold_out(items["train"], self.holdout, self.holdout_seed)
            items = {"train": train, "test": test}
        keys = {key for splits in clips.values() for found in splits.values() for key in found}
        return with_speakers(Source(items, factors=factor_types(self.corpus, keys)))


def factors_of(corpus: Corpus, key: str) -> dict[str, Value]:
    """Return the factors of what a key names: a sentence, or a digit and its take."""
    if corpus != "fsdd":
        return {"sentence": key}
    digit, take = key.split("_")
    return {"digit": digit, "take": int(take)}


def factor_types(corpus: Corpus, keys: set[str]) -> dict[str, Factor]:
    """Return the types of what `factors_of` gives; ``keys`` are those of all clips."""
    if corpus != "fsdd":
        return {"sentence": Category(names=tuple(sorted(keys)))}
    return {
        "digit": Category(names=tuple(str(digit) for digit in range(10))),
        "take": Number(low=0, whole=True),
    }


def vcc2016(root: Path, speaker: str) -> Clips:
    """Find ``vcc2016_training/SF1/100001.wav`` and ``evaluation_all/SF1/200001.wav``.

    All say the same 162 sentences; sources (S...) are trained on the first half, targets on the
    second, as CycleGAN-VC and those after it do.
    """
    first = speaker.startswith("S")
    training = {
        key: file
        for key, file in named(root / "vcc2016_training" / speaker, r"(\d+)").items()
        if (int(key) <= VCC2016_HALF) == first
    }
    return {"train": training, "test": named(root / "evaluation_all" / speaker, r"(\d+)")}


def vcc2018(root: Path, speaker: str) -> Clips:
    """Find ``vcc2018_training/VCC2SF1/10001.wav``.

    Tests are in ``vcc2018_evaluation`` or, of targets, ``vcc2018_reference``.
    """
    tests = [root / f"vcc2018_{name}" / speaker for name in ("evaluation", "reference")]
    test = next((folder for folder in tests if folder.is_dir()), tests[0])
    training = named(root / "vcc2018_training" / speaker, r"(\d+)")
    return {"train": training, "test": named(test, r"(\d+)")}


def arctic(root: Path, speaker: str) -> Clips:
    """Find ``cmu_us_bdl_arctic/wav/arctic_a0001.wav``; every speaker says every sentence."""
    folder = root / f"cmu_us_{speaker}_arctic" / "wav"
    return {"train": named(folder, r"arctic_([ab]\d+)")}


def vctk(root: Path, speaker: str) -> Clips:
    """Find ``wav48_silence_trimmed/p225/p225_001_mic1.flac``, or ``wav48/p225/p225_001.wav``.

    The sentences that all have read are the test. Beyond them a number is another text with each
    speaker, so those keys name the speaker too: training domains aren't aligned.
    """
    folders = [root / name / speaker for name in ("wav48_silence_trimmed", "wav48")]
    folder = next((folder for folder in folders if folder.is_dir()), folders[0])
    found = named(folder, rf"{re.escape(speaker)}_(\d+)(?:_mic1)?")
    shared = {key for key in found if int(key) <= VCTK_SHARED}
    return {
        "train": {f"{speaker}_{key}": f for key, f in found.items() if key not in shared},
        "test": {key: file for key, file in found.items() if key in shared},
    }


def fsdd(root: Path, speaker: str) -> Clips:
    """Find ``recordings/7_jackson_32.wav``: a digit and its take; the folder's name may differ."""
    found = named(root, rf"(\d)_{re.escape(speaker)}_(\d+)")
    tests = {key for key in found if int(key.split("_")[1]) < FSDD_TEST}
    return {
        "train": {key: file for key, file in found.items() if key not in tests},
        "test": {key: file for key, file in found.items() if key in tests},
    }


LAYOUTS: dict[Corpus, Callable[[Path, str], Clips]] = {
    "vcc2016": vcc2016,
    "vcc2018": vcc2018,
    "arctic": arctic,
    "vctk": vctk,
    "fsdd": fsdd,
}


def named(folder: Path, pattern: str) -> dict[str, Path]:
    """Find the sounds below a folder whose name matches ``pattern``, by its groups joined by "_".

    Raises UserError where there is none.
    """
    found = {
        "_".join(match.groups()): file
        for file in files_in(folder, SOUNDS)
        if (match := re.fullmatch(pattern, Path(key_of(file, folder)).name))
    }
    if not found:
        raise UserError(f"expected recordings called like {pattern} in {folder}: found none")
    return found
