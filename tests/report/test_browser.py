"""The report in a real browser, from disk: what scripts add, and all that is there without."""

import json
import shutil
from collections.abc import Iterator
from pathlib import Path

import fabricated
import pytest
from playwright.sync_api import Browser, Page, expect
from visiting import FAINT, NAMELESS, watch

from pipeline.report.build import build_report

VOICES = "comparisons/translation-voices-arthur-beatrice.html"
PHONE = {"width": 390, "height": 800}
# Through all that the reader may see; pictures that are far below load when one comes near.
LOADED = """async () => { const images = [...document.querySelectorAll('main img')];
  images.forEach(i => { i.loading = 'eager'; });
  await Promise.all(images.map(i => i.decode())); return images.length; }"""
PLAYS = """async player => { player.preload = 'auto'; player.load();
  await new Promise((done, fail) => { player.onloadedmetadata = done; player.onerror = fail; });
  return player.duration; }"""
SIDEWAYS = "document.documentElement.scrollWidth - document.documentElement.clientWidth"


@pytest.fixture(scope="module")
def report(tmp_path_factory: pytest.TempPathFactory) -> Path:
    root = tmp_path_factory.mktemp("run")
    build_report(fabricated.params(), fabricated.outputs(root / "data"), root / "report")
    return root / "report"


@pytest.fixture(scope="module")
def pages(report: Path) -> list[str]:
    return sorted(path.as_uri() for path in report.rglob("*.html"))


@pytest.fixture
def page(browser: Browser, report: Path) -> Iterator[Page]:
    """A reader's page, which must load nothing from elsewhere and say no error."""
    context = browser.new_context(viewport={"width": 1280, "height": 900})
    context.set_default_timeout(10_000)
    page = context.new_page()
    seen = watch(page, report.parent.as_uri())
    yield page
    context.close()
    assert not seen.foreign
    assert not seen.said


def visit(page: Page, report: Path, address: str) -> None:
    page.goto((report / address).as_uri())


def names(page: Page) -> list[str]:
    """The models that the first table shows, from the top."""
    rows = page.locator("table.sortable").first.locator("tbody tr:visible th")
    return [name or "" for name in rows.evaluate_all("ths => ths.map(t => t.dataset.value)")]


def test_all_pictures_and_players_load_and_no_page_scrolls_sideways(
    page: Page, pages: list[str]
) -> None:
    pictures = players = 0
    for address in pages:
        page.set_viewport_size({"width": 1280, "height": 900})
        page.goto(address)
        pictures += page.evaluate(LOADED)
        for player in page.locator("audio").all():
            assert player.evaluate(PLAYS) == pytest.approx(0.1)
            players += 1
        assert page.evaluate(SIDEWAYS) == 0
        page.set_viewport_size(PHONE)
        assert page.evaluate(SIDEWAYS) == 0
    assert pictures > 15
    assert players == 3 + 3 + 4


def test_words_can_be_read_and_everything_has_a_name(page: Page, pages: list[str]) -> None:
    for scheme in ("light", "dark"):
        page.emulate_media(color_scheme=scheme)
        for address in pages:
            page.goto(address)
            assert page.evaluate(FAINT) == []
            assert page.evaluate(NAMELESS) == []


def test_columns_sort_both_ways_and_what_has_no_value_comes_last(page: Page, report: Path) -> None:
    visit(page, report, "index.html")
    assert names(page) == ["autoencoder", "gan", "wgan", "voice", "cut"]
    value = page.get_by_role("button", name="Value")
    value.click()
    assert names(page) == ["voice", "cut", "wgan", "gan", "autoencoder"]
    head = page.locator("th[aria-sort]")
    expect(head).to_have_attribute("aria-sort", "ascending")
    value.press("Enter")  # the keyboard's way
    assert names(page) == ["autoencoder", "gan", "wgan", "cut", "voice"]
    expect(head).to_have_attribute("aria-sort", "descending")
    page.get_by_role("button", name="Model").click()
    assert names(page) == ["autoencoder", "cut", "gan", "voice", "wgan"]
    visit(page, report, "comparisons/samplers.html")
    page.get_by_role("button", name="Frechet distance").click()
    assert names(page) == ["Test pictures", "gan", "autoencoder", "Noise", "wgan"]


def test_a_model_without_a_verdict_sorts_by_its_own_cells(page: Page, report: Path) -> None:
    outputs = fabricated.outputs(report.parent / "undecided")
    path = outputs.evaluation / "gan" / "results.json"
    fabricated.write_json(path, json.loads(path.read_text()) | {"verdicts": {}})
    build_report(fabricated.params(), outputs, report.parent / "without")
    visit(page, report.parent / "without", "index.html")
    for column in ("Value", "Strongest baseline", "Deciding metric"):
        button = page.get_by_role("button", name=column)
        button.click()
        assert names(page)[-1] == "gan"
        button.click()
        assert names(page)[-1] == "gan"
    page.get_by_role("button", name="Verdict").click()
    assert names(page)[-2:] == ["cut", "gan"]  # no baseline: behind the worst
    page.get_by_role("button", name="Verdict").click()
    assert names(page)[:2] == ["gan", "cut"]


def test_filters_hide_rows(page: Page, report: Path) -> None:
    visit(page, report, "index.html")
    page.get_by_label("Find").fill("mel cyclegan")
    assert names(page) == ["voice"]
    expect(page.locator("output")).to_have_text("1 of 5")
    page.get_by_label("Find").fill("")
    page.get_by_label("Data set").select_option("digits")
    assert names(page) == ["autoencoder", "gan", "wgan"]
    page.get_by_label("Kind of task").select_option("Reconstruction")
    assert names(page) == ["autoencoder"]
    page.locator("form").get_by_label("Verdict").select_option("behind")
    assert names(page) == []
    expect(page.get_by_text("No model fits.")).to_be_visible()


def test_a_picture_is_enlarged_and_the_keyboard_leads_through_them(
    page: Page, report: Path
) -> None:
    visit(page, report, "models/voice.html")
    first = page.locator("a.enlarge").first
    first.click()
    dialog = page.get_by_role("dialog")
    expect(dialog).to_be_visible()
    expect(dialog).to_contain_text("Sentence 1 (mel spectrograms)")
    image = dialog.locator("img")
    assert image.evaluate("i => getComputedStyle(i).imageRendering") == "pixelated"
    assert image.bounding_box()["width"] % 66 == 0
    page.keyboard.press("ArrowRight")
    expect(dialog).to_contain_text("After 10 steps")
    page.keyboard.press("ArrowLeft")
    dialog.get_by_label("Previous picture").click()
    expect(dialog).to_contain_text("After 1,200 steps")
    page.keyboard.press("Escape")
    expect(dialog).to_be_hidden()
    assert first.evaluate("link => link === document.activeElement")
    first.press("Enter")
    dialog.get_by_label("Close").click()
    expect(dialog).to_be_hidden()


def test_dates_and_seconds_are_put_in_where_they_are_of_these_weights(
    page: Page, report: Path
) -> None:
    visit(page, report, "models/voice.html")
    origin = page.locator("#origin")
    for words in ("27 Nov 2026", "1 min 42 s", "7.5 s", "a2364e4, with changes"):
        expect(origin).to_contain_text(words)
    visit(page, report, "models/cut.html")
    expect(page.locator("#origin")).to_contain_text("not logged")  # no log of its evaluation
    page.evaluate("for (const k in crossdomainRuns) delete crossdomainRuns[k]; fillRuns()")
    expect(page.locator("#origin")).not_to_contain_text("2026")


def test_a_report_out_of_the_cache_of_dvc_does_not_lead_to_its_runs(
    browser: Browser, report: Path, tmp_path: Path
) -> None:
    cached = tmp_path / "report"
    shutil.copytree(report, cached, ignore=shutil.ignore_patterns("runs.*"))
    context = browser.new_context()
    page = context.new_page()
    visit(page, cached, "models/voice.html")
    expect(page.locator("#origin")).to_contain_text("not logged")
    expect(page.get_by_role("link", name="Runs", exact=True)).to_be_hidden()
    context.close()


def test_menus_open_and_close(page: Page, report: Path) -> None:
    visit(page, report, "index.html")
    page.get_by_text("Models 5").click()
    link = page.get_by_role("navigation").get_by_role("link", name="voice")
    expect(link).to_be_visible()
    page.keyboard.press("Escape")
    expect(link).to_be_hidden()
    page.get_by_text("Models 5").click()
    link.click()
    expect(page.get_by_role("heading", level=1)).to_have_text("voice")


def test_a_phone_sorts_too(page: Page, report: Path) -> None:
    page.set_viewport_size(PHONE)
    visit(page, report, VOICES)
    page.get_by_label("Sort by").select_option("Model")
    assert names(page) == ["Copy synthesis", "cut", "Statistics", "voice"]


def test_all_can_be_read_without_scripts(browser: Browser, report: Path) -> None:
    context = browser.new_context(java_script_enabled=False)
    page = context.new_page()
    visit(page, report, "index.html")
    expect(page.locator("form")).to_be_hidden()
    expect(page.locator("#overview tbody tr")).to_have_count(5)
    page.get_by_text("Models 5").click()
    page.get_by_role("navigation").get_by_role("link", name="voice").click()
    page.get_by_role("link", name="see runs.html").first.click()
    assert page.url.endswith("/runs.html#run-voice")
    table = page.locator("#run-voice table")
    for facts in ("27 Nov 2026, 16:20 UTC", "1 min 42 s", "7.5 s", "a2364e4", "Uncommitted"):
        expect(table).to_contain_text(facts)
    expect(table.get_by_role("row", name="Machine")).to_contain_text("Some processor")
    expect(table.get_by_role("row", name="Precision")).to_contain_text("fp32")
    page.locator("#run-voice").get_by_role("link", name="voice").click()
    page.locator("a.enlarge").first.click()
    assert page.url.endswith("/media/voice/arthur_to_beatrice/0.png")
    context.close()


def test_samplers_sort_by_what_they_remember_and_by_their_seconds(page: Page, report: Path) -> None:
    visit(page, report, "comparisons/samplers.html")
    page.get_by_role("button", name="Remembers").click()
    assert names(page)[:2] == ["wgan", "gan"]  # and then those of which nothing is known
    seconds = page.get_by_role("button", name="Seconds a sample")
    seconds.click()
    assert names(page)[:2] == ["gan", "autoencoder"]
    expect(page.get_by_role("row", name="gan gan").first).to_contain_text("12.3 ms")
    visit(page, report, "models/gan.html")
    expect(page.locator(".facts")).to_contain_text("12.3 ms")
    expect(page.locator(".finding")).to_contain_text("Nearer than <new> data: it remembers.")
    page.locator("summary", has_text="one by one").click()
    expect(page.get_by_role("row", name="3", exact=False).first).to_be_visible()
