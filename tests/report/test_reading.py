"""What the report reads: results and logs, and what it names files."""

import json
import re

import fabricated
import pytest
from fabricated import ODD

from pipeline.errors import UserError
from pipeline.evaluation.metric_table import METRICS
from pipeline.evaluation.results import Cost
from pipeline.report.names import file_names
from pipeline.report.reading import read_evaluation
from pipeline.report.runs import Row, read_runs, rows_of, runs_script
from pipeline.report.words import duration


def write(tmp_path, **changes):
    path = tmp_path / "results.json"
    path.write_text(json.dumps(fabricated.all_results()["voice"] | changes))
    return path


def test_results_are_typed_and_in_order(tmp_path):
    tasks = {"way": fabricated.conversion(6.2) | {"l1": fabricated.measured(1, noise=2)}}
    tasks["way"]["psnr"] = {"values": {"noise": 1.0}, "intervals": {}, "protocol": {}}
    found = read_evaluation(write(tmp_path, tasks=tasks, verdicts={}))
    assert list(found.tasks["way"]) == [m for m in METRICS if m in tasks["way"] and m != "psnr"]
    assert found.tasks["way"]["mcd"].intervals == {"model": (5.7, 6.7)}
    found = read_evaluation(write(tmp_path))
    assert found.verdicts["arthur_to_beatrice"].costs == [Cost("log_f0_correlation", 0.52, 0.84)]
    assert found.missing[0].metric == "word_error"


@pytest.mark.parametrize("content", ["{", "[]", "{}", '{"format": 1}', '{"samples": {}}'])
def test_other_files_are_named(tmp_path, content):
    path = tmp_path / "results.json"
    path.write_text(content)
    with pytest.raises(UserError, match=re.escape(f"{path} holds no results; evaluate again")):
        read_evaluation(path)


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"tasks": {"way": {"mcd": {"values": {"model": "x"}}}}}, "holds no results"),
        ({"tasks": {"way": {"mcd": 1}}}, "holds no results"),
        ({"missing": [{"task": "way"}]}, "holds no results"),
        ({"verdicts": {"way": {"metric": "mcd"}}}, "holds no results"),
        ({"tasks": {"way": {"beauty": fabricated.measured(1)}}, "verdicts": {}}, "'beauty'"),
        ({"protocol": {"weights": "a"}}, "lacks data, data_checksum"),
        ({"tasks": {}}, "a verdict on 'arthur_to_beatrice' whose numbers are missing"),
        (
            {"verdicts": {"arthur_to_beatrice": fabricated.verdict("mcd", "noise", "better")}},
            "a verdict on 'arthur_to_beatrice' whose numbers are missing",
        ),
        (
            {"verdicts": {"arthur_to_beatrice": fabricated.verdict("mcd", "statistics", "worse")}},
            "has 'worse', which is no outcome; evaluate again",
        ),
    ],
)
def test_damaged_results_are_named(tmp_path, changes, words):
    path = write(tmp_path, **changes)
    with pytest.raises(UserError, match=re.escape(words)) as raised:
        read_evaluation(path)
    assert str(path) in str(raised.value)


def test_logs_are_kept_by_the_weights_that_they_are_of(tmp_path):
    of_gan = fabricated.log("gan", 5.0)
    fabricated.write_json(tmp_path / "gan/training.json", of_gan | {"more": {"a": 1}})
    fabricated.write_json(tmp_path / "gan/evaluation.json", of_gan | {"weights": "other"})
    fabricated.write_json(tmp_path / "wgan/training.json", ["no log"])
    (tmp_path / "wgan/evaluation.json").write_text("{")
    script = runs_script(read_runs(["gan", "wgan", "none"], tmp_path))
    found = json.loads(script.removeprefix("window.crossdomainRuns = ").rstrip(";\n"))
    del of_gan["weights"]
    weights = fabricated.WEIGHTS["gan"]
    assert found == {
        weights: {"gan": {"training": of_gan}},
        "other": {"gan": {"evaluation": of_gan}},
    }


def test_facts_of_runs_are_said_in_words():
    training = {
        "finished": "2026-11-27T16:05:11+00:00", "seconds": 7500.4, "commit": "a2364e4",
        "dirty": False, "machine": "Some processor", "precision": "bf16",
    }  # fmt: skip
    evaluation = {"finished": "today", "commit": "", "seconds_a_sample": 0.002}
    assert rows_of({"training": training, "evaluation": evaluation}) == [
        Row("Finished", "27 Nov 2026, 16:05 UTC", "today"),
        Row("A sample took", "", "2 ms"),
        Row("Took", "2 h 5 min", ""),
        Row("Machine", "Some processor", ""),
        Row("Commit", "a2364e4", "none"),
        Row("Uncommitted changes", "no", ""),
        Row("Precision", "bf16", ""),
    ]
    assert rows_of({}) == []


@pytest.mark.parametrize(
    ("seconds", "text"),
    [(7.5, "7.5 s"), (0.0123, "12.3 ms"), (0.25, "0.25 s"), (59.4, "59.4 s"), (59.6, "1 min 0 s"),
     (101.9, "1 min 42 s"), (3600, "1 h 0 min"), (float("inf"), "∞")],
)  # fmt: skip
def test_durations_are_written_as_the_script_writes_them(seconds, text):
    assert duration(seconds) == text


def test_file_names_are_plain_and_differ_on_every_system():
    names = [
        *((name,) for name in ("vae", "VAE", "cut", ODD, "a/b", "a:b", "..", "ü", "x" * 300)),
        *(("x-a", "b"), ("x", "a", "b"), ("x", "a-b"), ("X", "a", "b"), ("x", "c")),
    ]
    found = file_names(names)
    assert found["cut",] == "cut"
    assert found["x", "c"] == "x-c"
    assert len({file.lower() for file in found.values()}) == len(names)
    for file in found.values():
        assert re.fullmatch(r"\w[\w-]{0,80}", file, re.ASCII)
    assert file_names(reversed(names)) == found
