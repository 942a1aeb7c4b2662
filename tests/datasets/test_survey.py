"""What `crossdomain check-data` finds in a folder, and how it says so."""

from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
import soundfile
import tiny
import yaml
from click.testing import Result
from PIL import Image
from pydantic import TypeAdapter
from typer.testing import CliRunner

from pipeline.cli import app
from pipeline.datasets.survey.layout import find_layout
from pipeline.datasets.survey.names import block_name, domain_names, is_plain
from pipeline.datasets.survey.sizes import fitting, halvings
from pipeline.datasets.survey.survey import bad, common_keys, survey
from pipeline.datasets.survey.words import data_block, finding
from pipeline.errors import UserError
from pipeline.params import DataParams

SIDE = 64


def pictures(folder: Path, count: int, width: int = SIDE, start: int = 0) -> None:
    tiny.write_pictures(folder, count, SIDE, width, start)


def sounds(folder: Path, count: int, seconds: float = 0.5) -> None:
    for number in range(count):
        tiny.write_sound(folder / f"{number}.wav", number, seconds)


def lettered(root: Path) -> None:
    pictures(root / "trainA", 3)
    pictures(root / "trainB", 4, start=10)
    pictures(root / "valA", 2)
    pictures(root / "valB", 2)


def halves(root: Path) -> None:
    pictures(root / "train", 3, width=2 * SIDE)
    pictures(root / "val", 2, width=2 * SIDE)


def halves_alone(root: Path) -> None:
    pictures(root, 3, width=2 * SIDE)


def domains(root: Path) -> None:
    pictures(root / "day", 3)
    pictures(root / "night", 3)


def domains_in_splits(root: Path) -> None:
    for split, count in (("train", 3), ("test", 2)):
        pictures(root / split / "day", count)
        pictures(root / split / "night", count)


def splits_in_domains(root: Path) -> None:
    for split, count in (("train", 3), ("test", 2)):
        sounds(root / "ann" / split, count)
        sounds(root / "bob" / split, count)


def speakers(root: Path) -> None:
    for number, name in enumerate(("ann", "bob", "cleo")):
        sounds(root / name, number + 2)


def flat(root: Path) -> None:
    pictures(root, 3, width=SIDE + 20)


def flat_in_splits(root: Path) -> None:
    pictures(root / "train", 3)
    pictures(root / "val", 2)


LAYOUTS: dict[Callable[[Path], None], tuple[str, dict[str, dict[str, int]]]] = {
    lettered: ("ab", {"train": {"A": 3, "B": 4}, "test": {"A": 2, "B": 2}}),
    halves: ("halves", {"train": {"left|right": 3}, "test": {"left|right": 2}}),
    halves_alone: ("halves", {"train": {"left|right": 3}}),
    domains: ("folders", {"train": {"day": 3, "night": 3}}),
    domains_in_splits: (
        "folders",
        {"train": {"day": 3, "night": 3}, "test": {"day": 2, "night": 2}},
    ),
    splits_in_domains: ("folders", {"train": {"ann": 3, "bob": 3}, "test": {"ann": 2, "bob": 2}}),
    speakers: ("folders", {"train": {"ann": 2, "bob": 3, "cleo": 4}}),
    flat: ("flat", {"train": {"mine": 3}}),
    flat_in_splits: ("flat", {"train": {"mine": 3}, "test": {"mine": 2}}),
}
"""What writes a layout -> its name and its counts."""


@pytest.fixture(params=LAYOUTS, ids=lambda write: write.__name__)
def laid_out(request: pytest.FixtureRequest, tmp_path: Path) -> tuple[Path, str, dict]:
    root = tmp_path / "mine"
    request.param(root)
    return (root, *LAYOUTS[request.param])


def test_layout_and_counts(laid_out):
    root, name, counts = laid_out
    layout = find_layout(root)
    found = survey(layout)
    assert layout.name == name
    assert {s: {d: len(h.seen) for d, h in ds.items()} for s, ds in found.items()} == counts
    assert bad(found) == []


def test_the_block_reads_what_was_found(laid_out):
    root, name, counts = laid_out
    layout = find_layout(root)
    raw = yaml.safe_load(data_block(layout, survey(layout)))["datasets"]["mine"]
    source = TypeAdapter(DataParams).validate_python(raw).source()
    kept = {split: [len(items) for items in ds.values()] for split, ds in source.items.items()}
    for split, of_domains in counts.items():
        wanted = list(of_domains.values()) * (2 if name == "halves" else 1)
        held_out = "test" not in counts
        assert (
            [a + (b if held_out else 0) for a, b in zip(kept[split], kept["test"], strict=True)]
            == wanted
            if split == "train" and held_out
            else kept[split] == wanted
        )


def test_sizes_and_lengths_are_said(tmp_path):
    pictures(tmp_path / "a", 1, width=100)
    pictures(tmp_path / "a", 1, width=70, start=1)
    tiny.write_picture(tmp_path / "a/large.png", 1, 300, 200)
    layout = find_layout(tmp_path)
    assert "3      70x64     100x64  200x300" in finding(layout, survey(layout))

    tiny.write_sound(tmp_path / "voices/b/1.wav", 1, 0.25)
    tiny.write_sound(tmp_path / "voices/b/2.flac", 2, 89.75, rate=16_000)
    layout = find_layout(tmp_path / "voices")
    said = finding(layout, survey(layout))
    assert "1.5 min  0.25 s    89.75 s  8,000 Hz, 16,000 Hz" in said


def test_equal_names_are_counted(tmp_path):
    pictures(tmp_path / "a", 4)
    pictures(tmp_path / "b", 4, start=1)
    layout = find_layout(tmp_path)
    found = survey(layout)
    assert common_keys(found["train"]) == {"1", "2", "3"}
    assert "equal names in train: 3 of 5 (partly aligned)" in finding(layout, found)


def call(*arguments: object) -> Result:
    return CliRunner().invoke(app, ["check-data", *map(str, arguments)])


def test_a_good_folder_ends_well(tmp_path):
    domains(tmp_path)
    result = call(tmp_path)
    assert result.exit_code == 0, result.output
    assert "bad files: none" in result.stdout
    assert f"root: {tmp_path}" in result.stdout


def test_every_bad_file_is_named_with_its_reason(tmp_path):
    halves_alone(tmp_path)
    (tmp_path / "empty.png").touch()
    (tmp_path / "text.jpg").write_text("no picture")
    (tmp_path / "half.png").write_bytes((tmp_path / "0.png").read_bytes()[:200])
    tiny.write_picture(tmp_path / "odd.png", 1, SIDE, 2 * SIDE + 1)
    result = call(tmp_path, "--layout", "halves")
    assert result.exit_code == 1
    assert "4 files can't be used" in result.stderr
    reasons = {
        "empty.png": "the file is empty",
        "text.jpg": "not a picture in a known format",
        "half.png": "damaged picture",
        "odd.png": "an odd width has no two equal halves",
    }
    for name, reason in reasons.items():
        line = next(x for x in result.stdout.splitlines() if name in x)
        assert reason in line
    assert "datasets:" in result.stdout  # the finding is whole all the same


def test_bad_sounds(tmp_path):
    sounds(tmp_path / "ann", 2)
    tiny.write_sound(tmp_path / "ann/click.wav", 1, 0.01)
    (tmp_path / "ann/text.mp3").write_text("no sound" * 100)
    result = call(tmp_path)
    assert result.exit_code == 1
    assert "click.wav: 0.010 s are shorter than one frame, 0.046 s" in result.stdout
    assert "text.mp3: not a sound file that libsndfile reads" in result.stdout


def test_silence_and_odd_channels_are_found_before_preparation(tmp_path):
    sounds(tmp_path / "ann", 2)
    wave, rate = soundfile.read(tmp_path / "ann/1.wav")
    soundfile.write(tmp_path / "ann/2.wav", np.stack([wave, -wave], axis=1), rate)
    soundfile.write(tmp_path / "ann/3.wav", np.full(rate, 0.3), rate)
    result = call(tmp_path)
    assert result.exit_code == 1
    assert "3.wav: is silent" in result.stdout
    assert "used, but odd: 1\n" in result.stdout
    assert "2.wav: its channels cancel each other, so number 1 alone is read" in result.stdout


def test_pictures_that_use_a_part_of_the_range_are_named(tmp_path):
    pictures(tmp_path, 2)
    values = np.random.default_rng(0).integers(0, 4096, (SIDE, SIDE), dtype=np.uint16)
    Image.fromarray(values).save(tmp_path / "twelve.png")
    Image.fromarray((values % 5).astype(np.uint8)).save(tmp_path / "classes.png")
    Image.new("RGB", (SIDE, SIDE)).save(tmp_path / "black.png")
    result = call(tmp_path)
    assert result.exit_code == 0
    assert "used, but odd: 2\n" in result.stdout
    assert "twelve.png: its values go from 0 to 16 of 255: almost black" in result.stdout
    assert "classes.png: its values go from 0 to 4 of 255: almost black" in result.stdout


def test_what_is_missing_is_named(tmp_path):
    lettered(tmp_path)
    for file in (tmp_path / "trainB").iterdir():
        file.unlink()
    result = call(tmp_path)
    assert result.exit_code == 1
    assert "missing or empty: trainB" in result.stdout
    assert "expected: trainA and trainB" in result.stdout
    assert str(tmp_path / "trainB") in result.stderr


def test_nothing_usable(tmp_path):
    (tmp_path / "notes.txt").write_text("x")
    assert "found none among 1 files" in call(tmp_path).stderr
    assert "there is none" in call(tmp_path / "nowhere").stderr
    (tmp_path / "bad.png").touch()
    result = call(tmp_path)
    assert result.exit_code == 1
    assert "lacks usable files" in result.stderr


def test_a_wanted_layout_is_heeded_and_an_unknown_one_refused(tmp_path):
    halves_alone(tmp_path)
    assert find_layout(tmp_path, "flat").name == "flat"
    assert len(find_layout(tmp_path, "ab").missing) == 2
    with pytest.raises(UserError, match="allowed: auto, ab, halves, folders, flat"):
        find_layout(tmp_path, "sideways")


def test_files_of_the_other_kind_are_mentioned(tmp_path):
    speakers(tmp_path)
    pictures(tmp_path / "ann", 1)
    layout = find_layout(tmp_path)
    assert layout.kind == "sounds"
    assert "passed over: 1 pictures" in finding(layout, survey(layout))


def test_domain_names_are_valid_and_different():
    folders = ["Ann's voice", "ann-s voice", "2020", "no", "grey", "...", "Ann_s_voice"]
    names = domain_names(folders)
    expected = ["Ann_s_voice", "ann-s_voice", "domain_2020", "domain_no", "grey_pictures"]
    assert names == [*expected, "domain", "Ann_s_voice_2"]
    assert all(map(is_plain, names))


def test_blocks_are_named_in_ascii_and_domains_as_they_are_called():
    assert [block_name(folder) for folder in ("größe", "vaë", "ok-1")] == ["gr_e", "va", "ok-1"]
    assert domain_names(["größe"]) == ["größe"]


def test_sizes_to_train_at():
    assert [fitting(side) for side in (1000, 256, 255, 100, 63, 20, 3)] == [
        *(256, 256, 128, 64, 48, 16, 16)
    ]
    assert fitting(1000, most=128) == 128
    assert [halvings(size) for size in (256, 64, 96, 512)] == [8, 6, 5, 8]
