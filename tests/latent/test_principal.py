"""Principal components as codes, maps by them, and features of models."""

import pytest
import torch
from latents import CoderAlone, LinearSampler, Planes
from torch import Tensor, nn

from pipeline.capabilities import Tokenizer
from pipeline.latent import features
from pipeline.latent.features import read_all, reader_of
from pipeline.latent.maps import map_of
from pipeline.latent.principal import fit_principal


class Signs(nn.Module, Tokenizer):
    """Code 1 of values above 0, 2 of those from 1 on; 0 of others."""

    codes = 4

    def encode_codes(self, x: Tensor) -> Tensor:
        return ((x[:, 0] > 0).long() + (x[:, 0] >= 1)).long()

    def decode_codes(self, codes: Tensor) -> Tensor:
        return codes[:, None].float() / 2


def test_what_varies_along_a_line_is_one_number() -> None:
    direction = torch.tensor([3.0, 0.0, 4.0]) / 5
    x = torch.linspace(-2, 2, 9)[:, None] * direction + 1
    coder = fit_principal(x[:, :, None, None], 1)
    assert coder.encode(x[:, :, None, None]).flatten().tolist() == pytest.approx(
        torch.linspace(-2, 2, 9).tolist(), abs=1e-5
    )
    assert torch.allclose(coder.decode(coder.encode(x[:, :, None, None])).flatten(1), x, atol=1e-5)


def test_no_more_components_than_there_are() -> None:
    coder = fit_principal(torch.randn(4, 2, 3, 3, generator=torch.Generator().manual_seed(0)), 50)
    assert coder.components.shape == (3, 18)
    assert torch.allclose(coder.components @ coder.components.T, torch.eye(3), atol=1e-4)
    with pytest.raises(ValueError, match="two samples"):
        fit_principal(torch.zeros(1, 1, 2, 2), 1)


def test_each_capability_gives_its_features(monkeypatch) -> None:
    weight = torch.eye(3)[:, :2]
    x = torch.tensor([[1.0, 2.0, 3.0], [0.0, 1.0, -1.0]])[:, :, None, None]
    for model, name, size in (
        (CoderAlone(weight), "codes", 2),
        (Planes(torch.eye(3)), "features", 3),
    ):
        reader = reader_of(model)
        assert reader.name == name
        assert read_all(reader.read, x).shape == (2, size)
    picture = torch.tensor([[[[-1.0, 0.5], [2.0, 3.0]]]])
    told = reader_of(Signs()).read(picture)
    assert told.reshape(4, 4).tolist() == torch.eye(4)[[0, 1, 2, 2]].tolist()
    monkeypatch.setattr(features, "MOST_PLACES", 15)
    assert reader_of(Signs()).read(picture).tolist() == [[0.25, 0.25, 0.5, 0.0]]
    with pytest.raises(ValueError, match="no encoder"):
        reader_of(LinearSampler(weight))


@pytest.mark.parametrize("by", ["pca", "tsne"])
def test_a_map_keeps_clusters_apart(by: str) -> None:
    generator = torch.Generator().manual_seed(0)
    x = torch.randn(40, 5, generator=generator)
    x[20:, 2] += 40
    places = map_of(x, by, seed=1)
    assert places.shape == (40, 2)
    nearest = torch.cdist(places, places).fill_diagonal_(torch.inf).argmin(dim=1)
    assert torch.equal(nearest >= 20, torch.arange(40) >= 20)
    assert torch.equal(places, map_of(x, by, seed=1))


def test_maps_of_one_number_and_of_few_samples() -> None:
    assert map_of(torch.arange(6.0)[:, None], "pca")[:, 1].abs().max() == 0
    with pytest.raises(ValueError, match="4 samples"):
        map_of(torch.zeros(3, 2))
