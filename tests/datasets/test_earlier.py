"""Preparing again touches only what changed, and gives what preparing anew gives."""

import shutil
from pathlib import Path
from typing import Any

import pytest
import tiny
import yaml

from pipeline.datasets import earlier
from pipeline.datasets.folders import PictureFolderParams, SoundFolderParams
from pipeline.datasets.prepare import prepare


@pytest.fixture(params=["pictures", "sounds"])
def params(request: pytest.FixtureRequest, tmp_path: Path) -> Any:
    root = tmp_path / "raw"
    folders = {split: {"a": f"{split}/a", "b": f"{split}/b"} for split in ("train", "test")}
    for split, domains in folders.items():
        for place, folder in enumerate(domains.values()):
            for item in range(3):
                seed = 10 * place + item + 5 * (split == "test")
                write(request.param, root / folder / str(item), seed)
    if request.param == "pictures":
        return PictureFolderParams(root=str(root), folders=folders, size=tiny.SIDE)
    return SoundFolderParams(root=str(root), folders=folders, convention=tiny.CONVENTION)


def write(kind: str, file: Path, seed: int) -> None:
    if kind == "pictures":
        tiny.write_picture(file.with_suffix(".png"), seed)
    else:
        tiny.write_sound(file.with_suffix(".wav"), seed, 0.2 + 0.01 * seed)


def test_only_what_changed_is_analysed_again(params, analysed, tmp_path):
    out, root = tmp_path / "prepared", Path(params.root)
    prepare(params, out, workers=1)
    assert len(analysed) == 12
    analysed.clear()
    prepare(params, out, workers=1)
    assert analysed == []

    write(params.kind, root / "train/a/1", 77)  # changed
    write(params.kind, root / "train/a/11", 78)  # new, between the others
    next((root / "test/b").glob("0.*")).unlink()
    (root / "train/b/2").with_suffix(next((root / "train/b").glob("2.*")).suffix).touch()
    prepare(params, out, workers=1)
    assert sorted(analysed) == ["train/a/1", "train/a/11"]
    prepare(params, tmp_path / "anew", workers=1)
    assert tiny.tree(out) == tiny.tree(tmp_path / "anew")


def test_other_parameters_make_everything_anew(params, analysed, tmp_path):
    prepare(params, tmp_path / "out", workers=1)
    analysed.clear()
    change = {"size": 8} if params.kind == "pictures" else {"level": -30.0}
    prepare(params.model_copy(update=change), tmp_path / "out", workers=1)
    assert len(analysed) == 12


def test_other_code_makes_everything_anew(params, analysed, tmp_path, monkeypatch):
    prepare(params, tmp_path / "out", workers=1)
    analysed.clear()
    monkeypatch.setattr(earlier, "CODE", ("codecs",))
    prepare(params, tmp_path / "out", workers=1)
    assert len(analysed) == 12


def test_the_code_that_counts_is_what_the_stage_depends_on():
    """Less what cannot change what is read: reading of parameters, words, and moving of files."""
    stages = yaml.safe_load((tiny.ROOT / "dvc.yaml").read_text())["stages"]
    deps = {dep for dep in stages["prepare"]["do"]["deps"] if dep.startswith("pipeline/")}
    others = {"block.py", "errors.py", "mistakes.py", "params.py", "system"}
    assert {f"pipeline/{name}" for name in {*earlier.CODE, *others}} == deps
    assert all((tiny.ROOT / "pipeline" / name).exists() for name in earlier.CODE)


def test_a_store_that_was_put_in_its_place_is_not_trusted(params, analysed, tmp_path):
    change = {"size": 8} if params.kind == "pictures" else {"level": -30.0}
    prepare(params.model_copy(update=change), tmp_path / "other", workers=1)
    prepare(params, tmp_path / "out", workers=1)
    expected = tiny.tree(tmp_path / "out")
    shutil.rmtree(tmp_path / "out")
    (tmp_path / "other").rename(tmp_path / "out")
    analysed.clear()
    prepare(params, tmp_path / "out", workers=1)
    assert len(analysed) == 12
    assert tiny.tree(tmp_path / "out") == expected


def test_a_store_that_is_gone_or_damaged_is_made_anew(params, analysed, tmp_path):
    out = tmp_path / "out"
    for damage in (Path.unlink, lambda meta: meta.write_text("?")):
        prepare(params, out, workers=1)
        damage(out / "meta.json")
        analysed.clear()
        prepare(params, out, workers=1)
        assert len(analysed) == 12
