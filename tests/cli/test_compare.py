"""`crossdomain compare`: only numbers of one protocol stand beside each other."""

import json
from pathlib import Path

import pytest
from click.testing import Result
from typer.testing import CliRunner

from pipeline.cli import app
from pipeline.cli.commands.compare_rows import Entry, compare
from pipeline.cli.commands.compare_words import table_of
from pipeline.cli.commands.words import number, table
from pipeline.evaluation.results import Measured, Results, write_results

COMMON = {
    "data": "photos",
    "data_checksum": "d" * 64,
    "split": "test",
    "seed": 0,
    "machine": "one",
    "torch": "2.11",
    "code": "0.1.0",
}


def measured(value: float, *interval: float, count: int = 100, **others: float) -> Measured:
    bounds = {"model": interval} if interval else {}
    return Measured({"model": value, **others}, bounds, {"count": count})


def results(name: str, tasks: dict[str, dict[str, Measured]], **common: object) -> Results:
    return Results({"model": name, "weights": name, **COMMON, **common}, tasks)


def one(name: str, value: Measured, metric: str = "psnr", **common: object) -> Entry:
    return Entry(name, results(name, {"a_to_b": {metric: value}}, **common))


def written(folder: Path, of: Results) -> Path:
    folder.mkdir(parents=True, exist_ok=True)
    write_results(folder / "results.json", of)
    return folder


def call(*arguments: object) -> Result:
    return CliRunner().invoke(app, ["compare", *map(str, arguments)])


def refused(*arguments: object) -> str:
    result = call(*arguments)
    assert result.exit_code == 1, result.output
    assert result.stderr.startswith("error: ")
    return result.stderr


# Which numbers stand beside each other


@pytest.mark.parametrize(
    ("metric", "values", "best"), [("psnr", (20, 30, 25), "b"), ("mcd", (7, 9, 8), "a")]
)
def test_the_best_is_the_best_in_the_metrics_own_direction(metric, values, best):
    found = compare([one(n, measured(v), metric) for n, v in zip("abc", values, strict=True)])
    (row,) = found.rows
    assert row.best == best
    assert row.values == dict(zip("abc", values, strict=True))
    assert row.level == []


def test_what_only_describes_has_no_best():
    (row,) = compare([one(n, measured(100.0), "mean_f0") for n in "ab"]).rows
    assert row.best is None


def test_of_a_few_items_nothing_is_best():
    entries = [one(n, measured(v, count=5, untouched=1.0)) for n, v in (("a", 20.0), ("b", 30.0))]
    found = compare(entries)
    (row,) = found.rows
    assert (row.best, row.level, row.baseline) == (None, [], ("untouched", 1.0))
    assert "Of fewer than 6 items nothing is called best: a to b." in " ".join(
        table_of(found).split()
    )


def test_our_own_classifier_calls_nothing_best_near_1():
    found = compare([one(n, measured(v), "target_probability") for n, v in (("a", 0.98), ("b", 1))])
    (row,) = found.rows
    assert (row.best, row.level) == ("b", ["a"])
    assert "classifier, 0.95 and more are level." in " ".join(table_of(found).split())


def test_those_that_an_interval_does_not_tell_apart_are_level():
    entries = [
        one("a", measured(30.0, 28.0, 32.0)),
        one("b", measured(29.0)),
        one("c", measured(27.0, 26.0, 27.5)),
        one("d", measured(27.0, 24.0, 31.0)),
        one("e", measured(30.0)),
    ]
    (row,) = compare(entries).rows
    assert row.best == "a"
    assert row.level == ["b", "d", "e"]


def test_numbers_of_other_protocols_are_apart_with_what_differs():
    entries = [one("a", measured(20.0)), one("b", measured(30.0, count=50)), one("c", measured(25))]
    found = compare(entries)
    (row,) = found.rows
    assert row.values.keys() == {"a", "c"}
    (apart,) = found.apart
    assert (apart.label, apart.against, apart.metric, apart.value) == ("b", "a", "psnr", 30.0)
    assert [str(difference) for difference in apart.differences] == ["count 50 against 100"]


def test_other_data_keeps_all_numbers_apart_and_is_said_once():
    other = {"a_to_b": {"psnr": measured(20.0), "ssim": measured(0.5)}}
    entries = [Entry(n, results(n, other)) for n in "ab"]
    found = compare([*entries, Entry("c", results("c", other, data_checksum="e" * 64))])
    assert [row.metric for row in found.rows] == ["psnr", "ssim"]
    (apart,) = found.apart
    assert (apart.label, apart.task) == ("c", "")
    assert str(apart.differences[0]) == "data checksum eeeeeeee against dddddddd"


def test_machines_may_differ():
    found = compare([one("a", measured(1.0)), one("b", measured(2.0), machine="two", torch="3")])
    assert len(found.rows) == 1
    assert not found.apart


def test_two_pairs_of_equal_protocols_have_a_row_each():
    counts = {"a": 100, "b": 100, "c": 50, "d": 50}
    found = compare([one(name, measured(1.0, count=n)) for name, n in counts.items()])
    assert [sorted(row.values) for row in found.rows] == [["a", "b"], ["c", "d"]]
    assert [apart.label for apart in found.apart] == ["c", "d"]


def test_what_one_model_has_alone_is_listed():
    both = {"a_to_b": {"psnr": measured(1.0)}, "samples": {"fd_features": measured(1.0)}}
    found = compare([Entry("a", results("a", both)), one("b", measured(2.0))])
    assert found.alone == {"a": [("samples", "fd_features")]}


def test_the_baseline_of_a_row_is_the_strongest_that_all_share():
    a = measured(20.0, untouched_input=12.0, mean_picture=14.0, untrained=19.0, test_pictures=40.0)
    b = measured(21.0, untouched_input=12.0, mean_picture=14.0, untrained=18.0, test_pictures=40.0)
    (row,) = compare([one("a", a), one("b", b)]).rows
    assert row.baseline == ("mean_picture", 14.0)


# The command


@pytest.fixture
def project(in_folder) -> Path:
    """Evaluations as stages and as the command leave them."""
    for name, value in (("cut", 13.0), ("cyclegan", 15.5)):
        found = results(name, {"a_to_b": {"psnr": measured(value, value - 1, value + 1)}})
        written(in_folder / "data/evaluation" / name, found)
        (in_folder / "data/models" / name).mkdir(parents=True)
        (in_folder / "data/models" / name / "params.json").write_text("{}")
    found = results("cut", {"a_to_b": {"psnr": measured(11.0)}}, machine="two")
    written(in_folder / "evaluation/cut-photos", found)
    return in_folder


def test_names_folders_and_files_lead_to_the_same_results(project):
    expected = call("cut", "cyclegan").stdout
    assert "13 (12 to 14)" in expected
    assert "15.5 * (14.5 to 16.5)" in expected
    for given in (
        ("data/evaluation/cut", "data/evaluation/cyclegan/results.json"),
        ("data/models/cut", "data/models/cyclegan"),
    ):
        assert call(*given).stdout == expected


def test_one_model_twice_is_told_by_what_was_given(project):
    said = call("cut", "cut-photos", "cyclegan").stdout
    header = next(line for line in said.splitlines() if "better" in line)
    assert header.split()[2:5] == ["cut", "cut-photos", "cyclegan"]
    assert "machine: one (cut); two (cut-photos); one (cyclegan)" in said
    assert "cut and cut-photos have the same weights" in said


def test_json_has_the_same(project):
    content = json.loads(call("cut", "cyclegan", "--json").stdout)
    (row,) = content["rows"]
    assert row["values"] == {"cut": 13.0, "cyclegan": 15.5}
    assert row["best"] == "cyclegan"
    assert row["intervals"]["cut"] == [12.0, 14.0]
    assert content["models"]["cut"]["code"] == "0.1.0"
    assert content["apart"] == []


def recorded(path: Path, weights: str, commit: str = "a2364e4", **more: object) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    facts = {"finished": "2026-11-27T16:20:11+00:00", "commit": commit, "dirty": False}
    path.write_text(json.dumps({**facts, "weights": weights, **more}))


@pytest.mark.parametrize(
    ("other", "same", "said"),
    [
        ({}, True, ""),
        ({"commit": "bbbbbbb"}, False, "The commits differ"),
        ({"commit": ""}, None, "can't be told"),
        ({"dirty": True}, None, "can't be told"),
        ({"commit": "bbbbbbb", "dirty": True}, False, "The commits differ"),
        ({"weights": "older"}, None, "can't be told"),
        ({"results": "another run's"}, None, "can't be told"),
    ],
)
def test_dates_and_commits_are_said_and_whether_they_differ(project, other, same, said):
    recorded(project / "data/logs/cyclegan/evaluation.json", "cyclegan")
    recorded(project / "evaluation/cut-photos/evaluation.json", **{"weights": "cut", **other})
    shown = " ".join(call("cut-photos", "cyclegan").stdout.split())
    assert "cyclegan: 2026-11-27 16:20:11+00:00, commit a2364e4" in shown
    assert said in shown
    assert ("numbers may differ" in shown) == (same is not True)
    assert ("with uncommitted changes" in shown) == bool(other.get("dirty"))
    assert ("no record of date and commit" in shown) == bool({"weights", "results"} & other.keys())
    content = json.loads(call("cut-photos", "cyclegan", "--json").stdout)
    assert content["same_commit"] is same
    assert content["records"]["cyclegan"]["commit"] == "a2364e4"
    assert len(content["rows"]) == 1  # what differs keeps no numbers apart


def test_nothing_in_common_is_an_error_that_says_why(project):
    found = results("gan", {"samples": {"fd_features": measured(1.0)}})
    written(project / "data/evaluation/gan", found)
    message = refused("cut", "gan")
    assert "none of these numbers may share a row" in message
    assert "measured of cut alone: a to b (PSNR to the true counterpart, dB)" in message
    found = results("far", {"a_to_b": {"psnr": measured(1.0)}}, code="0.2.0")
    written(project / "data/evaluation/far", found)
    assert "far against cut, all numbers: code 0.2.0 against 0.1.0" in refused("cut", "far")


def test_results_that_are_not_there_are_said(project):
    assert "(there: cut, cyclegan)" in refused("cut", "cycelgan")
    assert "was given twice" in refused("cut", "data/evaluation/cut")
    (project / "data/models/new").mkdir()
    (project / "data/models/new/params.json").write_text("{}")
    assert "crossdomain repro evaluate@new" in refused("cut", "new")
    (project / "data/evaluation/cut/results.json").write_text('{"format": 1}')
    assert "expected format 2" in refused("cut", "cyclegan")
    result = call("cut")
    assert result.exit_code == 2
    assert "name two or more" in result.stderr


# Numbers and tables


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (0.12345, "0.1235"),
        (1234.4, "1,234"),
        (9999.6, "10,000"),
        (12345.6, "12,346"),
        (1e-5, "1.00e-05"),
        (0.0, "0"),
        (-3.0, "-3"),
    ],
)
def test_numbers_have_four_digits(value, text):
    assert number(value) == text
    assert number(float("nan")) == "not a number"
    assert number(float("-inf")) == "-∞"


def test_the_first_and_the_last_column_of_a_table_are_wrapped():
    words = " ".join(["word"] * 12)
    assert table([("name", words)], width=80) == [f"name  {words}"]
    lines = table([("title", "x", "text"), (words, "1", words)], width=80)
    assert lines[0].split() == ["title", "x", "text"]
    assert all(len(line) <= 80 for line in lines)
    assert len(lines) == 3
    assert lines[2].startswith("word word")
    assert all(len(line) <= 67 for line in table([(words, "1", words)], width=10))
