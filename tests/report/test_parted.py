"""Metrics whose parts have values of their own, as tables."""

from pipeline.evaluation.results import Measured
from pipeline.report.comparisons import Comparison
from pipeline.report.sections import Parted, Table
from pipeline.report.tasks import SAMPLING, Task


def comparison(name: str, parts: dict[str, dict[str, float]]) -> Comparison:
    return Comparison(name, Measured({"model": 0.5, "test_pictures": 1.0}, parts=parts))


def test_classes_have_a_row_each_and_whose_values_are_columns():
    classes = {"3": {"model": 0.8125, "test_pictures": 0.98}, "4": {"model": 1.0}}
    assert Parted.of([comparison("class_accuracy", classes)]) == Parted(
        "Samples of the class that was asked for",
        ["Model", "Test pictures"],
        [("3", ["0.8125", "0.98"]), ("4", ["1", ""])],
    )


def test_metrics_of_the_same_parts_share_a_table():
    names = ("precision", "recall")
    both = [comparison(name, {"truncation 1": {"model": 0.25}}) for name in names]
    alone = comparison("class_accuracy", {"3": {"model": 0.5}})
    task = Task("samples", SAMPLING, "Samples", ("digit",))
    table = Table(task, [], [*both, alone, comparison("density", {})], [], "", [])
    trend, classes = table.parted
    assert trend == Parted(
        "Precision and Recall", ["Precision", "Recall"], [("truncation 1", ["0.25", "0.25"])]
    )
    assert classes.columns == ["Model"]
