"""Claims of papers on edits, seen on digits after short trainings: `make claims`."""

from typing import Any

import pytest
import torch
from torch import Tensor, nn
from trainers import trainer

from pipeline.capabilities import Classifier
from pipeline.datasets.store import Store
from pipeline.latent import (
    Space,
    analogy,
    ascend,
    attributes_of,
    boundary_of,
    class_reader,
    conditioned,
    move,
    space_of,
)
from pipeline.methods.registry import load_run
from pipeline.training.prefetch import Feed
from pipeline.training.readers import reader_of

pytestmark = pytest.mark.claim

CPU = torch.device("cpu")
DRAWS = 2000


def trained(store: Store, **fields: Any) -> nn.Module:
    """A finished model of digits."""
    run = load_run({"data": "digits", "domains": ["digit"], "precision": "fp32", **fields})
    torch.manual_seed(1)
    method = run.build(run.select(store.spec))
    toy, feed = trainer(run, method, 1), Feed(reader_of(store, run, seed=1, device=CPU))
    toy.fit(feed)
    model = toy.finish(feed)
    assert isinstance(model, nn.Module)
    return model.eval()


@pytest.fixture(scope="module")
def classifier(digits_store: Store) -> Classifier:
    fields = {"steps": 150, "batch": 32, "optimizer": {"lr": 2e-3}}
    model = trained(digits_store, method="classifier", **fields)
    assert isinstance(model, Classifier)
    return model


@pytest.fixture(scope="module")
def space(digits_store: Store) -> Space:
    network = {"encoder": {"width": 16}, "decoder": {"width": 16}}
    fields = {"latent": 8, "noise": 0.4, "steps": 400, "batch": 32, "optimizer": {"lr": 2e-3}}
    return space_of(trained(digits_store, method="vae", **network, **fields))


@torch.no_grad()
def share_of(classifier: Classifier, samples: Tensor, number: int) -> float:
    return float((classifier.classify(samples).argmax(dim=1) == number).float().mean())


def test_gradients_of_a_classifier_lead_to_every_class(space: Space, classifier: Classifier):
    """And the way stays among what draws are like."""
    start, reached = space.draw(20, seed=5), []
    for number in range(10):
        end = ascend(space, start, class_reader(classifier), number, steps=60)[-1]
        reached.append(share_of(classifier, space.decode_all(end), number))
        assert end.norm(dim=1).max() <= 8**0.5 + 3 / 2**0.5 + 1e-4
    assert sum(reached) / 10 >= 0.9


def test_arithmetic_of_means_changes_the_class(space: Space, classifier: Classifier):
    """Radford et al. 2016, section 6.3.2, with means of three."""
    z = space.draw(DRAWS, seed=7)
    odds = attributes_of(space, z, class_reader(classifier))
    sure = odds.topk(3, dim=0).indices
    hits = []
    for wanted in range(10):
        for own in range(10):
            others = (odds.argmax(dim=1) == own).nonzero()[:3, 0]
            if own != wanted and len(others) == 3:
                found = analogy(space, z[sure[:, wanted]], z[sure[:, own]], z[others])
                hits.append(share_of(classifier, found.sample[None], wanted))
    assert len(hits) > 50
    assert sum(hits) / len(hits) >= 0.8


def test_planes_lead_to_classes_and_conditions_hold_others(space: Space, classifier: Classifier):
    """Shen et al. 2020, of those classes whose odds rise with another's: less than half is left of
    that, and the wanted odds still rise."""
    z, fresh = space.draw(DRAWS, seed=0), space.draw(256, seed=1)
    reader = class_reader(classifier)
    odds, before = (attributes_of(space, some, reader) for some in (z, fresh))
    planes = [boundary_of(z, odds[:, number]) for number in range(10)]
    assert sum(plane.accuracy for plane in planes) / 10 > 0.85

    def change(way: Tensor) -> Tensor:
        return (attributes_of(space, move(fresh, way, 1.5), reader) - before).mean(dim=0)

    found = []
    for one, plane in enumerate(planes):
        free = change(plane.normal)
        assert free[one] > 1
        for other in range(10):
            if one != other and free[other] > 0.5:
                held = change(conditioned(plane.normal, [planes[other].normal]))
                found.append(torch.stack([free[one], free[other], held[one], held[other].abs()]))
    assert len(found) >= 5
    own, others, own_held, others_held = torch.stack(found).sum(dim=0).tolist()
    assert others_held < others / 2
    assert own_held > 0.6 * own
