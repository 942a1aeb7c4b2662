"""The report of a fabricated run: complete, escaped, self-contained and equal every time."""

import html
import json
import re
import shutil
import wave
from pathlib import Path
from urllib.parse import unquote

import numpy as np
import pytest
import tiny
from curves import write_curve
from PIL import Image
from safetensors.numpy import save_file

from pipeline.errors import UserError
from pipeline.evaluation.results import METRICS
from pipeline.params import Params
from pipeline.report import Outputs, build_report
from pipeline.report.comparisons import (
    BASELINES,
)
from pipeline.report.progress import read_warnings

ODD = 'a<b> & "c" #?%'
SOUND = {
    "arthur_to_beatrice": {
        "mcd": {"model": 6.2, "statistics": 6.9, "copy_synthesis": 3.1},
        "log_f0_correlation": {"model": 0.52, "statistics_f0": 0.84, "copy_synthesis": 0.9},
    },
    "arthur_to_beatrice/pitch": {
        "mean_f0": {"model": 207.7, "source_recording": 98.9, "target_speaker": 201.0}
    },
}
DIGITS = {
    "samples": {"fd_features": {"model": 30.68, "noise": 261.8, "test_pictures": 4.79}},
    "reconstruction": {"mse": {"model": 0.0155, "mean_picture": 0.2304}},
}


@pytest.fixture
def params() -> Params:
    return Params.model_validate(
        {
            "seed": 1,
            "datasets": {"digits": {"kind": "digits", "size": 32}, "voices": {"kind": "voices"}},
            "models": {
                ODD: {"method": "vae", "data": "digits", "domains": ["digit"], "steps": 1500},
                "voice": {
                    "method": "cyclegan",
                    "data": "voices",
                    "source": "arthur",
                    "target": "beatrice",
                    "steps": 100,
                    "crop": 64,
                },
            },
        }
    )


@pytest.fixture
def outputs(tmp_path: Path) -> Outputs:
    data = tmp_path / "data"
    outputs = Outputs(*(data / name for name in ("models", "evaluation", "curves")))
    for name, results in ((ODD, DIGITS), ("voice", SOUND)):
        weights = {"w": np.zeros((3, 411), np.float32), "n.running_mean": np.zeros(5, np.float32)}
        (outputs.models / name).mkdir(parents=True)
        save_file(weights, outputs.models / name / "model.safetensors")
        write_curve(outputs.curves / name / "plots" / "metrics" / "nll.tsv", [900.0, 230.0, 198.0])
        (outputs.evaluation / name).mkdir(parents=True)
        (outputs.evaluation / name / "results.json").write_text(json.dumps(results))
    picture(outputs.curves / "voice/samples/00000010.png")
    picture(outputs.curves / "voice/samples/00001200.png")
    warnings = [
        {"text": "a <to> b: outputs are all alike", "first": 10, "last": 1200},
        {"text": "always right", "first": 1200, "last": 1200},
    ]
    (outputs.curves / "voice/warnings.json").write_text(json.dumps(warnings))
    picture(outputs.evaluation / ODD / "reconstructions.png")
    caption = {"title": "Test <pictures>", "rows": ["input: <i>", "translation"]}
    (outputs.evaluation / ODD / "reconstructions.json").write_text(json.dumps(caption))
    clip = outputs.evaluation / "voice" / "arthur_to_beatrice"
    picture(clip / "0.png")
    for name in ("model", "target", "source_through_vocoder"):
        with wave.open(str(clip / f"0_{name}.wav"), "wb") as file:
            file.setparams((1, 2, 16000, 0, "NONE", ""))
            file.writeframes(bytes(320))
    return outputs


def picture(path: Path) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    Image.new("RGB", (66, 32), "teal").save(path)


def test_two_reports_are_equal_and_whole(tmp_path, params, outputs):
    out = tmp_path / "data" / "report"
    build_report(params, outputs, out)
    first = tiny.tree(out)
    build_report(params, outputs, out)
    assert tiny.tree(out) == first
    assert f"media/{ODD}/reconstructions.png" in first
    assert not list(out.parent.glob(".report*"))


def test_the_page_says_what_the_run_found(tmp_path, params, outputs):
    build_report(params, outputs, tmp_path / "report")
    page = (tmp_path / "report" / "index.html").read_text(encoding="utf-8")
    for text in ("1,500", "1,233", "30.68", "0.0155", "6.2", "voice", "arthur → beatrice", "198"):
        assert text in page
    assert BASELINES["statistics"].words in html.unescape(page)
    assert METRICS["mcd"].title in page
    sounds = re.findall(r'<audio [^>]*src="[^"]*/0_(\w+)\.wav"', page)
    assert sounds == ["source_through_vocoder", "model", "target"]


def test_sounds_that_models_draw_and_rebuild_have_players_under_their_own_names(
    tmp_path, params, outputs
):
    for task, title, names in (
        ("samples", "Sample", ["model"]),
        ("reconstructions", "Chunk", ["model", "original"]),
    ):
        folder = outputs.evaluation / "voice" / task
        picture(folder.with_suffix(".png"))
        picture(folder / "0.png")
        (folder / "0.json").write_text(json.dumps({"title": f"{title} 1", "rows": []}))
        for name in names:
            shutil.copyfile(
                outputs.evaluation / "voice/arthur_to_beatrice/0_model.wav",
                folder / f"0_{name}.wav",
            )
    build_report(params, outputs, tmp_path / "report")
    page = (tmp_path / "report" / "index.html").read_text(encoding="utf-8")
    players = re.findall(r'<audio [^>]*src="[^"]*/(\w+)/0_(\w+)\.wav" aria-label="([^"]*)"', page)
    assert [player for player in players if player[0] != "arthur_to_beatrice"] == [
        ("reconstructions", "original", "Chunk 1: Original, through the vocoder"),
        ("reconstructions", "model", "Chunk 1: By the model"),
        ("samples", "model", "Sample 1: By the model"),
    ]
    assert "<h5>Sentence 1</h5>" in page  # without a caption
    assert "Mel spectrograms of sample 1" in page
    assert "reconstructions.png" in page  # the grid stays a picture


def test_the_page_says_pitch_before_and_after(tmp_path, params, outputs):
    build_report(params, outputs, tmp_path / "report")
    page = html.unescape((tmp_path / "report" / "index.html").read_text(encoding="utf-8"))
    table = page.partition("<caption>Arthur to beatrice / pitch</caption>")[2]
    table = re.sub(r"\s+", " ", table.partition("</table>")[0])
    for text in ("Source, before", "98.9", "207.7", "Target speaker", "201", '"quiet">in Hz<'):
        assert text in table
    assert "is better" not in table
    assert "pill" not in table
    assert "✓" not in table
    for name in ("statistics_f0", "source_recording", "target_speaker"):
        assert BASELINES[name].words in page
    assert '<span class="quiet">↓ lower is better, in dB</span>' in page
    assert '<span class="quiet">↑ higher is better</span>' in page
    assert "better on 1 of 2" in page


def test_the_page_needs_nothing_but_its_folder(tmp_path, params, outputs):
    out = tmp_path / "report"
    build_report(params, outputs, out)
    page = (out / "index.html").read_text(encoding="utf-8")
    assert "http" not in page
    assert "<script" not in page
    assert "url(" not in page
    assert str(tmp_path) not in page
    anchors = set(re.findall(r' id="([^"]*)"', page))
    for address in re.findall(r'(?:src|href)="([^"]*)"', page):
        if address.startswith("#"):
            assert address[1:] in anchors
        else:
            assert (out / unquote(html.unescape(address))).is_file()


def test_the_page_shows_how_a_model_came_about(tmp_path, params, outputs):
    build_report(params, outputs, tmp_path / "report")
    page = html.unescape((tmp_path / "report" / "index.html").read_text(encoding="utf-8"))
    assert page.count("Previews while it trained") == 1  # the other model left no pictures
    assert page.index("After 10 steps") < page.index("After 1,200 steps")
    assert "a <to> b: outputs are all alike, from step 10 to step 1,200" in page
    assert "always right, after step 1,200" in page
    assert page.count('class="warnings"') == 1


@pytest.mark.parametrize("content", ["[{}]", "no json", '[{"text": "a", "first": "b", "last": 1}]'])
def test_damaged_warnings_are_named(tmp_path, content):
    path = tmp_path / "warnings.json"
    path.write_text(content)
    with pytest.raises(UserError, match=re.escape(str(path))):
        read_warnings(path)
    assert read_warnings(tmp_path / "none.json") == []


def test_names_are_escaped(tmp_path, params, outputs):
    build_report(params, outputs, tmp_path / "report")
    page = (tmp_path / "report" / "index.html").read_text(encoding="utf-8")
    assert html.escape(ODD).replace("&quot;", "&#34;") in page
    assert "a<b>" not in page
    assert "<pictures>" not in page
    assert "input: <i>" not in page


@pytest.mark.parametrize(
    "missing",
    [
        "models/voice/model.safetensors",
        "evaluation/voice/results.json",
        "evaluation/voice",
        "curves/voice/plots/metrics",
    ],
)
def test_a_missing_output_is_named_and_the_old_report_stays(tmp_path, params, outputs, missing):
    out = tmp_path / "report"
    build_report(params, outputs, out)
    old = tiny.tree(out)
    path = tmp_path / "data" / missing
    shutil.rmtree(path) if path.is_dir() else path.unlink()
    with pytest.raises(UserError, match=re.escape(str(path))):
        build_report(params, outputs, out)
    assert tiny.tree(out) == old
    assert not list(tmp_path.glob(".report*"))
