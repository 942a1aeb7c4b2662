"""The classifiers that evaluation asks."""

import pytest
import tiny

from pipeline.samples import DatasetSpec

RUNS = tiny.runs()


def test_it_needs_classes_or_two_domains():
    run = RUNS["classifier_digits"]
    with pytest.raises(ValueError, match="'digit' has no classes, so name two domains or more"):
        run.build(DatasetSpec(specs=tiny.specs_of(run)))
    assert run.build(tiny.data_of(run)).model.classes == tuple("0123456789")
    two = next(r for r in RUNS.values() if r.method == "classifier" and len(r.domains) > 1)
    assert two.build(tiny.data_of(two)).model.classes == two.domains
