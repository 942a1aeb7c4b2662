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
from PIL import Image
from safetensors.numpy import save_file

from pipeline.errors import UserError
from pipeline.evaluation.results import METRICS
from pipeline.params import Params
from pipeline.report import Outputs, build_report
from pipeline.report.charts import MOST_POINTS, decades, draw, thin, ticks
from pipeline.report.comparisons import (
    MINUS,
    RIVALS,
    Comparison,
    headline,
    number,
    read_comparisons,
)
from pipeline.report.course import read_warnings
from pipeline.report.curves import read_charts

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
                ODD: {"method": "vae", "data": "digits", "domain": "digit", "steps": 1500},
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
        curve(outputs.curves / name / "plots" / "metrics" / "nll.tsv", [900.0, 230.0, 198.0])
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


def curve(path: Path, values: list[float]) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    rows = "".join(f"{50 * (i + 1)}\t{value}\n" for i, value in enumerate(values))
    path.write_text(f"step\t{path.stem}\n{rows}")


def contents(folder: Path) -> dict[str, bytes]:
    files = (path for path in sorted(folder.rglob("*")) if path.is_file())
    return {path.relative_to(folder).as_posix(): path.read_bytes() for path in files}


def test_two_reports_are_equal_and_whole(tmp_path, params, outputs):
    out = tmp_path / "data" / "report"
    build_report(params, outputs, out)
    first = contents(out)
    build_report(params, outputs, out)
    assert contents(out) == first
    assert f"media/{ODD}/reconstructions.png" in first
    assert not list(out.parent.glob(".report*"))


def test_the_page_says_what_the_run_found(tmp_path, params, outputs):
    build_report(params, outputs, tmp_path / "report")
    page = (tmp_path / "report" / "index.html").read_text(encoding="utf-8")
    for text in ("1,500", "1,233", "30.68", "0.0155", "6.2", "voice", "arthur → beatrice", "198"):
        assert text in page
    assert RIVALS["statistics"].words in html.unescape(page)
    assert METRICS["mcd"].title in page
    sounds = re.findall(r'<audio [^>]*src="[^"]*/0_(\w+)\.wav"', page)
    assert sounds == ["source_through_vocoder", "model", "target"]


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
        assert RIVALS[name].words in page
    assert '<span class="quiet">↓ lower is better, in dB</span>' in page
    assert '<span class="quiet">↑ higher is better</span>' in page
    assert "better on 1 of 2" in page


def test_every_rival_of_voices_is_told_of():
    from pipeline.evaluation import sound

    baselines = {sound.SOURCE, sound.STATISTICS, sound.CLASSICAL, sound.CEILING}
    assert baselines | {sound.BEFORE, sound.WANTED} <= RIVALS.keys()


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
    assert page.count("How it came about") == 1  # the other model left no pictures
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
    old = contents(out)
    path = tmp_path / "data" / missing
    shutil.rmtree(path) if path.is_dir() else path.unlink()
    with pytest.raises(UserError, match=re.escape(str(path))):
        build_report(params, outputs, out)
    assert contents(out) == old
    assert not list(tmp_path.glob(".report*"))


@pytest.mark.parametrize(
    "content",
    ["{", "[]", '{"samples": {"beauty": {"model": 1}}}', '{"a": {"mse": {"model": "x"}}}'],
)
def test_damaged_metrics_are_named(tmp_path, content):
    path = tmp_path / "m.json"
    path.write_text(content)
    with pytest.raises(UserError, match=re.escape(str(path))):
        read_comparisons(path)


@pytest.mark.parametrize("content", ["", "step\tnll\n", "a\tb\n1\t2\n", "step\tnll\n50\n"])
def test_damaged_curves_are_named(tmp_path, content):
    (tmp_path / "nll.tsv").write_text(content)
    with pytest.raises(UserError, match=re.escape(str(tmp_path / "nll.tsv"))):
        read_charts(tmp_path)


@pytest.mark.parametrize(
    ("name", "rows", "verdict", "best"),
    [
        ("psnr", {"model": 19.0, "mean_picture": 14.0}, "better", {"model"}),
        ("l1", {"model": 19.0, "mean_picture": 14.0}, "behind", {"mean_picture"}),
        ("ssim", {"model": 1.0, "mean_picture": 1.0}, "level", {"model", "mean_picture"}),
        # A ceiling doesn't compete.
        ("mcd", {"model": 6.0, "statistics": 7.0, "copy_synthesis": 3.0}, "better", {"model"}),
        ("mcd", {"model": 6.0, "copy_synthesis": 3.0}, None, set()),
        # What only describes has neither a best value nor a verdict.
        ("mean_f0", {"model": 200.0, "source_recording": 100.0}, None, set()),
        ("mse", {"model": float("nan"), "mean_picture": 0.2}, "behind", {"mean_picture"}),
    ],
)
def test_verdicts(name, rows, verdict, best):
    comparison = Comparison("task", name, METRICS[name], rows)
    assert comparison.verdict == verdict
    assert {baseline for baseline in rows if comparison.cell(baseline).best} == best
    assert comparison.cell("untouched_input") is None


def test_the_headline_is_the_foremost_distance_and_the_strongest_baseline():
    rows = {"model": 1.0, "untouched_input": 2.0, "mean_picture": 3.0}
    found = [
        Comparison("a", name, METRICS[name], rows) for name in ("target_accuracy", "psnr", "l1")
    ]
    assert headline(found).name == "psnr"
    assert headline(found).strongest == "mean_picture"
    assert headline(found[2:]).strongest == "untouched_input"
    assert headline([]) is None


def test_curves_of_a_kind_share_a_chart_that_can_show_both(tmp_path):
    curve(tmp_path / "real_logit.tsv", [1.0, 2.0])
    curve(tmp_path / "fake_logit.tsv", [-1.0, -2.0])
    curve(tmp_path / "generator_loss.tsv", [900.0, 400.0])
    curve(tmp_path / "critic_loss.tsv", [0.5, 0.25])
    curve(tmp_path / "train" / "nll.tsv", [3.0, 1.0])
    charts = {chart.title: [line.name for line in chart.lines] for chart in read_charts(tmp_path)}
    assert charts == {
        "Critic loss": ["Critic loss"],
        "Generator loss": ["Generator loss"],
        "Logit": ["Fake logit", "Real logit"],
        "Train / nll": ["Nll"],
    }


def test_a_chart_survives_what_losses_do():
    chart = draw("Loss", {"loss": [(1, 2.0), (2, float("nan")), (3, 1.0)]})
    assert chart.lines[0].path.count("M") == 2
    assert draw("Flat", {"loss": [(1, 0.0), (2, 0.0)]}).lines[0].last == "0"
    assert draw("Lost", {"loss": [(1, float("inf"))]}).lines[0].path == ""
    steep = draw("Steep", {"loss": [(1, 1e6), (2, 1.0)]})
    assert steep.logarithmic
    assert len(steep.y_ticks) <= 7


def test_ticks_enclose_with_round_values():
    assert ticks(0.13, 0.57) == [0.0, 0.2, 0.4, 0.6]
    assert ticks(0, 1500, 4) == [0, 500, 1000, 1500]
    assert len(ticks(3.0, 3.0)) > 1
    assert decades(0.5, 200.0) == [0.1, 1.0, 10.0, 100.0, 1000.0]


def test_long_curves_are_thinned_to_means():
    points = [(float(step), float(step % 2)) for step in range(10_001)]
    thinned = thin(points)
    assert len(thinned) <= MOST_POINTS + 1
    assert thinned[-1] == points[-1]
    assert all(0.4 < value < 0.6 for _, value in thinned[:-1])


def test_numbers_as_people_read_them():
    values = [0.0155, -230.7986, 428721.0, 1.0, 0.00001234, float("nan"), float("-inf"), 0.0]
    assert [number(value) for value in values] == [
        "0.0155",
        f"{MINUS}230.8",
        "428,721",
        "1",
        f"1.23e{MINUS}05",
        "not a number",
        f"{MINUS}∞",
        "0",
    ]
