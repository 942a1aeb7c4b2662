"""Factors reach the methods that ask for them."""

import numpy as np
import pytest
import tiny
import torch
from stores import prepared

from pipeline.datasets.savanna.dataset import SavannaParams
from pipeline.datasets.store import Store
from pipeline.errors import UserError
from pipeline.methods.autoencoder import AutoencoderParams
from pipeline.samples import Labelled
from pipeline.training.augmentation import Augmentation
from pipeline.training.readers import reader_of
from pipeline.training.trainer import split


class Supervised(AutoencoderParams):
    """An autoencoder that wants to know factors."""

    asked: tuple[str, ...] = ("heading", "animal")

    @property
    def factors(self) -> tuple[str, ...]:
        """The factors that it asks for."""
        return self.asked


@pytest.fixture(scope="module")
def scenes(tmp_path_factory) -> Store:
    out = tmp_path_factory.mktemp("scenes") / "store"
    return prepared(SavannaParams(size=64, train=6, test=1, classifier=1, views=()), out)


def read(store: Store, **fields) -> Labelled:
    run = Supervised(method="autoencoder", data="d", domains=("scene",), steps=1, batch=4, **fields)
    return reader_of(store, run, seed=1, device=torch.device("cpu"))(0)


def test_a_batch_carries_the_factors_of_its_own_items(scenes):
    names = tuple(scenes.factors)[:3]
    batch = read(scenes, asked=names)
    domain = scenes.domain("train", "scene")
    pictures = scenes.codec.to_sample(
        torch.from_numpy(np.stack([domain.item(i) for i in range(len(domain))])), "scene"
    )
    assert batch.factors.shape == (4, 3)
    for x, found in zip(batch.x, batch.factors, strict=True):
        (index,) = [i for i, picture in enumerate(pictures) if torch.equal(picture, x)]
        expected = [float(domain.factors[name][index]) for name in names]
        assert found.tolist() == pytest.approx(expected)


def test_a_factor_that_is_not_known_is_refused_with_those_that_are(scenes):
    with pytest.raises(UserError, match="colourfulness"):
        read(scenes, asked=("colourfulness",))


def test_nobody_who_does_not_ask_is_given_any(digits_store):
    run = tiny.runs()["vae"]
    batch = reader_of(digits_store, run, seed=1, device=torch.device("cpu"))(0)
    assert batch.factors is None
    assert [part.factors for part in split(batch, 2)] == [None, None]


def test_augmentation_and_parts_of_a_batch_keep_factors():
    run = tiny.runs()["vae"].model_copy(update={"flip": True})
    batch = Labelled(torch.rand(4, 1, 8, 8), torch.arange(4), torch.rand(4, 2))
    turned = Augmentation(run, pictures=True)(batch)
    assert torch.equal(turned.factors, batch.factors)
    first, second = split(batch, 2)
    assert torch.equal(torch.cat([first.factors, second.factors]), batch.factors)
