"""Data sets that many tests read, prepared once, and one browser."""

import gc
import os
from collections.abc import Callable, Iterator
from pathlib import Path
from shutil import which
from typing import TYPE_CHECKING

import pytest
import tiny
import torch
from special import special as special
from stores import prepared

from pipeline.datasets.digits import DigitsParams
from pipeline.datasets.folders import PictureFolderParams, SoundFolderParams
from pipeline.datasets.store import Store
from pipeline.methods.base import RunParams

if TYPE_CHECKING:
    from playwright.sync_api import Browser

FLAGS = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--use-fake-ui-for-media-stream",
    "--use-fake-device-for-media-stream",
]
"""Of Chromium."""

# Toy networks are faster on one thread; the test that kills a run takes the default number.
torch.set_num_threads(1)
os.environ["DVC_NO_ANALYTICS"] = "1"


def pytest_collection_finish() -> None:
    """Spare Python to look for garbage in what was imported, each time anew."""
    gc.collect()
    gc.freeze()


@pytest.fixture(autouse=True)
def seeded() -> None:
    """The same random weights and inputs in every run, whichever tests run beside this one."""
    torch.manual_seed(0)


@pytest.fixture(scope="session")
def raw_pictures(tmp_path_factory: pytest.TempPathFactory) -> PictureFolderParams:
    """Domains ``day`` and ``night`` with the same names, ``other`` with fewer."""
    root = tmp_path_factory.mktemp("pictures")
    for split, count in (("train", 7), ("test", 3)):
        for number in range(count):
            write = tiny.write_picture
            write(root / split / "day" / f"{number}.png", number)
            write(root / split / "night" / f"{number}.png", 100 + number)
    for number, (height, width) in enumerate([(16, 16), (40, 20), (17, 33), (16, 50), (64, 64)]):
        tiny.write_picture(root / "train/other/nested" / f"x{number}.png", number, height, width)
    folders = {
        "train": {name: f"train/{name}" for name in ("day", "night", "other")},
        "test": {name: f"test/{name}" for name in ("day", "night")},
    }
    return PictureFolderParams(root=str(root), folders=folders, size=tiny.SIDE)


@pytest.fixture(scope="session")
def raw_sounds(tmp_path_factory: pytest.TempPathFactory) -> SoundFolderParams:
    """Domains ``ann`` and ``bob``: clips of several lengths, aligned in ``test`` alone."""
    root = tmp_path_factory.mktemp("sounds")
    for number, seconds in enumerate([0.5, 0.3, 0.1, 0.7, 0.2]):
        tiny.write_sound(root / "train/ann" / f"a{number}.wav", number, seconds)
        tiny.write_sound(root / "train/bob" / f"b{number}.flac", 50 + number, seconds + 0.05)
    for number in range(2):
        tiny.write_sound(root / "test/ann" / f"{number}.wav", 20 + number)
        tiny.write_sound(root / "test/bob" / f"{number}.wav", 70 + number, 0.6)
    folders = {s: {name: f"{s}/{name}" for name in ("ann", "bob")} for s in ("train", "test")}
    return SoundFolderParams(root=str(root), folders=folders, convention=tiny.CONVENTION)


@pytest.fixture(scope="session")
def picture_store(
    raw_pictures: PictureFolderParams, tmp_path_factory: pytest.TempPathFactory
) -> Store:
    return prepared(raw_pictures, tmp_path_factory.mktemp("prepared") / "pictures")


@pytest.fixture(scope="session")
def sound_store(raw_sounds: SoundFolderParams, tmp_path_factory: pytest.TempPathFactory) -> Store:
    return prepared(raw_sounds, tmp_path_factory.mktemp("prepared") / "sounds")


@pytest.fixture(scope="session")
def digits_store(tmp_path_factory: pytest.TempPathFactory) -> Store:
    return prepared(DigitsParams(size=tiny.SIDE), tmp_path_factory.mktemp("prepared") / "digits")


@pytest.fixture(scope="session")
def store_of(
    digits_store: Store, tmp_path_factory: pytest.TempPathFactory
) -> Callable[[RunParams], Store]:
    """A small store with the domains that a shipped block reads."""
    root = tmp_path_factory.mktemp("shipped")
    stores = {"digits": digits_store}
    for kind in ("pictures", "sounds"):
        read = [set(run.domains) for run in tiny.runs().values() if tiny.kind_of(run) == kind]
        names = sorted(set().union(*read))
        for place, name in enumerate(names):
            for item in range(5):
                file, seed = root / kind / name / str(item), 10 * place + item
                if kind == "pictures":
                    tiny.write_picture(file.with_suffix(".png"), seed)
                else:
                    tiny.write_sound(file.with_suffix(".wav"), seed, 0.3)
        raw = {"root": str(root / kind), "folders": {"train": {name: name for name in names}}}
        params = (
            PictureFolderParams(**raw, size=tiny.SIDE)
            if kind == "pictures"
            else SoundFolderParams(**raw, convention=tiny.CONVENTION, keep_audio=True)
        )
        stores[kind] = prepared(params, root / f"{kind}.prepared")
    return lambda run: stores[tiny.kind_of(run)]


@pytest.fixture
def in_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """An empty folder that the test runs in."""
    monkeypatch.chdir(tmp_path)
    return tmp_path


@pytest.fixture(scope="session")
def browser() -> "Iterator[Browser]":
    """The one browser: a second one's loop would not start in this thread."""
    from playwright.sync_api import sync_playwright

    chromium = which("chromium") or which("chromium-browser") or which("google-chrome")
    if chromium is None:
        if os.environ.get("CI"):
            pytest.fail("no Chromium: run `make chromium` first")
        pytest.skip("needs Chromium, which `make chromium` installs on Debian and Ubuntu")
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=chromium, args=FLAGS)
        yield browser
        browser.close()
