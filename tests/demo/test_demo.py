"""The demo: tabs by capability, endpoints that answer, errors in words."""

import json
import os
import re
import shutil
import time
import zipfile
from dataclasses import replace
from pathlib import Path
from typing import Any

import gradio as gr
import gradio_client
import numpy as np
import pytest
import soundfile
import tiny
import torch
from PIL import Image
from torch import Generator, Tensor, nn
from visiting import Served
from voices import vowel

from demo import cards, compare, sampling, uploads
from demo.app import build, running
from demo.examples import Examples
from demo.library import KEPT, Library
from demo.sampling import FRAMES, animation
from demo.voice import to_int16
from demo.words import Turns
from pipeline.capabilities import Sampler
from pipeline.codecs import ImageCodec, MelCodec
from pipeline.errors import UserError
from pipeline.evaluation.results import Measured, Results, write_results
from pipeline.inference.effects import shift_voice
from pipeline.inference.finished import FinishedModel
from pipeline.options import TEMPERATURE

DOCUMENT = Path(__file__).parents[2] / "docs/demo.md"
NO_STYLE = None


def only(models: Path, folder: Path, *names: str) -> Path:
    """A folder with some of the models."""
    folder.mkdir()
    for name in names:
        (folder / name).symlink_to(models / name)
    return folder


def components(page: gr.Blocks, kind: str) -> list[dict[str, Any]]:
    return [block["props"] for block in page.config["components"] if block["type"] == kind]


def tabs(folder: Path) -> list[str]:
    return [tab["label"] for tab in components(build(folder), "tabitem")]


# What shows


def test_a_tab_shows_only_when_a_model_supports_it(models: Path, tmp_path: Path) -> None:
    inner = ["Recording", "Live", "Many", "Between two", "By hand", "Pictures", "Voices"]
    inner += ["Towards a class", "Reconstruction and score"]
    outer = ["Voice", "Style", "Sampling", "Compare", "Models"]
    assert sorted(tabs(models)) == sorted(inner + outer)
    assert tabs(only(models, tmp_path / "a", "dcgan")) == [
        "Sampling",
        "Many",
        "Between two",
        "By hand",
        "Models",
    ]
    assert tabs(only(models, tmp_path / "b", "pix2pix")) == ["Style", "Models"]
    assert tabs(only(models, tmp_path / "c", "hifigan")) == ["Models"]
    found = tabs(only(models, tmp_path / "d", "voice_cyclegan", "vae"))
    assert "Voices" in found
    assert "Style" not in found


def test_without_models_the_page_says_what_to_run(tmp_path: Path) -> None:
    for folder in (tmp_path, tmp_path / "nothing"):
        page = build(folder)
        assert not components(page, "tabitem")
        assert "make repro" in str(page.config)


def test_a_model_of_another_version_does_not_stop_the_page(models: Path, tmp_path: Path) -> None:
    folder = only(models, tmp_path / "a", "vae")
    (folder / "old").mkdir()
    (folder / "old/params.json").write_text("{}")
    assert tabs(folder)[0] == "Sampling"
    assert "loaded by this version" in cards.to_html(Library(folder))


class Demanding(nn.Module, Sampler):
    """A sampler with all that the demo can ask for; the sample is what it was asked."""

    classes = 3
    options = (TEMPERATURE,)

    def sample(
        self,
        n: int,
        generator: Generator | None = None,
        condition: Tensor | None = None,
        temperature: float = 1.0,
    ) -> Tensor:
        label = -1.0 if condition is None else condition[:, None, None, None] / 2
        return torch.zeros(n, 1, 64, 64) + label * temperature

    def parameters(self, recurse: bool = True) -> Any:
        return iter([torch.zeros(1)])


def test_controls_show_by_themselves_once_a_model_supports_them(models: Path) -> None:
    library = Library(models)
    dcgan, code_prior = library.outlines["dcgan"], library.outlines["code_prior"]
    assert knobs(library, dcgan) == []
    assert knobs(library, code_prior) == ["Class", "Temperature", "Top-k", "Top-p"]
    assert knobs(library, replace(dcgan, model=Demanding())) == ["Class", "Temperature"]


def knobs(library: Library, only: FinishedModel) -> list[str]:
    """Find what a page that has one model alone lets its visitors set."""
    library.outlines = {only.name: only}
    with gr.Blocks() as page:
        sampling.build(library, Turns())
    blocks = components(page, "dropdown") + components(page, "slider")
    known = ("Class", "Temperature", "Top-k", "Top-p")
    return [b["label"] for b in blocks if b["label"] in known and b["visible"]]


# Models and examples


def test_each_models_own_direction_comes_first(models: Path) -> None:
    library = Library(models)
    ways = [way.value for way in library.ways(MelCodec) if way.model == "voice_cyclegan"]
    assert ways == ["voice_cyclegan/beatrice", "voice_cyclegan/arthur"]
    assert [way.value for way in library.ways(ImageCodec) if way.model == "cyclegan"] == [
        "cyclegan/zebra",
        "cyclegan/horse",
    ]
    counts = [len(library.outlines[way.model].model.directions) for way in library.ways(ImageCodec)]
    assert counts == sorted(counts, reverse=True)
    assert {1, 2} <= set(counts)


def test_vocoders_are_offered_only_where_they_fit(models: Path, tmp_path: Path) -> None:
    folder = only(models, tmp_path / "a", "voice_cyclegan")
    shutil.copytree(models / "hifigan", folder / "hifigan")
    library = Library(folder)
    way = library.ways(MelCodec)[0]
    assert library.vocoders(way) == ["hifigan"]
    params = json.loads((folder / "hifigan/params.json").read_text())
    params["run"]["convention"]["fmax"] = 3000
    (folder / "hifigan/params.json").write_text(json.dumps(params))
    library = Library(folder)
    assert library.vocoders() == ["hifigan"]
    assert library.vocoders(way) == []
    with pytest.raises(UserError, match="fmax: expected 3000"):
        library.vocoder("hifigan", way)


def test_few_models_stay_in_memory(models: Path) -> None:
    library = Library(models)
    first = library.get("vae")
    assert library.get("vae") is first
    for name in ("dcgan", "pix2pix", "cyclegan", "cut")[:KEPT]:
        library.get(name)
    assert library.get("vae") is not first
    with pytest.raises(UserError, match="allowed"):
        library.get("none")


def test_a_classifier_judges_what_it_can_read_alone(models: Path) -> None:
    library = Library(models)
    assert {"vae", "dcgan"} <= set(library.editable())
    assert library.classifiers_for("vae") == ["digits"]
    assert library.classifiers_for("cyclegan") == []
    assert library.classifier("digits", "vae").name == "digits"
    for name, model, reason in (
        ("none", "vae", "no classifier"),
        ("digits", "cyclegan", "does not"),
    ):
        with pytest.raises(UserError, match=reason):
            library.classifier(name, model)


def test_examples_are_made_anew_where_no_data_are(models: Path) -> None:
    examples = Examples(Library(models))
    drawn = examples.pictures("cyclegan", "horse")
    assert [picture.shape for picture in drawn] == [(64, 64, 3)] * 4
    assert (drawn[0] != drawn[1]).any()
    assert examples.pictures("vae", "digit", 3)[0].shape == (tiny.SIDE, tiny.SIDE, 3)
    way = examples.library.ways(MelCodec)[0]
    assert examples.has_sentences(way)
    sentence = examples.sentence(way, 3)
    assert sentence is not None
    assert len(sentence[1]) > sentence[0]  # longer than a second


def test_cards_hold_metrics_where_a_model_was_evaluated(models: Path, tmp_path: Path) -> None:
    folder = tmp_path / "models"
    shutil.copytree(models / "vae", folder / "vae")
    mse = Measured({"mean_picture": 0.23, "model": 0.0125}, {"model": (0.0119, 0.0132)})
    results = Results(tasks={"reconstruction": {"mse": mse}})
    write_results(tmp_path / "evaluation/vae/results.json", results)
    library = Library(folder)
    (card,) = cards.read_cards(library)
    assert card.data == "digits"
    (found,) = card.metrics.values()
    assert found == {"this model": "0.0125 (0.0119 to 0.0132)", "Mean picture": "0.23"}
    assert "0.0125" in cards.to_html(library)


# Small parts


def test_an_animation_goes_there_and_back(tmp_path: Path) -> None:
    samples = torch.linspace(-1, 1, FRAMES)[:, None, None, None].expand(-1, 1, 64, 64)
    (tmp_path / "a.webp").write_bytes(animation(samples))
    picture = Image.open(tmp_path / "a.webp")
    levels = []
    for frame in range(picture.n_frames):
        picture.seek(frame)
        levels.append(np.asarray(picture.convert("L")).mean())
    assert len(levels) == 2 * FRAMES - 2
    assert levels.index(max(levels)) == FRAMES - 1
    np.testing.assert_allclose(levels[1:FRAMES], levels[: FRAMES - 2 : -1], atol=3)


# Endpoints


def test_each_endpoint_is_documented_and_its_example_runs(
    client: gradio_client.Client, served: Served, in_folder: Path
) -> None:
    text = DOCUMENT.read_text(encoding="utf-8")
    named = client.view_api(return_format="dict")["named_endpoints"]
    assert set(named) == set(re.findall(r'api_name="(/\w+)"', text))
    tiny.write_sound(in_folder / "speech.wav", 1, 0.8)
    tiny.write_picture(in_folder / "horse.png", 1, 33, 57)
    examples = "".join(re.findall(r"```python\n(.*?)```", text, re.DOTALL))
    found: dict[str, Any] = {}
    exec(examples.replace("http://127.0.0.1:7860", served.url), found)

    source, _ = soundfile.read("speech.wav")
    converted, rate = soundfile.read(found["sound"])
    assert (len(converted), rate) == (len(source), 8000)
    assert np.abs(converted - source).mean() > 0.01
    assert Image.open(found["spectrograms"]).width > 300
    before, after = (
        np.asarray(Image.open(found[name])).astype(int) for name in ("before", "after")
    )
    np.testing.assert_array_equal(before, np.asarray(Image.open("horse.png")))
    assert np.abs(after - before).mean() > 5
    assert len(zipfile.ZipFile(found["archive"]).namelist()) == 16
    assert Image.open(found["grid"]).width > 4 * tiny.SIDE
    assert Image.open(found["moving"]).format == "WEBP"
    assert Image.open(found["strip"]).width > 8 * tiny.SIDE
    assert Image.open(found["moved"]).width >= tiny.SIDE
    assert Image.open(found["way"]).width > 8 * tiny.SIDE
    assert re.search(r"Taken for \*\*\d\*\*.*; 7: ", found["words"])
    assert [Image.open(file).size for file in found["files"]] == [(57, 33)] * 3
    voices = [soundfile.info(sound["value"]).frames for sound in found["sounds"][:2]]
    assert voices == [len(source)] * 2
    assert found["table"]["data"][0][0] == "vae"
    assert {card["name"] for card in found["cards"]} >= {"vae", "cyclegan", "hifigan"}
    found["client"].close()


def test_exif_orientation_is_respected(client: gradio_client.Client, tmp_path: Path) -> None:
    tiny.write_picture(tmp_path / "in.png", 1, 33, 57)
    exif = Image.Exif()
    exif[0x0112] = 6
    Image.open(tmp_path / "in.png").save(tmp_path / "in.jpg", exif=exif)
    picture = gradio_client.handle_file(tmp_path / "in.jpg")
    (_, after), note = client.predict(
        picture, "cyclegan/horse", NO_STYLE, api_name="/translate_picture"
    )
    assert Image.open(after).size == (33, 57)
    assert note == ""


def test_a_picture_unlike_all_of_training_is_said_to_be(client, tmp_path):
    tiny.write_picture(tmp_path / "in.png", 1, 33, 57)
    picture = gradio_client.handle_file(tmp_path / "in.png")
    for to, words in (("zebra", "**Warning:** this is unlike the 'horse'"), ("horse", "")):
        *_, note = client.predict(
            picture, f"cyclegan/{to}", NO_STYLE, api_name="/translate_picture"
        )
        assert note.startswith(words)
        assert bool(note) == bool(words)


def test_samples_repeat_by_seed(client: gradio_client.Client) -> None:
    pictures = [
        np.asarray(Image.open(client.predict("vae", 5, seed, api_name="/sample")[0]))
        for seed in (1, 1, 2)
    ]
    np.testing.assert_array_equal(pictures[0], pictures[1])
    assert (pictures[0] != pictures[2]).any()


def test_a_trained_vocoder_can_be_chosen(client: gradio_client.Client, tmp_path: Path) -> None:
    tiny.write_sound(tmp_path / "in.flac", 1, 0.8)
    recording = gradio_client.handle_file(tmp_path / "in.flac")
    waves = [
        soundfile.read(
            client.predict(recording, "voice_cyclegan/arthur", vocoder, api_name="/convert_voice")[
                0
            ]
        )[0]
        for vocoder in ("griffin-lim", "hifigan")
    ]
    assert len(waves[0]) == len(waves[1]) == 6400
    assert np.abs(waves[0] - waves[1]).mean() > 0.001


def test_a_converted_voice_is_moved(client: gradio_client.Client, tmp_path: Path) -> None:
    tiny.write_sound(tmp_path / "in.flac", 1, 0.8)
    recording = gradio_client.handle_file(tmp_path / "in.flac")
    given = [recording, "voice_cyclegan/arthur", "griffin-lim"]
    plain, still, moved = (
        soundfile.read(client.predict(*given, *shift, api_name="/convert_voice")[0])[0]
        for shift in ((), (0, 0), (3, -2))
    )
    np.testing.assert_array_equal(plain, still)
    expected = shift_voice(plain.astype(np.float32), 8000, 3, -2)
    # Either may have been made quieter as a whole.
    assert np.corrcoef(moved, expected)[0, 1] > 0.999
    assert np.corrcoef(moved, plain)[0, 1] < 0.9
    with pytest.raises(gradio_client.exceptions.AppError, match="12"):
        client.predict(*given, 13, 0, api_name="/convert_voice")


def test_a_recording_of_somebody_else_is_whom_a_voice_becomes(
    client: gradio_client.Client, tmp_path: Path
) -> None:
    for name, pitch, seconds in (("in", 150, 0.8), ("low", 120, 6), ("high", 250, 6)):
        wave = vowel(np.geomspace(pitch, 1.2 * pitch, round(seconds * 8000)), 8000)
        soundfile.write(tmp_path / f"{name}.flac", 0.2 * wave, 8000)
    given = {p.stem: gradio_client.handle_file(p) for p in tmp_path.iterdir()}
    manner = ("griffin-lim", 0, 0)
    way, old = "adain_world/beatrice", "voice_cyclegan/arthur"
    plain, low, high = (
        soundfile.read(
            client.predict(given["in"], way, *manner, like, api_name="/convert_voice")[0]
        )[0]
        for like in (None, given["low"], given["high"])
    )
    assert len(plain) == len(low) == len(high) == 6400
    assert all(np.abs(a - b).mean() > 1e-3 for a, b in ((plain, low), (low, high)))
    for to, like, words in (
        (way, "in", "expected 5 seconds of recordings or more, better a minute, found 0"),
        (old, "low", "can't take speakers that it was not trained on"),
    ):
        with pytest.raises(gradio_client.exceptions.AppError, match=words):
            client.predict(given["in"], to, *manner, given[like], api_name="/convert_voice")


def test_loud_results_are_made_quieter_not_clipped() -> None:
    wave = np.float32([0.5, -2.0, 1.0])
    np.testing.assert_allclose(to_int16(wave) / 32767, wave * 0.495, atol=1e-4)
    np.testing.assert_allclose(to_int16(wave / 2) / 32767, wave / 2, atol=1e-4)


def test_a_recording_is_read_once_for_models_that_hear_it_alike(
    client: gradio_client.Client, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    tiny.write_sound(tmp_path / "in.flac", 1, 0.8)
    recording, read = gradio_client.handle_file(tmp_path / "in.flac"), []

    def counted(path: str | None, rate: int, least: int) -> np.ndarray:
        read.append((rate, least))
        return uploads.read_recording(path, rate, least)

    monkeypatch.setattr(compare, "read_recording", counted)
    ways = [f"voice_cyclegan/{way}" for way in ("arthur/griffin-lim", "arthur/hifigan")]
    first, second, *_ = client.predict(recording, ways, api_name="/compare_voices")
    waves = [soundfile.read(sound["value"])[0] for sound in (first, second)]
    assert read == [(8000, 64)]
    assert np.abs(waves[0] - waves[1]).mean() > 0.001


def test_errors_are_words(client: gradio_client.Client, tmp_path: Path) -> None:
    for name in ("bad.wav", "bad.png"):
        (tmp_path / name).write_bytes(b"nonsense")
    picture = gradio_client.handle_file(tmp_path / "bad.png")
    bad = gradio_client.handle_file(tmp_path / "bad.wav")
    requests: list[tuple[str, list[Any], str]] = [
        ("not a picture", [picture, "cyclegan/zebra", NO_STYLE], "/translate_picture"),
        ("Choose a picture", [None, "cyclegan/zebra", NO_STYLE], "/translate_picture"),
        ("not a sound file", [bad, "voice_cyclegan/arthur", "griffin-lim"], "/convert_voice"),
        ("seed", ["vae", 5, -1, "any", 1, 0, 1], "/sample"),
        ("takes no temperature", ["vae", 5, 1, "any", 0.5, 0, 1], "/sample"),
        ("at least one", [None, []], "/compare_pictures"),
    ]
    for words, inputs, endpoint in requests:
        if endpoint == "/compare_pictures":
            tiny.write_picture(tmp_path / "good.png", 1)
            inputs[0] = gradio_client.handle_file(tmp_path / "good.png")
        with pytest.raises(gradio_client.exceptions.AppError, match=words):
            client.predict(*inputs, api_name=endpoint)


def test_files_go_and_the_door_can_be_locked(models: Path, tmp_path: Path) -> None:
    folder = only(models, tmp_path / "a", "vae")
    with running(folder, login=("guest", "secret"), sweep=1, keep=1) as page:
        files = Path(os.environ["GRADIO_TEMP_DIR"])
        with pytest.raises(gradio_client.exceptions.AuthenticationError):
            gradio_client.Client(page.local_url, verbose=False)
        client = gradio_client.Client(
            page.local_url, auth=("guest", "secret"), verbose=False, ssl_verify=False
        )
        client.predict("vae", 4, 0, "any", 1, 0, 1, api_name="/sample")
        assert any(path.is_file() for path in files.rglob("*"))
        until = time.monotonic() + 20
        while any(path.is_file() for path in files.rglob("*")) and time.monotonic() < until:
            time.sleep(0.2)
        assert not [path for path in files.rglob("*") if path.is_file()]
        client.close()
    assert not files.exists()
