"""python -m demo.screenshots: a picture of each tab after an example went through it."""

import io
from collections.abc import Iterator
from pathlib import Path
from shutil import which
from typing import Annotated

import typer
from PIL import Image
from playwright.sync_api import Locator, Page, sync_playwright

import demo  # noqa: F401  # turns analytics off before gradio is imported
from demo.app import running

FLAGS = ["--no-sandbox", "--disable-gpu", "--disable-background-networking", "--disable-sync"]
WIDTHS = {"": 1280, "-phone": 390}
WIDEST = 880  # pixels of a file
PATIENCE = 60_000  # milliseconds


RESULTS = {
    "Convert": ".chart img",
    "Translate": "[data-testid=imageslider-image]",
    "Draw": ".picture img",
    "Go": ".picture img",
    "Compare": ".caption-label, [aria-label=Download]",
    "Reconstruct and score": ".pairs img",
}
"""The element that appears when a button's work is done."""


def visit(page: Page, panel: Locator) -> None:
    """Send an example through the tab whose contents ``panel`` are."""
    if (sentence := panel.get_by_role("button", name="Try a test sentence")).is_visible():
        sentence.click()
        panel.get_by_role("button", name="Clear").wait_for()
    page.wait_for_timeout(500)  # test pictures come once the tab is there
    if (examples := panel.locator(".shelf button:visible")).count():
        examples.nth(1).click()
        panel.get_by_role("button", name="Remove Image").first.wait_for()
    for button, result in RESULTS.items():
        if (start := panel.get_by_role("button", name=button, exact=True)).is_visible():
            start.click()
            panel.locator(result).first.wait_for()
    if (card := panel.locator("details").first).is_visible():
        card.click()
    page.wait_for_timeout(1500)  # fading


def parts(page: Page) -> Iterator[tuple[str, Locator]]:
    """Open each tab, and each within it: its name in a file's, and its contents."""
    lists = page.locator("[role=tablist]")
    for tab in lists.first.get_by_role("tab").all():
        tab.click()
        name = tab.inner_text().lower()
        inner = page.locator("[role=tabpanel]:visible [role=tablist]").get_by_role("tab").all()
        if not inner:
            yield name, page.locator("[role=tabpanel]:visible").last
        for part in inner:
            part.click()
            words = part.inner_text().lower().replace(" ", "-")
            yield f"{name}-{words}", page.locator("[role=tabpanel]:visible").last


def save(content: bytes, path: Path) -> None:
    """Write a picture no wider than a page of documentation shows it, in all its colours."""
    picture = Image.open(io.BytesIO(content)).convert("RGB")
    picture.thumbnail((WIDEST, picture.height), Image.Resampling.LANCZOS)
    picture.save(path, optimize=True)


def main(
    models: Annotated[Path, typer.Option(help="Where the finished models are.")] = Path(
        "data/models"
    ),
    out: Annotated[Path, typer.Option(help="The folder for the pictures.")] = Path("screenshots"),
) -> None:
    """Write a picture of each tab, at the width of a desk and of a telephone."""
    out.mkdir(parents=True, exist_ok=True)
    with running(models) as served, sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=which("chromium"), args=FLAGS)
        for suffix, width in WIDTHS.items():
            page = browser.new_page(viewport={"width": width, "height": 800})
            page.set_default_timeout(PATIENCE)
            page.goto(str(served.local_url))
            page.get_by_role("tab").first.wait_for()
            for name, panel in parts(page):
                visit(page, panel)
                path = out / f"demo-{name}{suffix}.png"
                save(page.screenshot(full_page=True), path)
                print(path)
        browser.close()


if __name__ == "__main__":
    typer.run(main)
