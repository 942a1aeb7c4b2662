"""Published collections of speech, as their archives lie in folders."""

from pathlib import Path

import pytest
import tiny

from pipeline.datasets.corpora import CorpusParams
from pipeline.datasets.factors import Category
from pipeline.errors import UserError

Keys = dict[str, dict[str, list[str]]]


def clips(root: Path, *names: str) -> None:
    for name in names:
        (root / name).parent.mkdir(parents=True, exist_ok=True)
        (root / name).touch()


def keys(root: Path, corpus: str, *speakers: str, **fields: object) -> Keys:
    params = CorpusParams(root=str(root), corpus=corpus, speakers=speakers, **fields)
    return {
        split: {speaker: [item.key for item in items] for speaker, items in domains.items()}
        for split, domains in params.source().items.items()
    }


def test_vcc2016_sources_and_targets_learn_from_different_sentences(tmp_path):
    for speaker in ("SF1", "TM3"):
        said = (100001, 100081, 100082, 100162)
        clips(tmp_path, *(f"vcc2016_training/{speaker}/{number}.wav" for number in said))
        clips(tmp_path, *(f"evaluation_all/{speaker}/{number}.wav" for number in (200001, 200002)))
    assert keys(tmp_path, "vcc2016", "SF1", "TM3") == {
        "train": {"SF1": ["100001", "100081"], "TM3": ["100082", "100162"]},
        "test": {"SF1": ["200001", "200002"], "TM3": ["200001", "200002"]},
    }


def test_vcc2018_keeps_what_targets_say_elsewhere(tmp_path):
    clips(tmp_path, "vcc2018_training/VCC2SF1/10001.wav", "vcc2018_training/VCC2TF1/10001.wav")
    clips(tmp_path, "vcc2018_evaluation/VCC2SF1/30001.wav", "vcc2018_reference/VCC2TF1/30001.wav")
    assert keys(tmp_path, "vcc2018", "VCC2SF1", "VCC2TF1") == {
        "train": {"VCC2SF1": ["10001"], "VCC2TF1": ["10001"]},
        "test": {"VCC2SF1": ["30001"], "VCC2TF1": ["30001"]},
    }


def test_arctic_holds_out_the_same_sentences_of_all(tmp_path):
    for speaker in ("bdl", "slt"):
        names = [f"arctic_{part}{number:04d}.wav" for part in "ab" for number in range(1, 31)]
        clips(tmp_path, *(f"cmu_us_{speaker}_arctic/wav/{name}" for name in names))
    found = keys(tmp_path, "arctic", "bdl", "slt", holdout=0.2)
    assert found["test"]["bdl"] == found["test"]["slt"]
    assert 4 <= len(found["test"]["bdl"]) <= 20
    assert sorted(found["test"]["bdl"] + found["train"]["bdl"])[0] == "a0001"


@pytest.mark.parametrize(
    ("folder", "ending"), [("wav48_silence_trimmed", "_mic1.flac"), ("wav48", ".wav")]
)
def test_vctk_tests_with_what_all_have_read(tmp_path, folder, ending):
    for speaker in ("p225", "p226"):
        names = [f"{speaker}_{number:03d}" for number in (1, 24, 25, 300)]
        clips(tmp_path, *(f"{folder}/{speaker}/{name}{ending}" for name in names))
        clips(tmp_path, f"{folder}/{speaker}/{speaker}_025_mic2.flac")
    assert keys(tmp_path, "vctk", "p225", "p226") == {
        "train": {"p225": ["p225_025", "p225_300"], "p226": ["p226_025", "p226_300"]},
        "test": {"p225": ["001", "024"], "p226": ["001", "024"]},
    }


@pytest.mark.parametrize("folder", ["recordings", "jackson", "."])
def test_fsdd_tests_with_its_first_takes(tmp_path, folder):
    clips(tmp_path, *(f"{folder}/{n}_jackson_{take}.wav" for n in (0, 7) for take in (4, 5, 12)))
    clips(tmp_path, "theo/7_theo_0.wav", "theo/7_theo_5.wav")
    assert keys(tmp_path, "fsdd", "jackson", "theo") == {
        "train": {"jackson": ["0_12", "0_5", "7_12", "7_5"], "theo": ["7_5"]},
        "test": {"jackson": ["0_4", "7_4"], "theo": ["7_0"]},
    }


CLIPS = {
    "vcc2016": ("SF1", "vcc2016_training/SF1/100001.wav", "evaluation_all/SF1/200002.wav"),
    "vcc2018": (
        "VCC2SF1",
        "vcc2018_training/VCC2SF1/10001.wav",
        "vcc2018_evaluation/VCC2SF1/30001.wav",
    ),
    "arctic": ("bdl", *(f"cmu_us_bdl_arctic/wav/arctic_{name}.wav" for name in ("a0001", "b0002"))),
    "vctk": ("p225", "wav48/p225/p225_025.wav", "wav48/p225/p225_001.wav"),
}


@pytest.mark.parametrize(
    ("corpus", "sentences"),
    [
        ("vcc2016", {"100001", "200002"}),
        ("vcc2018", {"10001", "30001"}),
        ("arctic", {"a0001", "b0002"}),
        ("vctk", {"p225_025", "001"}),
    ],
)
def test_a_sentence_is_known_as_its_collection_calls_it(tmp_path, corpus, sentences):
    speaker, *files = CLIPS[corpus]
    clips(tmp_path, *files)
    source = CorpusParams(root=str(tmp_path), corpus=corpus, speakers=(speaker,)).source()
    items = [item for domains in source.items.values() for item in domains[speaker]]
    assert [item.factors for item in items] == [
        {"sentence": item.key, "speaker": speaker} for item in items
    ]
    assert {item.key for item in items} == sentences
    assert source.factors == {
        "sentence": Category(names=tuple(sorted(sentences))),
        "speaker": Category(names=(speaker,), shared=False),
    }


def test_of_a_spoken_digit_its_take_is_known_too(tmp_path):
    clips(tmp_path, "7_theo_12.wav", "7_theo_3.wav", "0_jackson_5.wav")
    params = CorpusParams(root=str(tmp_path), corpus="fsdd", speakers=("theo", "jackson"))
    source = params.source()
    (late,), (early,) = (source.items[split]["theo"] for split in ("train", "test"))
    assert late.factors == {"digit": "7", "take": 12, "speaker": "theo"}
    assert early.factors == {"digit": "7", "take": 3, "speaker": "theo"}
    assert list(source.factors) == ["digit", "take", "speaker"]


def test_a_speaker_without_recordings_is_named(tmp_path):
    clips(tmp_path, "recordings/7_jackson_5.wav")
    with pytest.raises(UserError, match="found none") as caught:
        keys(tmp_path, "fsdd", "jackson", "nobody")
    assert "_nobody_" in str(caught.value)
    with pytest.raises(UserError, match="cmu_us_bdl_arctic"):
        keys(tmp_path, "arctic", "bdl")


def test_its_clips_are_recordings(tmp_path):
    tiny.write_sound(tmp_path / "7_theo_0.wav", 1, 0.5)
    params = CorpusParams(root=str(tmp_path), corpus="fsdd", speakers=("theo",))
    (item,) = params.source().items["test"]["theo"]
    assert item.load().dtype == "float32"
    assert item.file == tmp_path / "7_theo_0.wav"
