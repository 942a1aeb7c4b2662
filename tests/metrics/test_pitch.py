"""Distances of pitch at values worked out by hand."""

import math

import numpy as np
import pytest
import torch
from torch import Tensor

from pipeline.metrics.pitch import log_f0_correlation, log_f0_rmse, voicing_error

METRICS = [log_f0_rmse, log_f0_correlation, voicing_error]


def track(*hertz: float) -> Tensor:
    return torch.tensor(hertz)


def melody(frames: int = 40, seed: int = 0) -> Tensor:
    generator = torch.Generator().manual_seed(seed)
    return 150 * (0.1 * torch.randn(frames, generator=generator)).exp()


def test_an_octave_is_1200_cents():
    assert log_f0_rmse(melody() * 2, melody()) == pytest.approx(1200, abs=0.01)
    assert log_f0_rmse(melody() / 2, melody()) == pytest.approx(1200, abs=0.01)
    assert log_f0_rmse(melody(), melody()) == 0


def test_errors_add_as_squares_where_both_are_voiced():
    third, fifth = 2 ** (400 / 1200), 2 ** (700 / 1200)
    f0 = track(100 * third, 0, 500, 200 * fifth, 0)
    truth = track(100, 100, 0, 200, 0)
    expected = math.sqrt((400**2 + 700**2) / 2)
    assert log_f0_rmse(f0, truth) == pytest.approx(expected, rel=1e-5)


def test_correlation_hears_the_melody_and_not_its_height():
    f0 = melody()
    assert log_f0_correlation(2 * f0, f0) == pytest.approx(1)
    assert log_f0_correlation(f0**2 / 150, f0) == pytest.approx(1)
    assert log_f0_correlation(150**2 / f0, f0) == pytest.approx(-1)


def test_correlation_by_hand():
    f0 = 100 * 2.0 ** torch.tensor([0.0, 1.0, 2.0])
    truth = 100 * 2.0 ** torch.tensor([0.0, 2.0, 1.0])
    assert log_f0_correlation(f0, truth) == pytest.approx(0.5)


def test_correlation_equals_numpys():
    f0, truth = melody(), melody(seed=1)
    f0[::5], truth[::7] = 0, 0
    both = ((f0 > 0) & (truth > 0)).numpy()
    expected = np.corrcoef(np.log(f0.numpy()[both]), np.log(truth.numpy()[both]))[0, 1]
    assert log_f0_correlation(f0, truth) == pytest.approx(expected, abs=1e-5)


def test_voicing_errors_are_counted_in_both_directions():
    assert voicing_error(track(100, 0, 100, 0), track(90, 90, 0, 0)) == 0.5
    assert voicing_error(melody(), melody() * 3) == 0
    assert voicing_error(track(0, 0), melody(2)) == 1
    late, early = torch.zeros(100), torch.zeros(100)
    late[30:70], early[20:60] = 120, 120  # ten frames late: ten too many, ten too few
    assert voicing_error(late, early) == pytest.approx(0.2)


def test_what_cant_be_said_is_none():
    silent = torch.zeros(40)
    assert log_f0_rmse(silent, melody()) is None
    assert log_f0_correlation(silent, melody()) is None
    assert log_f0_correlation(track(100, 0), track(110, 120)) is None  # one pair
    assert log_f0_correlation(track(100, 100, 100), track(110, 120, 130)) is None  # never moves


@pytest.mark.parametrize("metric", METRICS)
def test_refusals(metric):
    with pytest.raises(ValueError, match=r"\[39\]"):
        metric(melody(), melody(39))
    with pytest.raises(ValueError, match=r"two tracks \[P\]"):
        metric(torch.zeros(0), torch.zeros(0))
    with pytest.raises(ValueError, match="finite"):
        metric(melody() * torch.nan, melody())
    with pytest.raises(ValueError, match="below 0"):
        metric(melody(), -melody())
