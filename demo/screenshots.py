"""python -m demo.screenshots: a picture of each tab after an example went through it."""

from pathlib import Path
from shutil import which
from typing import Annotated

import typer
from playwright.sync_api import Page, sync_playwright

import demo  # noqa: F401  # turns analytics off before gradio is imported
from demo.app import running

FLAGS = ["--no-sandbox", "--disable-gpu", "--disable-background-networking", "--disable-sync"]
WIDTHS = {"": 1280, "-phone": 390}
PATIENCE = 60_000  # milliseconds


def visit(page: Page, tab: str) -> None:
    """Opens a tab and sends an example through it."""
    page.get_by_role("tab", name=tab, exact=True).click()
    panel = page.locator("[role=tabpanel]:visible").last
    if tab == "Voice":
        panel.get_by_role("button", name="Try a test sentence").click()
        panel.get_by_role("button", name="Clear").wait_for()
        panel.get_by_role("button", name="Convert").click()
        panel.locator(".chart img").wait_for()
    elif tab == "Sampling":
        panel.get_by_role("button", name="Draw").click()
        panel.locator(".picture img").wait_for()
    elif tab in ("Style", "Compare"):
        panel.locator(".shelf button").nth(1).click()
        panel.get_by_role("button", name="Remove Image").first.wait_for()
        panel.get_by_role("button", name="Translate" if tab == "Style" else "Compare").click()
        result = "[data-testid=imageslider-image]"
        panel.locator(result if tab == "Style" else ".caption-label").first.wait_for()
    else:
        panel.locator("details").first.click()
    page.wait_for_timeout(1500)  # fading


def main(
    models: Annotated[Path, typer.Option(help="Where the finished models are.")] = Path(
        "data/models"
    ),
    out: Annotated[Path, typer.Option(help="The folder for the pictures.")] = Path("screenshots"),
) -> None:
    """Writes a picture of each tab, at the width of a desk and of a telephone."""
    out.mkdir(parents=True, exist_ok=True)
    with running(models) as served, sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=which("chromium"), args=FLAGS)
        for suffix, width in WIDTHS.items():
            page = browser.new_page(viewport={"width": width, "height": 800})
            page.set_default_timeout(PATIENCE)
            page.goto(served.local_url)
            page.get_by_role("tab").first.wait_for()
            tabs = page.locator("[role=tablist]").first.get_by_role("tab").all_inner_texts()
            for tab in tabs:
                visit(page, tab)
                path = out / f"demo-{tab.lower()}{suffix}.png"
                page.screenshot(path=path, full_page=True)
                print(path)
        browser.close()


if __name__ == "__main__":
    typer.run(main)
