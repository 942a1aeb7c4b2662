"""The classifiers that evaluation asks."""

import pytest
import tiny
import torch

from pipeline.models.classifier import ClassifierModel, repeated
from pipeline.samples import DatasetSpec

RUNS = tiny.runs()


def test_it_needs_classes_or_two_domains():
    run = RUNS["classifier_digits"]
    with pytest.raises(ValueError, match="'digit' has no classes, so name two domains or more"):
        run.build(DatasetSpec(specs=tiny.specs_of(run)))
    assert run.build(tiny.data_of(run)).model.class_names == tuple("0123456789")
    two = next(r for r in RUNS.values() if r.method == "classifier" and len(r.domains) > 1)
    assert two.build(tiny.data_of(two)).model.class_names == two.domains


def network() -> ClassifierModel:
    torch.manual_seed(0)
    found = ClassifierModel(1, ("a", "b"), width=4, levels=3, features=8, dropout=0.0)
    return found.eval()


@pytest.mark.parametrize(("frames", "longer"), [(1, 8), (3, 8), (5, 8), (7, 8)])
def test_a_short_sound_is_repeated(frames, longer):
    """[1, 2, 3] is classified as [1, 2, 3, 1, 2, 3, 1, 2]."""
    model, x = network(), torch.randn(2, 1, 16, frames)
    same = torch.cat([x] * longer, dim=3)[..., :longer]
    assert torch.equal(model.classify(x), model.classify(same))
    for tap, other in zip(model.taps(x), model.taps(same), strict=True):
        assert torch.equal(tap, other)
    assert model.classify(x).isfinite().all()


@pytest.mark.parametrize("shape", [(2, 1, 8, 8), (1, 1, 9, 30)])
def test_what_is_large_enough_is_classified_as_it_is(shape):
    model, x = network(), torch.randn(shape)
    assert repeated(x, model.smallest) is x
    means = model.body(x).mean((2, 3))
    expected = model.head(model.hidden(means).relu())
    assert torch.allclose(model.classify(x), expected, atol=1e-6)


def test_a_low_picture_is_repeated_and_an_empty_one_refused():
    assert repeated(torch.tensor([[[[1], [2]]]]), 5)[0, 0, :, 0].tolist() == [1, 2, 1, 2, 1]
    with pytest.raises(ValueError, match="expected a row and a column or more"):
        network().classify(torch.zeros(1, 1, 16, 0))
