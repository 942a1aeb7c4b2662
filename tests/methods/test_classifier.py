"""The classifiers that evaluation asks."""

import pytest
import tiny
import torch
from pydantic import ValidationError
from stores import prepared

from pipeline.datasets.savanna.dataset import SavannaParams
from pipeline.datasets.store import Store
from pipeline.errors import UserError
from pipeline.methods.classifier import ClassifierParams, combined
from pipeline.models.classifier import ClassifierModel, repeated
from pipeline.samples import DatasetSpec
from pipeline.training.readers import reader_of

RUNS = tiny.runs()


@pytest.fixture(scope="module")
def scenes(tmp_path_factory) -> Store:
    out = tmp_path_factory.mktemp("scenes") / "store"
    return prepared(SavannaParams(size=64, train=2, test=1, classifier=6, views=()), out)


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


TELLS = {"animal": ("horse", "zebra"), "facing": ("left", "right")}


def telling(**fields) -> ClassifierParams:
    network = {"width": 4, "levels": 2, "features": 8}
    return ClassifierParams(
        data="d", domains=("horse", "zebra"), steps=1, batch=4, network=network,
        **{"tells": TELLS, **fields},
    )  # fmt: skip


def test_combinations_of_factors_are_numbered_in_the_order_of_the_classes(scenes):
    run = telling()
    method = run.build_for(scenes.spec)
    assert method.model.class_names == ("horse+left", "horse+right", "zebra+left", "zebra+right")
    batch = reader_of(scenes, run, seed=1, device=torch.device("cpu"))(0)
    labels = combined(batch.factors, [2, 2])
    classes = [method.model.class_names[label] for label in labels.tolist()]
    sides = ["+left", "+right"]
    assert [name.partition("+")[0] for name in classes] == ["horse", "zebra"] * 2
    assert [sides.index(name[5:]) for name in classes] == batch.factors[:, 1].tolist()
    (update,) = method.updates(batch, 0)
    assert update.loss.isfinite()
    assert combined(torch.tensor([[1.0, 2.0, 0.0]]), [2, 3, 4]).tolist() == [1 * 12 + 2 * 4]


def test_a_mirrored_picture_faces_the_other_way():
    with pytest.raises(ValidationError, match="flip: a mirrored picture has other factors"):
        telling(flip=True)


@pytest.mark.parametrize(
    ("tells", "words"),
    [
        ({"facing": ("right", "left")}, "tells.facing: found right, left, expected left, right"),
        ({"length": ("long", "short")}, "expected a category, and no numbers"),
        ({"tail": ("long", "short")}, "has no factor 'tail'"),
    ],
)
def test_factors_that_the_data_has_otherwise_are_refused(scenes, tells, words):
    with pytest.raises(UserError, match=words):
        reader_of(scenes, telling(tells=tells), seed=1, device=torch.device("cpu"))
