"""Generated samples as further examples."""

import math

import pytest
import torch

from pipeline.latent import augmentation
from pipeline.latent.augmentation import (
    Labelled,
    draw_few,
    measure_augmentation,
    network_accuracy,
    paired_difference,
    repeated,
)


def blobs(count: int, seed: int, apart: float = 2.0, size: int = 8) -> Labelled:
    y = torch.arange(count) % 2
    x = torch.randn(count, size, generator=torch.Generator().manual_seed(seed))
    x[:, 0] += apart * (2 * y - 1)
    return Labelled(x, y)


def test_the_interval_is_students() -> None:
    found = paired_difference(torch.tensor([0.5, 0.7, 0.9]), torch.tensor([0.4, 0.5, 0.6]))
    # Differences 0.1, 0.2, 0.3: mean 0.2, std 0.1; t of 2 degrees at 97.5 % is 4.3027.
    assert found.mean == pytest.approx(0.2)
    assert found.high - found.mean == pytest.approx(4.30265 * 0.1 / math.sqrt(3), rel=1e-4)
    assert found.mean - found.low == pytest.approx(found.high - found.mean)
    with pytest.raises(ValueError, match="two pairs"):
        paired_difference(torch.ones(1), torch.ones(1))


def test_few_are_as_many_of_each_class_and_all_where_there_are_no_more() -> None:
    real = Labelled(torch.arange(30.0)[:, None], torch.arange(30) % 3)
    some = draw_few(real, 4, 0)
    assert torch.bincount(some.y).tolist() == [4, 4, 4]
    assert torch.equal(some.y, some.x[:, 0].long() % 3)
    assert len(some.x.unique()) == 12
    assert not torch.equal(some.x, draw_few(real, 4, 1).x)
    assert len(draw_few(real, 99, 0).y) == 30
    assert torch.bincount(repeated(some, 25).x.flatten().long()).max() == 3


def test_true_samples_help_and_noise_does_harm() -> None:
    real, test = blobs(60, 1), blobs(300, 2)
    good = measure_augmentation(real, blobs(120, 3), test, few=2, more=60, repetitions=3)
    assert good.difference.low > 0
    assert good.augmented.mean() > 0.94
    wrong = blobs(120, 4)
    bad = measure_augmentation(
        real, Labelled(wrong.x, 1 - wrong.y), test, few=2, more=60, repetitions=3
    )
    assert bad.difference.mean < -0.3
    assert torch.equal(good.real, bad.real)
    assert bad.generated.mean() < 0.1


def test_a_class_that_is_missing_is_named() -> None:
    real, test = blobs(20, 1), blobs(20, 2)
    one = Labelled(real.x[::2], real.y[::2])
    for name, parts in (("real", (one, real)), ("generated", (real, one))):
        with pytest.raises(ValueError, match=f"no {name} sample is of class 1"):
            measure_augmentation(*parts, test)


def test_a_small_network_learns_and_disturbs_nothing(monkeypatch) -> None:
    monkeypatch.setattr(augmentation, "STEPS", 40)
    y = torch.arange(40) % 2
    x = (
        torch.randn(40, 1, 8, 8, generator=torch.Generator().manual_seed(0))
        + 2 * y[:, None, None, None]
    )
    state = torch.get_rng_state()
    accuracy = network_accuracy(Labelled(x[:20], y[:20]), Labelled(x[20:], y[20:]), 3)
    assert torch.equal(state, torch.get_rng_state())
    assert accuracy > 0.9
