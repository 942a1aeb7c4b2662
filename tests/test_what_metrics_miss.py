"""Blind spots of metrics in docs/metrics.md, and the benchmark that finds them."""

import json

import pytest
import torch

import benchmarks.what_metrics_miss as misses
from benchmarks.what_metrics_miss import cheats, disturbances, likelihoods
from benchmarks.what_metrics_miss.digits import Digits, load_digits
from pipeline.datasets.digits import NAMES
from pipeline.models.classifier import ClassifierModel


@pytest.fixture
def few_digits() -> Digits:
    """Random pictures instead, and a classifier that learnt nothing."""
    generator = torch.Generator().manual_seed(0)
    train, test = (torch.rand(n, 1, 32, 32, generator=generator) * 2 - 1 for n in (60, 20))
    torch.manual_seed(0)
    network = ClassifierModel(1, NAMES, width=4, levels=2, features=6, dropout=0)
    labels = [torch.arange(n) % 10 for n in (60, 20)]
    return Digits(train, test, *labels, network.eval(), "random")


def test_it_measures_draws_and_writes(few_digits, tmp_path, monkeypatch, capsys):
    monkeypatch.setattr(misses, "load_digits", lambda: few_digits)
    monkeypatch.setattr(cheats, "SIZES", (5, 20))
    monkeypatch.setattr(cheats, "DRAWS", 2)
    monkeypatch.setattr(likelihoods, "MANY", 100)
    monkeypatch.setattr(disturbances, "LEVELS", {kind: v[:2] for kind, v in LEVELS.items()})
    misses.main(["--out", str(tmp_path / "out")])
    found = json.loads((tmp_path / "out/what_metrics_miss.json").read_text())
    assert list(found["cases"]) == list(misses.CASES)
    assert found["classifier"]["source"] == "random"
    figures = sorted(path.name for path in (tmp_path / "out").glob("*.png"))
    assert len(figures) == len(misses.CASES)
    assert "45" not in found["cases"]["few samples"]


LEVELS = disturbances.LEVELS


@pytest.mark.parametrize("kind", LEVELS)
def test_disturbances_grow_with_their_levels(kind):
    x = torch.full((40, 1, 32, 32), -1.0)
    x[..., 8:24, 12:20] = 1
    others = torch.zeros_like(x)
    changes = [
        float((disturbances.disturb(x, kind, level, others) - x).abs().mean())
        for level in (0.0, *LEVELS[kind])
    ]
    assert changes[0] == 0
    assert changes == sorted(set(changes))


def test_the_gaussian_has_the_covariance_of_what_it_was_fitted_to():
    x = torch.randn(4000, 64, generator=torch.Generator().manual_seed(0), dtype=torch.float64)
    x[:, :20] *= 3
    found = likelihoods.gaussian(x)
    expected = torch.diag(torch.tensor([9.0] * 20 + [1.0] * 44, dtype=torch.float64))
    torch.testing.assert_close(found.covariance_matrix, expected, atol=0.8, rtol=0)
    torch.testing.assert_close(found.mean, x.mean(dim=0))


def test_moved_pictures_keep_what_stays_within():
    x = torch.rand(1, 1, 4, 4)
    y = disturbances.moved(x, 1)
    assert (y[..., 1:, 1:] == x[..., :-1, :-1]).all()
    assert (y[..., 0, :] == -1).all()


@pytest.mark.claim
def test_claims():
    digits = load_digits()
    assert digits.accuracy > 0.97
    sets = cheats.measure_cheats(digits)
    true, cheat = sets["test digits"], sets["one picture a class"]
    assert cheat["inception_score"] > max(9.9, true["inception_score"])
    assert cheat["frechet"] > 2 * true["frechet"]
    assert (cheat["recall"], cheat["precision"]) == (0, 1)
    copies = sets["training digits again"]
    assert copies["frechet"] < true["frechet"]
    assert copies["to_nearest"] == 0
    scores = disturbances.measure_disturbances(digits)
    for kinds in scores.values():
        for rows in kinds.values():
            rising = [row["frechet"] for row in rows.values()]
            assert rising == sorted(set(rising))
    mixed = [row["inception_score"] for row in scores["scenes"]["other pictures"].values()]
    assert mixed == sorted(mixed)
    nats = {name: row["nats"] for name, row in likelihoods.measure_likelihoods(digits).items()}
    assert nats["means of 4 training digits"] > nats["training digits"]
    assert nats["20,000 samples of it"] < nats["the Gaussian itself"] - 10
    few = cheats.measure_few_samples(digits)
    assert few["20"]["frechet"] > 3 * few["360"]["frechet"]
    assert abs(few["20"]["kernel"] - few["360"]["kernel"]) < 4 * few["20"]["kernel_std"]
    pairs = disturbances.measure_pairs(digits)
    blurred, moved = pairs["blurred, std 4"], pairs["moved by 2 pixels"]
    assert blurred["psnr"] > moved["psnr"]
    assert blurred["features"] > moved["features"]
    assert blurred["accuracy"] < moved["accuracy"] - 0.3
