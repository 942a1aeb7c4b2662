"""The demo as visitors meet it: a real browser, real uploads, results checked by content."""

import base64
import io
import time
import zipfile
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import soundfile
import tiny
from PIL import Image
from playwright.sync_api import Browser, Page, Route, expect
from visiting import (
    COPY,
    FAINT,
    NAMELESS,
    TAKEN,
    Served,
    choose,
    clear,
    complaint,
    download,
    open_tabs,
    pixels,
    press,
    shown,
    upload,
)

from demo import compare, voice
from demo.library import Direction, Library
from demo.sampling import FRAMES
from demo.uploads import MOST_SECONDS
from demo.words import CancelledError
from pipeline.codecs import ImageCodec
from pipeline.codecs.mel import Wave
from pipeline.inference.live import BLOCK

HOUR = 3600
RECORDER = """() => performance.getEntriesByType('resource')
  .filter(e => e.name.includes('/module-')).length > 2"""


@pytest.fixture
def speech(tmp_path: Path) -> Path:
    tiny.write_sound(tmp_path / "speech.wav", 1, 0.8, rate=16_000)
    return tmp_path / "speech.wav"


@pytest.fixture
def picture(tmp_path: Path) -> Path:
    tiny.write_picture(tmp_path / "picture.png", 1, 33, 57)
    return tmp_path / "picture.png"


# Each tab


def test_a_voice_is_converted_heard_and_downloaded(page: Page, speech: Path) -> None:
    tab = open_tabs(page, "Voice")
    choose(page, tab, "From whom to whom", "arthur → beatrice (voice_cyclegan)")
    upload(tab, speech, "Speech")
    press(tab, "Convert")
    expect(tab.locator(".chart img")).to_be_visible()
    assert pixels(page, tab.locator(".chart img")).std() > 20
    by_griffin_lim, rate = soundfile.read(download(page, tab.get_by_label("Download").first))
    source, _ = soundfile.read(speech)
    assert rate == tiny.CONVENTION.rate
    assert len(by_griffin_lim) == pytest.approx(0.8 * rate, abs=2)
    assert np.abs(by_griffin_lim - source[::2][: len(by_griffin_lim)]).mean() > 0.01
    assert by_griffin_lim.std() > 0.05


def test_a_picture_is_translated_under_a_slider(page: Page, picture: Path) -> None:
    tab = open_tabs(page, "Style")
    choose(page, tab, "From what to what", "horse → zebra (cyclegan)")
    upload(tab, picture)
    press(tab, "Translate")
    images = tab.get_by_test_id("imageslider-image")
    expect(images).to_have_count(2)
    before, after = (pixels(page, image) for image in images.all())
    np.testing.assert_array_equal(before, np.asarray(Image.open(picture)))
    assert after.shape == before.shape
    assert np.abs(after - before).mean() > 5


def test_speech_is_recorded_and_converted(page: Page) -> None:
    def late(route: Route) -> None:
        time.sleep(0.5)
        route.continue_()

    page.route("**/upload*", late)
    tab = open_tabs(page, "Voice")
    tab.get_by_role("button", name="Record audio", exact=True).first.click()  # not who is unseen
    press(tab, "Record")
    page.wait_for_timeout(1200)  # Chromium's own microphone beeps
    expect(tab.get_by_role("button", name="Convert")).to_be_disabled()
    press(tab, "Stop")
    expect(tab.get_by_role("button", name="Clear")).to_be_visible()
    press(tab, "Convert")  # once the recording has arrived
    expect(tab.locator(".chart img")).to_be_visible()
    converted, rate = soundfile.read(download(page, tab.get_by_label("Download").first))
    assert len(converted) / rate > 0.5  # how long it was, is up to the machine
    assert converted.std() > 0.01


def test_a_voice_is_converted_while_one_speaks(page: Page) -> None:
    tab = open_tabs(page, "Voice", "Live")
    pieces: list[float] = []
    page.on("request", lambda r: pieces.append(time.monotonic()) if "upload" in r.url else None)
    page.wait_for_function(RECORDER)  # Gradio loads it when the page is there, and begins it
    page.wait_for_timeout(1000)
    press(tab, "Record")
    expect(tab.get_by_text("0.82 s for a block")).to_be_visible()
    page.wait_for_function("window.crossdomainLive?.seconds > 1.5")
    press(tab, "Stop")
    expect(tab.get_by_role("button", name="Record")).to_be_visible()
    assert np.diff(pieces).mean() > 0.9 * BLOCK  # Gradio's own choice is a tenth of a second
    assert page.evaluate("window.crossdomainLive.context.sampleRate") == tiny.CONVENTION.rate


def test_a_picture_is_pasted(page: Page, picture: Path) -> None:
    tab = open_tabs(page, "Style")
    page.evaluate(COPY, base64.b64encode(picture.read_bytes()).decode())
    press(tab, "Paste from clipboard")
    expect(tab.get_by_role("button", name=TAKEN)).to_be_visible()
    press(tab, "Translate")
    images = tab.get_by_test_id("imageslider-image")
    expect(images).to_have_count(2)
    np.testing.assert_array_equal(pixels(page, images.first), np.asarray(Image.open(picture)))


def test_a_picture_is_taken_with_the_camera(page: Page) -> None:
    tab = open_tabs(page, "Style")
    press(tab, "Capture from camera")
    press(tab, "Click to Access Webcam")
    page.wait_for_function("[...document.querySelectorAll('video')].some(v => v.videoWidth)")
    press(tab, "capture photo")  # Chromium's own camera shows a green field
    expect(tab.get_by_role("button", name=TAKEN)).to_be_visible()
    press(tab, "Translate")
    images = tab.get_by_test_id("imageslider-image")
    expect(images).to_have_count(2)
    before, after = (pixels(page, image) for image in images.all())
    assert before[..., 1].mean() > before[..., 0].mean() + 50
    assert after.shape == before.shape


def test_a_style_picture_can_be_given_where_the_model_takes_one(page: Page, picture: Path) -> None:
    tab = open_tabs(page, "Style")
    expect(tab.get_by_text("In the style of")).to_be_hidden()
    choose(page, tab, "From what to what", "labels → scene (spade)")
    expect(tab.get_by_text("In the style of")).to_be_visible()
    upload(tab, picture, "Picture")
    images = tab.get_by_test_id("imageslider-image")
    press(tab, "Translate")
    expect(images).to_have_count(2)
    plain = pixels(page, images.last)
    source = images.last.get_attribute("src") or ""
    upload(tab, picture, "In the style of")
    press(tab, "Translate")
    expect(images.last).not_to_have_attribute("src", source)
    assert np.abs(pixels(page, images.last) - plain).max() > 0


def test_samples_are_drawn_and_downloaded(page: Page) -> None:
    tab = open_tabs(page, "Sampling", "Many")
    choose(page, tab, "Model", "vae")
    tab.get_by_label("number input for How many").fill("9")
    press(tab, "Draw")
    grid = tab.locator(".picture img")
    first = pixels(page, grid)
    assert first.shape[0] == first.shape[1] > 3 * tiny.SIDE
    archive = zipfile.ZipFile(
        download(page, tab.get_by_role("button", name="Download each sample (zip)"))
    )
    assert len(archive.namelist()) == 9
    assert Image.open(archive.open("00.png")).size == (tiny.SIDE, tiny.SIDE)
    source = grid.get_attribute("src") or ""
    press(tab, "Another seed")
    expect(grid).not_to_have_attribute("src", source)
    assert (pixels(page, grid) != first).any()
    expect(tab.get_by_label("Temperature")).to_be_hidden()


def test_there_is_a_way_between_two_samples(page: Page) -> None:
    tab = open_tabs(page, "Sampling", "Between two")
    choose(page, tab, "Model", "dcgan")
    press(tab, "Go")
    images = tab.locator(".picture img")
    expect(images).to_have_count(2)
    moving = page.request.get(images.first.get_attribute("src") or "").body()
    assert getattr(Image.open(io.BytesIO(moving)), "n_frames", 1) == 2 * FRAMES - 2
    strip = pixels(page, images.last)
    assert strip.shape[1] > 7 * strip.shape[0]


def test_sliders_move_the_picture_while_they_are_dragged(page: Page) -> None:
    tab = open_tabs(page, "Sampling", "By hand")
    image = tab.locator(".follows img")
    expect(image).to_be_visible()
    start, source = pixels(page, image), image.get_attribute("src") or ""
    slider = tab.get_by_label("range slider for Direction 1")
    box = slider.bounding_box()
    assert box is not None
    page.mouse.move(box["x"] + box["width"] / 2, box["y"] + box["height"] / 2)
    page.mouse.down()
    page.mouse.move(box["x"] + box["width"] * 0.9, box["y"] + box["height"] / 2, steps=5)
    expect(image).not_to_have_attribute("src", source)  # and the button is still down
    assert (pixels(page, image) != start).any()
    page.mouse.up()
    press(tab, "All back to the middle")
    expect(image).to_have_attribute("src", source)


def test_a_picture_goes_through_several_models(page: Page, models: Path, picture: Path) -> None:
    ways = [way for way in Library(models).ways(ImageCodec) if way.source == "labels"]
    tab = open_tabs(page, "Compare", "Pictures")
    choose(page, tab, "The picture shows", "labels")
    expect(tab.get_by_role("checkbox")).to_have_count(len(ways))
    upload(tab, picture)
    press(tab, "Compare")
    results = tab.locator(".grid-wrap img:visible")
    expect(tab.get_by_text("spade: scene")).to_be_visible()
    source, *others = (pixels(page, image) for image in results.all()[-len(ways) - 1 :])
    assert [other.shape for other in others] == [source.shape] * len(ways)
    assert np.abs(others[0] - others[1]).mean() > 1


def test_speech_goes_through_several_models(page: Page) -> None:
    tab = open_tabs(page, "Compare", "Voices")
    for option in tab.get_by_role("checkbox").all()[2:]:
        option.uncheck()
    press(tab, "Try a test sentence")
    expect(tab.get_by_role("button", name=TAKEN)).to_be_visible()
    press(tab, "Compare")
    downloads = tab.get_by_label("Download")
    expect(downloads).to_have_count(2)
    waves = [soundfile.read(download(page, button))[0] for button in downloads.all()]
    assert len(waves[0]) == len(waves[1]) > tiny.CONVENTION.rate
    assert np.abs(waves[0] - waves[1]).mean() > 0.001


def test_a_picture_is_reconstructed_and_scored(page: Page) -> None:
    tab = open_tabs(page, "Compare", "Reconstruction and score")
    tab.locator(".shelf button").nth(1).click()  # drawn anew: no prepared data are at hand
    expect(tab.get_by_role("button", name=TAKEN)).to_be_visible()
    press(tab, "Reconstruct and score")
    scored = tab.get_by_text("of 64 test pictures").locator("visible=true")
    expect(scored.first).to_be_visible()
    assert pixels(page, tab.locator(".pairs img").last).shape[1] > 2 * tiny.SIDE


def test_cards_say_what_models_are(page: Page) -> None:
    tab = open_tabs(page, "Models")
    tab.get_by_text("cyclegan: translate horse → zebra").first.click()
    card = tab.locator("details[open]")
    for words in ("savanna", "Parameters", "crossdomain 0.1.0", "Not evaluated here"):
        expect(card.get_by_text(words).first).to_be_visible()


# What visitors should not have done


def test_bad_pictures_are_refused_in_words(page: Page, tmp_path: Path) -> None:
    tab = open_tabs(page, "Style")
    (tmp_path / "text.png").write_text("not a picture")
    Image.new("1", (10_000, 10_000)).save(tmp_path / "huge.png")
    with (tmp_path / "heavy.png").open("wb") as file:
        file.truncate(51 * 2**20)
    files = tab.locator("input[type=file]").first
    press(tab, "Translate")
    complaint(page, "Choose a picture first.")
    for name, words in (
        ("text.png", "not a picture in a known format"),
        ("huge.png", "up to 50 megapixels"),
    ):
        upload(tab, tmp_path / name)
        press(tab, "Translate")
        complaint(page, words)
        clear(tab)
    files.set_input_files(tmp_path / "heavy.png")
    complaint(page, "maximum allowed size of 50")


def test_bad_sounds_are_refused_in_words(page: Page, tmp_path: Path) -> None:
    tab = open_tabs(page, "Voice")
    soundfile.write(tmp_path / "empty.wav", np.zeros(0), 8000)
    (tmp_path / "nothing.wav").touch()
    # A rate of 1 kHz keeps what the browser decodes small; an hour is an hour.
    soundfile.write(tmp_path / "hour.flac", np.zeros(HOUR * 1000, np.float32), 1000)
    for name, words in (
        ("empty.wav", "holds no samples"),
        ("nothing.wav", "not a sound file"),
        ("hour.flac", f"lasts 3600 s, and the demo takes {MOST_SECONDS} s"),
    ):
        upload(tab, tmp_path / name, "Speech")
        press(tab, "Convert")
        complaint(page, words)
        clear(tab)


# Several visitors, and one who changes his mind


def test_two_visitors_at_once_get_their_own(
    page: Page, browser: Browser, served: Served, tmp_path: Path
) -> None:
    other = browser.new_context().new_page()
    other.goto(served.url)
    results = []
    for number, visitor in enumerate((page, other)):
        tiny.write_picture(tmp_path / f"{number}.png", number, 40, 40 + 8 * number)
        tab = open_tabs(visitor, "Style")
        upload(tab, tmp_path / f"{number}.png")
    for visitor in (page, other):
        press(shown(visitor), "Translate")
    for number, visitor in enumerate((page, other)):
        images = shown(visitor).get_by_test_id("imageslider-image")
        expect(images).to_have_count(2)
        before = pixels(visitor, images.first)
        np.testing.assert_array_equal(before, np.asarray(Image.open(tmp_path / f"{number}.png")))
        results.append(pixels(visitor, images.last))
    assert results[0].shape == (40, 40, 3)
    assert results[1].shape == (40, 48, 3)
    other.context.close()


def test_a_run_is_cancelled(page: Page, speech: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    made: list[float] = []

    def endless(*_: Any) -> Iterator[np.ndarray]:
        while len(made) < 1000:
            made.append(time.monotonic())
            time.sleep(0.02)
            yield np.zeros(100, np.float32)

    with monkeypatch.context() as patched:
        patched.setattr(voice, "convert_blocks", endless)
        tab = open_tabs(page, "Voice")
        upload(tab, speech, "Speech")
        press(tab, "Convert")
        expect(tab.get_by_text("Converting").first).to_be_visible()
        press(tab, "Cancel")
        expect(tab.get_by_text("Converting")).to_have_count(0)
        page.wait_for_timeout(300)
        count = len(made)
        page.wait_for_timeout(300)
        assert len(made) == count < 1000
    press(tab, "Convert")  # and the next one has the models for itself
    expect(tab.locator(".chart img")).to_be_visible()


def test_a_cancelled_comparison_does_not_begin_with_the_next_model(
    page: Page, speech: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    begun: list[str] = []

    def deaf(library: Library, wave: Wave, way: Direction, *rest: Any) -> Wave:
        """Go on to the end, though cancelled."""
        begun.append(way.value)
        with suppress(CancelledError):
            for _ in range(1000):
                rest[-1]()
                time.sleep(0.02)
        return wave

    monkeypatch.setattr(compare, "convert", deaf)
    tab = open_tabs(page, "Compare", "Voices")
    upload(tab, speech)
    press(tab, "Compare")
    while not begun:
        page.wait_for_timeout(50)
    press(tab, "Cancel")
    page.wait_for_timeout(1000)
    assert len(begun) == 1


# How it looks


TABS = (
    ["Voice"],
    ["Voice", "Live"],
    ["Style"],
    ["Sampling"],
    ["Sampling", "By hand"],
    ["Compare"],
    ["Models"],
)


def test_nothing_is_wider_than_a_telephone(page: Page) -> None:
    page.set_viewport_size({"width": 390, "height": 844})
    for tabs in TABS:
        tab = open_tabs(page, *tabs)
        assert page.evaluate("document.documentElement.scrollWidth") <= 390
        for button in tab.locator("button:visible").all():
            box = button.bounding_box()
            if box is not None and box["width"] > 60:
                assert 0 <= box["x"] <= box["x"] + box["width"] <= 390


def test_words_are_legible_and_controls_have_names(page: Page) -> None:
    for tabs in TABS:
        open_tabs(page, *tabs)
        page.add_style_tag(content="* { transition: none !important }")  # colours as they end
        assert page.evaluate(NAMELESS) == []
        assert page.evaluate(FAINT) == []
        page.evaluate("document.body.classList.add('dark')")
        assert page.evaluate(FAINT) == []
        page.evaluate("document.body.classList.remove('dark')")


def test_the_keyboard_is_enough(page: Page) -> None:
    page.get_by_role("tab", name="Sampling").focus()
    page.keyboard.press("Enter")
    tab = shown(page)
    tab.get_by_label("Seed").focus()
    page.keyboard.type("7")
    for _ in range(12):
        page.keyboard.press("Tab")
        if page.evaluate("document.activeElement.innerText") == "Draw":
            break
    page.keyboard.press("Enter")
    expect(tab.locator(".picture img")).to_be_visible()
