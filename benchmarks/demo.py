"""python -m benchmarks.demo: how long a visitor of the demo waits.

A real headless Chromium against the command `crossdomain demo` in a process of its own, over 20
models with fresh weights. First paint: from the request for the page until its first tab's button
can be pressed, in a fresh browser context without a cache. The others are from a press, or a key,
until the new picture is in the page; the first answer, which loads the model, is not counted.
Writes benchmarks/results/demo.json.
"""

import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from shutil import which
from typing import Any

import numpy as np
import torch
from PIL import Image
from playwright.sync_api import Browser, Page, sync_playwright
from rich.table import Table
from torch import nn

from benchmarks.machine import publish
from pipeline.codecs import ImageCodec
from pipeline.inference.finished import export
from pipeline.params import load_params
from pipeline.samples import DatasetSpec

TURNS = 7
MODELS, SIDE = 20, 64
LIVELY = 10.0
PORT = 7899
ROOT = Path(__file__).parents[1]
FLAGS = ["--no-sandbox", "--disable-gpu", "--disable-background-networking", "--disable-sync"]
LIMITS = {"first paint": 3.0, "translation, 64 pixels": 0.5, "latent slider": 0.3}
"""Seconds that are promised on 2 cores."""


def write_models(root: Path) -> None:
    """Write twenty of the default models' blocks in turn, with fresh weights."""
    params = load_params(ROOT / "params.yaml")
    names = ["cyclegan", "pix2pix", "vae", "dcgan"]
    for number in range(MODELS):
        name = names[number % len(names)]
        run = params.models[name]
        grey = name in ("vae", "dcgan")
        size, channels = (32, 1) if grey else (SIDE, 3)
        codec = ImageCodec(size=size, channels=dict.fromkeys(run.domains, channels))
        torch.manual_seed(number)
        data = DatasetSpec(specs={domain: codec.spec(domain) for domain in run.domains})
        model = run.build_model(data)
        if grey:
            enliven(model)
        export(root / f"{name}_{number}", model, params=run, data=data, codec=codec, seed=0)


@torch.no_grad()
def enliven(model: nn.Module) -> None:
    """Enlarge weights: what fresh ones draw is grey, wherever the slider stands."""
    for weight in model.parameters():
        if weight.ndim > 1:
            weight.mul_(LIVELY)


def first_paint(browser: Browser, address: str) -> float:
    """Measure seconds until the page can be used."""
    context = browser.new_context()
    page = context.new_page()
    began = time.perf_counter()
    page.goto(address, wait_until="commit")
    page.get_by_role("button", name="Translate").wait_for()
    taken = time.perf_counter() - began
    context.close()
    return taken


def changes(page: Page, selector: str, act: Callable[[], object]) -> float:
    """Measure seconds from an action until the picture at ``selector`` is another one."""
    find = f"document.querySelectorAll('{selector}')"
    last = f"({find}.length ? [...{find}].at(-1).src : '')"
    before = page.evaluate(last)
    began = time.perf_counter()
    act()
    page.wait_for_function(f"before => {last} !== before", arg=before, polling=5)
    return time.perf_counter() - began


def translations(page: Page, folder: Path) -> list[float]:
    """Measure seconds of translations, of a new picture each time."""
    page.get_by_role("tab", name="Style").click()
    panel = page.locator("[role=tabpanel]:visible").last
    taken = []
    for turn in range(TURNS + 1):
        levels = np.random.default_rng(turn).integers(0, 256, (SIDE, SIDE, 3), dtype=np.uint8)
        Image.fromarray(levels).save(folder / "picture.png")
        if turn:
            panel.get_by_role("button", name="Remove Image").click()
        panel.locator("input[type=file]").first.set_input_files(folder / "picture.png")
        panel.get_by_role("button", name="Remove Image").wait_for()
        press = panel.get_by_role("button", name="Translate").click
        taken.append(changes(page, "[data-testid=imageslider-image]", press))
    return taken[1:]


def slides(page: Page) -> list[float]:
    """Measure seconds of a slider's moves, by one key each time."""
    page.get_by_role("tab", name="Sampling").click()
    page.get_by_role("tab", name="By hand").click()
    page.locator(".follows img").wait_for()
    slider = page.get_by_label("range slider for Direction 1")
    slider.focus()

    def press() -> None:
        page.keyboard.press("ArrowRight")

    return [changes(page, ".follows img", press) for _ in range(TURNS + 1)][1:]


def measure(address: str, folder: Path) -> dict[str, list[float]]:
    """Measure seconds of every turn of every case."""
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=which("chromium"), args=FLAGS)
        paints = [first_paint(browser, address) for _ in range(TURNS + 1)][1:]
        page = browser.new_page()
        page.goto(address)
        times = [paints, translations(page, folder), slides(page)]
        browser.close()
    return dict(zip(LIMITS, times, strict=True))


def main() -> None:
    """Start the demo and visit it."""
    with tempfile.TemporaryDirectory() as folder:
        root = Path(folder) / "models"
        write_models(root)
        command = [sys.executable, "-m", "pipeline.cli", "demo", "--models", str(root)]
        command += ["--port", str(PORT)]
        with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as process:
            assert process.stdout is not None
            process.stdout.readline()
            try:
                found = measure(f"http://127.0.0.1:{PORT}", Path(folder))
            finally:
                process.terminate()
    table = Table("case", "median s", "slowest s", "promised s")
    cases: dict[str, Any] = {}
    for name, taken in found.items():
        cases[name] = {"seconds": statistics.median(taken), "slowest": max(taken)}
        row = (*cases[name].values(), LIMITS[name])
        table.add_row(name, *(f"{value:.3f}" for value in row))
    publish("demo", table, cases)


if __name__ == "__main__":
    main()
