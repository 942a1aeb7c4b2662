"""What training leaves of a translator's typical inputs, and that it changes nothing else."""

import shutil
from pathlib import Path

import pytest
import tiny
from trainers import train_in

from pipeline.datasets.folders import PictureFolderParams
from pipeline.datasets.prepare import prepare
from pipeline.datasets.store import Store
from pipeline.errors import UserError
from pipeline.inference.finished import load, outline
from pipeline.training import train as training

ITEMS = 9


@pytest.fixture(scope="module")
def store(tmp_path_factory: pytest.TempPathFactory) -> Store:
    """Enough pictures of two domains to tell what is usual."""
    root = tmp_path_factory.mktemp("typical")
    for item in range(ITEMS):
        for place, name in enumerate(("horse", "zebra")):
            tiny.write_picture(root / "raw" / name / f"{item}.png", 100 * place + item)
    folders = {"train": {"horse": "horse", "zebra": "zebra"}}
    params = PictureFolderParams(root=str(root / "raw"), folders=folders, size=tiny.SIDE)
    prepare(params, root / "prepared", workers=1)
    return Store(root / "prepared")


@pytest.fixture(scope="module")
def finished(store: Store, tmp_path_factory: pytest.TempPathFactory) -> Path:
    return train_in(tmp_path_factory.mktemp("run"), tiny.runs()["cyclegan"], store) / "model"


def test_a_translator_knows_the_inputs_of_each_direction(finished):
    typical = load(finished).typical
    assert {name: found.items for name, found in typical.items()} == {
        "horse": ITEMS,
        "zebra": ITEMS,
    }
    assert outline(finished).typical == {}


def test_weights_card_and_previews_are_those_of_a_training_without(
    finished, store, tmp_path, monkeypatch
):
    monkeypatch.setattr(training, "typical_inputs", lambda *given: {})
    without = train_in(tmp_path, tiny.runs()["cyclegan"], store) / "model"
    tree = tiny.tree(finished)
    assert tree.pop("inputs.json")
    assert tiny.tree(without) == tree


def test_an_older_model_loads_and_a_damaged_file_is_refused(finished, tmp_path):
    folder = shutil.copytree(finished, tmp_path / "older")
    (folder / "inputs.json").unlink()
    assert load(folder).typical == {}
    (folder / "inputs.json").write_text('{"version": 1, "domains": {"horse": {"mean": [1e999]}}}')
    with pytest.raises(UserError, match="can't be loaded by this version"):
        load(folder)
