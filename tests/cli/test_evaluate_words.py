"""What an evaluation found, in words."""

import pytest

from pipeline.cli.commands.evaluate_words import sentence, summary
from pipeline.evaluation.results import Cost, Measured, Missing, Results, Verdict

FOUND = Measured(
    {"model": 20.0, "untouched_input": 12.0, "mean_picture": 14.0, "test_pictures": 40.0},
    {"model": (19.0, 21.0)},
)
VERDICT = Verdict("psnr", "Because.", "mean_picture", "better")


def test_a_task_has_its_metrics_and_its_verdict_in_lines_of_the_width():
    results = Results({}, {"day_to_night": {"psnr": FOUND, "edge_correlation": FOUND}})
    results.verdicts["day_to_night"] = VERDICT
    said = summary(results, 100)
    assert said.startswith("day to night\n  metric")
    assert all(len(line) <= 100 for line in said.splitlines())
    words = " ".join(said.split())
    assert "PSNR to the true counterpart, dB higher 20 19 to 21 untouched input 12" in words
    assert "mean picture 14; test pictures" in words
    assert "Better than the strongest baseline, mean picture, by PSNR" in words
    assert "Because." in words


@pytest.mark.parametrize(
    ("outcome", "model", "words"),
    [
        ("better", 20.0, "Better than the strongest baseline, mean picture, by"),
        ("level", 14.0, "Not to be told from the strongest baseline, mean picture, by"),
        ("behind", 13.0, "Behind the strongest baseline, mean picture, by"),
        ("behind", 15.0, "Not enough, though better than the strongest baseline, mean picture, by"),
        ("trade_off", 20.0, "Better than the strongest baseline, mean picture, at a price, by"),
        ("too_few", 20.0, "Of too few items to tell from the strongest baseline, mean picture, by"),
        (None, 20.0, "No verdict"),
    ],
)
def test_verdicts_are_said(outcome, model, words):
    verdict = Verdict("psnr", "Because.", "mean_picture", outcome, [Cost("fid", 9.0, 7.0)])
    said = sentence(verdict, {"model": model, "mean_picture": 14.0})
    assert said.startswith(words)
    assert ("FID is 9, and a baseline has 7" in said) == (outcome is not None)


def test_what_was_not_measured_stands_once_for_each_reason():
    missing = [
        Missing("a_to_b", "dnsmos", "nobody listens"),
        Missing("b_to_a", "dnsmos", "nobody listens"),
        Missing("a_to_b", "mcd", "nothing is said"),
        Missing("a_to_b", "mcd", "nothing is said"),
    ]
    assert summary(Results(missing=missing), 200).splitlines() == [
        "not measured",
        "  a to b, b to a: Predicted naturalness, DNSMOS overall: nobody listens",
        "  a to b: Mel-cepstral distortion, dB: nothing is said",
    ]
