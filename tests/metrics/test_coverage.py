"""Class coverage by hand."""

import pytest
import torch

from pipeline.metrics.coverage import class_coverage


@pytest.mark.parametrize(
    ("counts", "expected"),
    [
        ([10, 10, 10, 10], 1.0),
        ([40, 0, 0, 0], 0.25),
        ([20, 15, 5, 0], 0.75),  # 5 of 40 are just half of an even share
        ([21, 15, 4, 0], 0.5),
    ],
)
def test_share_of_classes_with_half_of_an_even_share(counts, expected):
    predictions = torch.repeat_interleave(torch.arange(4), torch.tensor(counts))
    assert class_coverage(predictions, 4) == expected
