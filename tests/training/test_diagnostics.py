"""Warnings: given where something is wrong, and not where a run is merely young or good."""

import pytest
import torch
from torch import Tensor

from pipeline.training.diagnostics import correlation, diagnose, spread
from pipeline.training.previews import Preview


def pictures(seed: int, count: int = 8) -> Tensor:
    """Coarse pictures [n, 3, 16, 16] that differ much."""
    coarse = torch.randn(count, 3, 4, 4, generator=torch.Generator().manual_seed(seed))
    return torch.nn.functional.interpolate(coarse, 16, mode="bilinear").tanh()


SOURCE, REAL = pictures(1), pictures(2)


def preview(output: Tensor, source: Tensor | None = SOURCE) -> Preview:
    return Preview("a to b", output, REAL, source, ())


def rows(**values: float) -> list[dict[str, float]]:
    return [{"step": float(step), **values} for step in range(5)]


def test_good_outputs_give_no_warning():
    good = rows(confidence=0.6, confidence_a=0.2, generator_loss=0.0)
    for output in (REAL, SOURCE, SOURCE + 0.1 * REAL, -SOURCE + 2 * REAL):
        assert diagnose([preview(output)], good, paired=False) == []


@pytest.mark.parametrize("noise", [0.0, 0.01])
def test_outputs_that_are_all_alike(noise):
    output = pictures(3)[:1] + noise * pictures(4)
    for source in (SOURCE, None):
        assert diagnose([preview(output, source)], [], paired=False) == [
            "a to b: outputs are all alike (mode collapse)"
        ]


def test_a_single_output_can_not_be_alike():
    assert diagnose([preview(SOURCE[:1], SOURCE[:1])], [], paired=False) == []


def test_negatives():
    negative = -0.8 * SOURCE + 0.2 * REAL
    assert diagnose([preview(negative)], [], paired=False) == [
        "a to b: outputs are negatives of their inputs (inverted colours)"
    ]
    assert diagnose([preview(negative)], [], paired=True) == []  # day to night, labels to picture
    assert diagnose([preview(negative, SOURCE[:, :1])], [], paired=False) == []


def test_a_discriminator_that_is_always_right():
    warning = "discriminator a is always right: its generator learns little"
    assert diagnose([], rows(confidence_a=0.995), paired=True) == [warning]
    assert diagnose([], rows(confidence_a=0.995)[1:], paired=True) == []  # not for long
    once = [*rows(confidence_a=0.995)[:4], {"step": 4.0, "confidence_a": 0.8}]
    assert diagnose([], once, paired=True) == []


def test_a_discriminator_that_tells_nothing():
    found = diagnose([], rows(confidence=0.0001, other=0.0), paired=True)
    assert found == ["the discriminator tells nothing apart: its generator learns nothing"]


def test_a_codebook_of_which_one_code_is_in_use():
    warning = "the codebook: one code stands for everything (codebook collapse)"
    assert diagnose([], rows(perplexity=1.1), paired=False) == [warning]
    assert diagnose([], rows(perplexity=1.1)[1:], paired=False) == []  # not for long
    assert diagnose([], rows(perplexity=8.0), paired=False) == []
    assert diagnose([], [*rows(perplexity=1.1)[1:], {"step": 5.0}], paired=False) == []


def test_spread_and_correlation_by_hand():
    x = torch.tensor([[0.0, 1.0], [2.0, 5.0]]).reshape(2, 1, 1, 2)
    assert spread(x) == pytest.approx(1.5)  # from the means 1 and 3: 1, 1, 2, 2
    assert correlation(x, 3 - 2 * x) == pytest.approx(-1)
    assert correlation(x, x.flip(0)) == pytest.approx(1)
    assert correlation(x, x.flip(3)) == pytest.approx(-1)
