"""The demo: tabs by capability, endpoints that answer, errors in words."""

from collections.abc import Iterator
from pathlib import Path

import exported
import numpy as np
import pytest
import tiny
from PIL import Image

import demo  # noqa: F401  # turns analytics off before gradio is imported
from demo.app import build
from demo.images import MOST_PIXELS, reduce
from demo.library import KEPT, Library
from pipeline.codecs import ImageCodec, MelCodec
from pipeline.errors import UserError

gradio_client = pytest.importorskip("gradio_client")


@pytest.fixture(scope="module")
def models(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return exported.export_all(tmp_path_factory.mktemp("data") / "models")


@pytest.fixture(scope="module")
def client(models: Path) -> Iterator["gradio_client.Client"]:
    page = build(models)
    _, url, _ = page.launch(prevent_thread_lock=True, quiet=True, ssr_mode=False)
    client = gradio_client.Client(url, verbose=False)
    yield client
    client.close()
    page.close()


def only(models: Path, folder: Path, *names: str) -> Path:
    """A folder with some of the models."""
    folder.mkdir()
    for name in names:
        (folder / name).symlink_to(models / name)
    return folder


def tabs(folder: Path) -> list[str]:
    blocks = build(folder).config["components"]
    return [block["props"]["label"] for block in blocks if block["type"] == "tabitem"]


def test_a_tab_shows_only_when_a_model_supports_it(models: Path, tmp_path: Path) -> None:
    assert tabs(models) == ["Voice", "Style", "Sampling"]
    assert tabs(only(models, tmp_path / "a", "vae")) == ["Sampling"]
    assert tabs(only(models, tmp_path / "b", "pix2pix")) == ["Style"]
    assert tabs(only(models, tmp_path / "c", "voice_cyclegan", "dcgan")) == ["Voice", "Sampling"]


def test_without_models_the_page_says_what_to_run(tmp_path: Path) -> None:
    for folder in (tmp_path, tmp_path / "nothing"):
        config = build(folder).config
        assert not [block for block in config["components"] if block["type"] == "tabitem"]
        assert "make repro" in str(config)


def test_a_model_of_another_version_does_not_stop_the_page(models: Path, tmp_path: Path) -> None:
    folder = only(models, tmp_path / "a", "vae")
    (folder / "old").mkdir()
    (folder / "old/params.json").write_text("{}")
    page = build(folder)
    assert "loaded by this version" in str(page.config)


def test_each_models_own_direction_comes_first(models: Path) -> None:
    library = Library(models)
    assert [way.value for way in library.ways(MelCodec) if way.model == "voice_cyclegan"] == [
        "voice_cyclegan/beatrice",
        "voice_cyclegan/arthur",
    ]
    assert [way.value for way in library.ways(ImageCodec) if way.model == "cyclegan"] == [
        "cyclegan/zebra",
        "cyclegan/horse",
    ]
    assert library.examples(library.way("cyclegan/zebra")) is None


def test_few_models_stay_in_memory(models: Path) -> None:
    library = Library(models)
    first = library.get("vae")
    assert library.get("vae") is first
    for name in ("dcgan", "pix2pix", "cyclegan")[:KEPT]:
        library.get(name)
    assert library.get("vae") is not first
    with pytest.raises(UserError, match="allowed"):
        library.get("none")


def test_endpoints_have_names(client: "gradio_client.Client") -> None:
    named = client.view_api(return_format="dict")["named_endpoints"]
    assert set(named) == {"/convert_voice", "/translate_picture", "/sample"}


def test_a_voice_is_converted(client: "gradio_client.Client", tmp_path: Path) -> None:
    tiny.write_sound(tmp_path / "in.flac", 1, 0.8)
    recording = gradio_client.handle_file(tmp_path / "in.flac")
    sound, spectrogram = client.predict(
        recording, "voice_cyclegan/arthur", api_name="/convert_voice"
    )
    assert Path(sound).stat().st_size > 8000
    assert Image.open(spectrogram).width > 300


def test_a_picture_is_translated(client: "gradio_client.Client", tmp_path: Path) -> None:
    tiny.write_picture(tmp_path / "in.png", 1, 33, 57)
    picture = gradio_client.handle_file(tmp_path / "in.png")
    before, after = client.predict(picture, "cyclegan/horse", api_name="/translate_picture")
    assert Image.open(before).size == Image.open(after).size == (57, 33)
    np.testing.assert_array_equal(
        np.asarray(Image.open(before)), np.asarray(Image.open(tmp_path / "in.png"))
    )


def test_exif_orientation_is_respected(client: "gradio_client.Client", tmp_path: Path) -> None:
    tiny.write_picture(tmp_path / "in.png", 1, 33, 57)
    exif = Image.Exif()
    exif[0x0112] = 6
    Image.open(tmp_path / "in.png").save(tmp_path / "in.jpg", exif=exif)
    picture = gradio_client.handle_file(tmp_path / "in.jpg")
    _, after = client.predict(picture, "cyclegan/horse", api_name="/translate_picture")
    assert Image.open(after).size == (33, 57)


def test_samples_repeat_by_seed(client: "gradio_client.Client") -> None:
    pictures = [
        np.asarray(Image.open(client.predict("vae", 5, seed, api_name="/sample")))
        for seed in (1, 1, 2)
    ]
    np.testing.assert_array_equal(pictures[0], pictures[1])
    assert (pictures[0] != pictures[2]).any()


def test_errors_are_words(client: "gradio_client.Client", tmp_path: Path) -> None:
    for name in ("bad.wav", "bad.png"):
        (tmp_path / name).write_bytes(b"nonsense")
    picture = gradio_client.handle_file(tmp_path / "bad.png")
    with pytest.raises(gradio_client.exceptions.AppError, match="not a picture"):
        client.predict(picture, "cyclegan/zebra", api_name="/translate_picture")
    bad = gradio_client.handle_file(tmp_path / "bad.wav")
    with pytest.raises(gradio_client.exceptions.AppError, match="not a sound file"):
        client.predict(bad, "voice_cyclegan/arthur", api_name="/convert_voice")
    with pytest.raises(gradio_client.exceptions.AppError, match="Choose a picture"):
        client.predict(None, "cyclegan/zebra", api_name="/translate_picture")
    with pytest.raises(gradio_client.exceptions.AppError, match="seed"):
        client.predict("vae", 5, -1, api_name="/sample")


@pytest.mark.parametrize(("size", "expected"), [((10, 20), (10, 20)), ((2048, 1024), None)])
def test_only_large_pictures_are_reduced(
    size: tuple[int, int], expected: tuple[int, int] | None
) -> None:
    reduced = reduce(np.zeros((*size, 3), np.uint8)).shape[:2]
    if expected is not None:
        assert reduced == expected
    else:
        assert reduced[0] * reduced[1] <= MOST_PIXELS
        assert reduced[0] / reduced[1] == pytest.approx(2, rel=0.01)
