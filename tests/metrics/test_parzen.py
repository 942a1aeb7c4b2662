"""Parzen windows against densities that are known."""

import math

import pytest
import torch
from torch.distributions import MultivariateNormal, Normal

from pipeline.metrics import feature_sets
from pipeline.metrics.parzen import choose_width, parzen_each, parzen_log_likelihood


def test_one_window_is_a_gaussian():
    x = torch.tensor([[1.0, -2.0], [0.0, 0.5]], dtype=torch.float64)
    centre = torch.tensor([[0.5, 0.5]], dtype=torch.float64)
    expected = MultivariateNormal(centre[0], 0.09 * torch.eye(2, dtype=torch.float64)).log_prob(x)
    torch.testing.assert_close(parzen_each(x, centre, [0.3])[0], expected)


def test_a_known_density_in_one_dimension():
    generator = torch.Generator().manual_seed(0)

    def draw(count: int) -> torch.Tensor:
        side = 2 * torch.randint(2, (count, 1), generator=generator) - 1
        return 2.0 * side + torch.randn(count, 1, generator=generator)

    samples, validation, test = draw(10000), draw(1000), draw(1000)
    truth = torch.logaddexp(Normal(-2.0, 1.0).log_prob(test), Normal(2.0, 1.0).log_prob(test))
    width = choose_width(validation, samples, [0.01, 0.03, 0.1, 0.2, 0.4, 1.0])
    assert width in (0.1, 0.2, 0.4)
    expected = float(truth.mean()) - math.log(2)
    assert parzen_log_likelihood(test, samples, width) == pytest.approx(expected, rel=0.02)


def test_even_samples_give_the_density_blurred_by_the_window():
    shares = (torch.arange(4000, dtype=torch.float64) + 0.5) / 4000
    samples, grid = Normal(0.0, 1.0).icdf(shares), torch.linspace(-2, 2, 9, dtype=torch.float64)
    found = parzen_each(grid[:, None], samples[:, None], [0.5])[0]
    expected = Normal(0.0, 1.25**0.5).log_prob(grid)
    torch.testing.assert_close(found, expected, atol=2e-3, rtol=0)


@pytest.mark.parametrize("block", [(1024, 4096), (4, 3)])
def test_widths_and_blocks_make_no_difference(block, monkeypatch):
    monkeypatch.setattr(feature_sets, "ROWS", block[0])
    monkeypatch.setattr(feature_sets, "COLUMNS", block[1])
    x, samples = torch.randn(9, 3).double(), torch.randn(10, 3).double()
    found = parzen_each(x, samples, [0.5, 2.0])
    for row, width in zip(found, [0.5, 2.0], strict=True):
        logs = Normal(samples, width).log_prob(x[:, None]).sum(dim=-1)
        torch.testing.assert_close(row, logs.logsumexp(dim=1) - math.log(10))


def test_far_from_every_sample_the_logarithm_stays_finite():
    found = parzen_each(torch.full((1, 4), 1e3), torch.zeros(3, 4), [0.01])
    assert float(found) == pytest.approx(-4e6 / (2 * 1e-4), rel=1e-3)


def test_the_best_width_is_chosen():
    samples = torch.randn(500, 2, generator=torch.Generator().manual_seed(0))
    assert choose_width(samples, samples, [0.5, 0.001, 1.0]) == 0.001  # its own: no width is small
    validation = torch.randn(500, 2, generator=torch.Generator().manual_seed(1))
    assert choose_width(validation, samples, [0.001, 0.3, 10.0]) == 0.3


def test_refusals():
    x = torch.zeros(2, 2)
    for widths in ([], [0.0], [1.0, -1.0], [math.nan]):
        with pytest.raises(ValueError, match="widths above 0"):
            parzen_each(x, x, widths)
    with pytest.raises(ValueError, match="one F"):
        parzen_each(x, torch.zeros(2, 3), [1.0])
