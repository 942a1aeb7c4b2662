"""A visitor of the demo and of the report: what one does in a browser, and what one sees."""

import io
import re
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
from PIL import Image
from playwright.sync_api import Locator, Page, expect

expect.set_options(timeout=20_000)  # milliseconds: the first of its kind imports much
TAKEN = re.compile("Clear|Remove Image")  # what one can do with an input that is filled


@dataclass(frozen=True)
class Served:
    """The app that is running."""

    url: str
    files: Path
    """Where visitors' files lie."""


# What a visitor does


def open_tabs(page: Page, *names: str) -> Locator:
    """Opens a tab, and tabs within it; gives the innermost one's contents."""
    for name in names:
        page.get_by_role("tab", name=name, exact=True).click()
    return shown(page)


def shown(page: Page) -> Locator:
    return page.locator("[role=tabpanel]:visible").last


def upload(place: Locator, path: Path, label: str = "") -> None:
    """Hands in a file, to the one input or to the one that is called ``label``."""
    inputs = place.page.locator("input[type=file]")
    block = place.locator(".block").filter(has=inputs).filter(has_text=label).last
    taken = place.get_by_role("button", name=TAKEN)
    before = taken.count()
    block.locator("input[type=file]").set_input_files(path)
    expect(taken).to_have_count(before + 1)


def clear(place: Locator) -> None:
    place.get_by_role("button", name=TAKEN).first.click()


def choose(page: Page, place: Locator, label: str, option: str) -> None:
    place.get_by_label(label, exact=True).click()
    page.get_by_role("option", name=option, exact=True).click()


def press(place: Locator, name: str) -> None:
    place.get_by_role("button", name=name, exact=True).click()


COPY = """async (content) => {
  const bytes = Uint8Array.from(atob(content), c => c.charCodeAt(0));
  const item = new ClipboardItem({'image/png': new Blob([bytes], {type: 'image/png'})});
  await navigator.clipboard.write([item]); }"""


# What a visitor sees


@dataclass(frozen=True)
class PageLog:
    """What a page asks of other places than its own, and what its console says."""

    foreign: list[str] = field(default_factory=list)
    said: list[str] = field(default_factory=list)


def watch(page: Page, *own: str) -> PageLog:
    """Watch a page from now on; its own addresses begin with one of ``own``."""
    seen = PageLog()
    page.on("request", lambda r: None if r.url.startswith(own) else seen.foreign.append(r.url))
    page.on("console", lambda message: seen.said.append(message.text))
    page.on("pageerror", lambda error: seen.said.append(str(error)))
    return seen


def pixels(page: Page, image: Locator) -> np.ndarray:
    content = page.request.get(image.get_attribute("src") or "").body()
    return np.asarray(Image.open(io.BytesIO(content)).convert("RGB")).astype(int)


def download(page: Page, button: Locator) -> io.BytesIO:
    with page.expect_download() as happening:
        button.click()
    return io.BytesIO(Path(happening.value.path()).read_bytes())


def complaint(page: Page, words: str) -> None:
    expect(page.locator(".toast-body").filter(has_text=words).first).to_be_visible()
    page.locator(".toast-close").first.click()


# Gradio shows a picture in a button that does nothing, and gives it no name.
NAMELESS = """() => [...document.querySelectorAll('button, input, textarea, select')]
  .filter(e => e.offsetParent !== null && !e.closest('[aria-hidden=true]'))
  .filter(e => !e.querySelector(':scope > .image-frame'))
  .filter(e => !(e.getAttribute('aria-label') || e.innerText.trim() || e.title || e.placeholder
    || (e.labels && [...e.labels].some(l => l.innerText.trim()))))
  .map(e => e.outerHTML.slice(0, 200))"""

FAINT = """() => {
  const parse = c => (c.match(/[\\d.]+/g) || []).map(Number);
  const light = ([r, g, b]) => { const f = [r, g, b].map(v => { v /= 255;
    return v <= 0.03928 ? v / 12.92 : ((v + 0.055) / 1.055) ** 2.4; });
    return 0.2126 * f[0] + 0.7152 * f[1] + 0.0722 * f[2]; };
  const ground = e => { for (; e; e = e.parentElement) { const c = parse(getComputedStyle(e)
    .backgroundColor); if (c.length && (c.length < 4 || c[3] > 0.5)) return c; }
    return [255, 255, 255]; };
  const words = e => [...e.childNodes].some(n => n.nodeType === 3 && n.textContent.trim());
  return [...document.querySelectorAll('body *')]
    .filter(e => e.offsetParent !== null && words(e) && !e.disabled && e.innerText
      && !e.closest('[aria-hidden=true]'))
    .map(e => { const [a, b] = [light(parse(getComputedStyle(e).color)), light(ground(e))]
      .sort((x, y) => y - x); return [(a + 0.05) / (b + 0.05), e.innerText.slice(0, 60),
      e.className]; })
    .filter(([ratio]) => ratio < 4.5); }"""
