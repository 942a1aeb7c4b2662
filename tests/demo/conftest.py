"""One app with toy models for all of the demo's tests."""

import os
from collections.abc import Iterator
from pathlib import Path

import exported
import gradio_client
import pytest
import tiny
from playwright.sync_api import Browser, Page
from safetensors.torch import load_file, save_file
from visiting import Served, watch

import demo  # noqa: F401  # turns analytics off before gradio is imported
from demo.app import running

ALLOWED = ["microphone", "camera", "clipboard-read", "clipboard-write"]
LIVELY = 30.0
SWEEP, KEEP = 1, 600  # seconds
POLICY = "Content Security Policy"  # in what Chromium logs of something that it blocked


@pytest.fixture(scope="session")
def models(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A toy model of every method, whose samples differ."""
    root = exported.export_all(tmp_path_factory.mktemp("data") / "models")
    for name in ("vae", "dcgan"):
        enliven(root / name)
    exported.export_one(root.parent / "classifiers/digits", tiny.runs()["classifier_digits"])
    exported.make_unusual(root / "cyclegan", "horse", statistics=79)
    return root


def enliven(folder: Path) -> None:
    """Larger weights: what fresh ones draw is grey, whatever the seed."""
    weights = load_file(folder / "model.safetensors")
    larger = {
        n: w * LIVELY if w.is_floating_point() and w.ndim > 1 else w for n, w in weights.items()
    }
    save_file(larger, folder / "model.safetensors")


@pytest.fixture(scope="session")
def served(models: Path) -> Iterator[Served]:
    with running(models, sweep=SWEEP, keep=KEEP) as page:
        yield Served(page.local_url, Path(os.environ["GRADIO_TEMP_DIR"]))


@pytest.fixture(scope="session")
def client(served: Served) -> Iterator[gradio_client.Client]:
    client = gradio_client.Client(served.url, verbose=False, ssl_verify=False)
    yield client
    client.close()


@pytest.fixture
def page(browser: Browser, served: Served) -> Iterator[Page]:
    """A visitor's fresh page, which must load nothing from elsewhere nor want what the headers
    forbid."""
    context = browser.new_context(viewport={"width": 1280, "height": 900}, permissions=ALLOWED)
    context.set_default_timeout(20_000)
    page = context.new_page()
    seen = watch(page, served.url, "data:", "blob:")
    page.goto(served.url)
    yield page
    context.close()
    assert not seen.foreign
    assert not [words for words in seen.said if POLICY in words]
