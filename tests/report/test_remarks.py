"""Findings of evaluations in the report."""

from pipeline.evaluation.memory import CEILING, SUBJECT
from pipeline.evaluation.results import Remark, Results
from pipeline.report.remarks import FINDINGS, findings_of, found_of, memory_of


def test_every_finding_has_a_sign_and_a_word_of_its_own():
    for subject, finding in FINDINGS:
        found = found_of(Remark(subject, finding, "words"))
        assert found.words == "words"
        assert found.label.sign
    assert len({label.word for label in FINDINGS.values()}) == len(FINDINGS)


def test_a_finding_that_is_not_known_keeps_its_name_and_comes_last():
    found = found_of(Remark("dreams", "in_colour", "It dreams."))
    assert found.label.word == "in colour"
    assert found.order == len(FINDINGS)


def test_findings_of_tasks_and_of_memory():
    remarks = [Remark(CEILING, "level", "b"), Remark(SUBJECT, "none", "a")]
    results = Results(remarks={"samples": remarks})
    assert [found.words for found in findings_of(["samples", "codes"], results)] == ["b", "a"]
    assert memory_of("samples", results).words == "a"
    assert memory_of("codes", results) is None
