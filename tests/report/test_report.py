"""The report of a fabricated run: complete, escaped, self-contained and equal every time."""

import html
import json
import re
import shutil
from pathlib import Path
from urllib.parse import unquote, urlsplit

import fabricated
import pytest
import tiny
from fabricated import ODD

from pipeline.errors import UserError
from pipeline.evaluation.headline import headline, short
from pipeline.evaluation.metric_table import METRICS
from pipeline.evaluation.results import parse_results
from pipeline.params import Params
from pipeline.report.baselines import BASELINES
from pipeline.report.build import build_report
from pipeline.report.model import Outputs
from pipeline.report.progress import read_warnings
from stages.report import seen_from_root

PAGES = (
    "index.html",
    "comparisons/samplers.html",
    "comparisons/translation-voices-arthur-beatrice.html",
    "models/autoencoder.html",
    "models/cut.html",
    "models/gan.html",
    "models/voice.html",
    "models/wgan.html",
    "runs.html",
)
RUNS = {"runs.js", "runs.html"}


@pytest.fixture
def out(tmp_path: Path, params: Params, outputs: Outputs) -> Path:
    out = tmp_path / "data" / "report"
    build_report(params, outputs, out)
    return out


def read(out: Path, page: str) -> str:
    return (out / page).read_text(encoding="utf-8")


def words(out: Path, page: str) -> str:
    """What a page says, without its tags."""
    text = re.sub(r"<[^>]*>", " ", read(out, page))
    return re.sub(r"\s+", " ", html.unescape(text))


def test_two_reports_are_equal_and_whole(out, params, outputs):
    first = tiny.tree(out)
    build_report(params, outputs, out)
    assert tiny.tree(out) == first
    assert {*PAGES, *RUNS, "style.css", "script.js"} <= first.keys()
    assert not list(out.parent.glob(".report*"))


def test_what_differs_from_run_to_run_is_in_two_files(out, params, outputs):
    first = tiny.tree(out)
    late = fabricated.log("voice", 33.25) | {"finished": "2027-01-01T00:00:00+00:00"}
    fabricated.write_json(outputs.logs / "voice/training.json", late)
    build_report(params, outputs, out)
    second = tiny.tree(out)
    assert {name for name in first if first[name] != second[name]} == RUNS
    assert b"33.25" in second["runs.js"]
    assert b"1 Jan 2027, 00:00 UTC" in second["runs.html"]
    shutil.rmtree(outputs.logs)
    build_report(params, outputs, out)
    assert {name for name in first if first[name] != tiny.tree(out)[name]} == RUNS
    assert "Nothing was logged of these weights." in words(out, "runs.html")


def test_the_pages_need_nothing_but_their_folder(out, tmp_path):
    every = {page.relative_to(out).as_posix(): page.read_text() for page in out.rglob("*.html")}
    assert set(every) == set(PAGES)
    anchors = {
        (out / page).resolve(): set(re.findall(r' id="([^"]*)"', text))
        for page, text in every.items()
    }
    for page, text in every.items():
        assert "http" not in text
        assert "url(" not in text
        assert str(tmp_path) not in text
        for address in re.findall(r'(?:src|href)="([^"]*)"', text):
            target = urlsplit(html.unescape(address))
            file = ((out / page).parent / unquote(target.path)).resolve() if target.path else None
            assert file is None or file.is_file(), address
            if target.fragment:
                assert target.fragment in anchors[file or (out / page).resolve()]
    for name in ("style.css", "script.js"):
        assert "http" not in read(out, name)
        assert "url(" not in read(out, name)


def test_every_page_leads_everywhere(out):
    for page in PAGES:
        text = read(out, page)
        header = text[: text.index("<main")]
        for other in PAGES:
            assert f'{other}"' in header
        assert 'aria-current="page"' in header
        assert 'href="#main"' in header


def test_facts_of_other_weights_are_no_model_s(out, params, outputs):
    of_voice = fabricated.log("voice", 33.25) | {"weights": "f" * 64}
    fabricated.write_json(outputs.logs / "voice/training.json", of_voice)
    build_report(params, outputs, out)
    voice = words(out, "runs.html").partition(" voice ")[2].partition(" cut ")[0]
    assert "33.2 s" not in voice
    assert "not logged" in voice


def test_the_overview_says_what_each_model_is_worth(out):
    page = words(out, "index.html")
    for text in ("5 models", "6.2", "5.7 to 6.7", "Statistics", "± trade-off", "✗ behind"):
        assert text in page
    assert "worse by Correlation of pitch (log F0): 0.52 against 0.84" in page
    assert "Reconstruction: ✓ better" in page  # beside what stands for the model
    assert page.count("✓ better") == 1 + 3 + 1  # tally, samplers, reconstruction


def test_the_overview_has_the_numbers_of_dvc_metrics_show(out, params):
    page = words(out, "index.html")
    for name, metric in (("autoencoder", "fd"), ("gan", "fd"), ("voice", "mcd"), ("cut", "mcd")):
        row = page[page.index(f"{name} {params.runs[name].method} ", page.index("Verdict ")) :]
        shown = headline(parse_results(fabricated.all_results()[name]))
        for key in {metric, f"{metric}_vs"} & shown.keys():
            assert f"{short(shown[key]):.4g} " in row[:300]


def test_a_models_page_says_how_it_was_made_and_measured(out):
    page = words(out, "models/voice.html")
    for text in (
        "arthur → beatrice",
        "1,233",  # parameters
        "Some processor, 2 threads",
        "da7a" * 16,
        fabricated.WEIGHTS["voice"],
        "crossdomain 0.1.0, torch 2.11.0",
        "identity_weight",
        "kind: voices",
        "What counts is mcd.",
        "Word error",
        "no <Whisper> model is given",
        "Items 100",
        "a <to> b: outputs are all alike, from step 10 to step 1,200",
        "always right, after step 1,200",
    ):
        assert text in page
    assert page.index("After 10 steps") < page.index("After 1,200 steps")
    assert BASELINES["statistics"].words in page
    assert METRICS["mcd"].title in page
    assert "Previews" not in words(out, "models/gan.html")  # which left none
    assert 'class="warnings"' not in read(out, "models/gan.html")


def test_the_metric_that_decides_and_the_dear_one_are_marked(out):
    table = read(out, "models/voice.html").partition("<caption>arthur → beatrice</caption>")[2]
    table = table.partition("</table>")[0]
    rows = re.findall(r"<tr.*?</tr>", table, re.DOTALL)
    assert ["decides" in row for row in rows] == [False, True, False]
    assert ["tag cost" in row for row in rows] == [False, False, True]


def test_pitch_is_told_before_and_after(out):
    page = read(out, "models/voice.html")
    table = page.partition("<caption>arthur → beatrice, pitch</caption>")[2].partition("</table>")[
        0
    ]
    for text in ("Source, before", "98.9", "207.7", "Target speaker", "201", "in Hz"):
        assert text in table
    assert "is better" not in table
    assert "✓" not in table


def test_pictures_stand_with_their_tasks(out):
    page = words(out, "models/autoencoder.html")
    assert page.index("Test <pictures>") < page.index("From the left: best")
    assert (
        "Ranked by Mean squared error of reconstructions. Best: 0004. Median: 7. Worst: 31." in page
    )
    assert page.index("Further pictures", page.index("0.0155")) < page.index("Straight lines")
    sounds = re.findall(r'<audio [^>]*src="[^"]*/0_(\w+)\.wav"', read(out, "models/voice.html"))
    assert sounds == ["source_through_vocoder", "model", "target"]


def test_pages_are_light(out):
    for page in out.rglob("*.html"):
        text = page.read_text()
        assert all('preload="none"' in player for player in re.findall(r"<audio [^>]*>", text))
        assert all('loading="lazy"' in image for image in re.findall(r"<img [^>]*>", text))
        assert len(text) < 60_000


def test_samples_of_sound_have_players_under_their_own_names(tmp_path, params, outputs):
    for task, title, names in (
        ("samples", "Sample", ["model"]),
        ("reconstructions", "Chunk", ["model", "original"]),
    ):
        folder = outputs.evaluation / "voice" / task
        fabricated.write_figure(folder.with_suffix(".png"))
        fabricated.write_figure(folder / "0.png", f"{title} 1")
        for name in names:
            tiny.write_sound(folder / f"0_{name}.wav", 0)
    build_report(params, outputs, tmp_path / "report")
    page = read(tmp_path / "report", "models/voice.html")
    players = re.findall(r'<audio [^>]*src="[^"]*/(\w+)/0_(\w+)\.wav" aria-label="([^"]*)"', page)
    assert [player for player in players if player[0] != "arthur_to_beatrice"] == [
        ("reconstructions", "original", "Chunk 1: Original, through the vocoder"),
        ("reconstructions", "model", "Chunk 1: By the model"),
        ("samples", "model", "Sample 1: By the model"),
    ]
    assert "<h4>Sentence 1</h4>" in page  # without a caption
    assert "Sample 1 (mel spectrograms)" in page
    assert "reconstructions.png" in page  # the grid stays a picture


def test_sounds_alone_that_belong_to_no_task_are_called_sounds(tmp_path, params, outputs):
    folder = outputs.evaluation / "voice" / "interpolations"
    fabricated.write_figure(folder / "0.png", "Interpolation 1")
    tiny.write_sound(folder / "0_model.wav", 0)
    build_report(params, outputs, tmp_path / "report")
    page = read(tmp_path / "report", "models/voice.html")
    assert '<a href="#further">Further sounds</a>' in page
    assert '<h2 id="title-further">Further sounds</h2>' in page
    assert "Further pictures" not in page


def test_names_are_escaped(out):
    for page in out.rglob("*.html"):
        text = page.read_text()
        for raw in ("a<b>", "<pictures>", "input: <i>", "<Whisper>", "a <to> b"):
            assert raw not in text
    assert html.escape(ODD).replace("&quot;", "&#34;") in read(out, "models/autoencoder.html")


def test_numbers_of_other_weights_are_told(tmp_path, params, outputs):
    path = outputs.evaluation / "gan" / "results.json"
    content = json.loads(path.read_text())
    content["protocol"]["weights"] = "f" * 64
    path.write_text(json.dumps(content))
    build_report(params, outputs, tmp_path / "report")
    assert "the numbers are of other weights (ffffffff)" in words(
        tmp_path / "report", "models/gan.html"
    )


def test_a_run_without_models_has_a_report(tmp_path, params, outputs):
    nothing = params.model_copy(update={"models": {}})
    build_report(nothing, outputs, tmp_path / "report")
    assert "params.yaml names no models." in read(tmp_path / "report", "index.html")


@pytest.mark.parametrize("content", ["[{}]", "no json", '[{"text": "a", "first": "b", "last": 1}]'])
def test_damaged_warnings_are_named(tmp_path, content):
    path = tmp_path / "warnings.json"
    path.write_text(content)
    with pytest.raises(UserError, match=re.escape(str(path))):
        read_warnings(path)
    assert read_warnings(tmp_path / "none.json") == []


@pytest.mark.parametrize(
    "missing",
    [
        "models/voice/model.safetensors",
        "models/voice/params.json",
        "evaluation/voice/results.json",
        "evaluation/voice",
        "curves/voice/plots/metrics",
    ],
)
def test_a_missing_output_is_named_and_the_old_report_stays(
    out, tmp_path, params, outputs, missing
):
    old = tiny.tree(out)
    path = tmp_path / "data" / missing
    shutil.rmtree(path) if path.is_dir() else path.unlink()
    with pytest.raises(UserError, match=re.escape(str(path).removesuffix("/params.json"))):
        build_report(params, outputs, out)
    assert tiny.tree(out) == old
    assert not list(out.parent.glob(".report*"))


def test_the_place_of_the_report_is_told_as_from_the_project(in_folder, monkeypatch):
    path = Path("data/report/index.html")
    monkeypatch.setenv("DVC_ROOT", str(in_folder.parent))
    assert seen_from_root(path) == f"{in_folder.name}/data/report/index.html"
    monkeypatch.setenv("DVC_ROOT", str(in_folder / "elsewhere"))
    assert seen_from_root(path) == "data/report/index.html"
    monkeypatch.delenv("DVC_ROOT")
    assert seen_from_root(path) == "data/report/index.html"
