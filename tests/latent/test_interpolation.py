"""Ways through latent spaces."""

import math

import pytest
import tiny
import torch
from torch import Tensor, nn

from pipeline.capabilities import Sampler
from pipeline.codecs import ImageCodec
from pipeline.errors import UserError
from pipeline.inference.finished import FinishedModel
from pipeline.inference.sampling import draw_samples
from pipeline.latent.interpolation import lerp, slerp
from pipeline.latent.traversal import moving_axes
from pipeline.models.card import Card
from pipeline.models.sampling import draw_labels
from pipeline.options import TEMPERATURE
from pipeline.samples import DatasetSpec, Spec


def test_lerp_is_straight() -> None:
    points = lerp(torch.tensor([1.0, 0.0]), torch.tensor([0.0, 3.0]), torch.tensor([0.0, 0.25, 1]))
    torch.testing.assert_close(points, torch.tensor([[1.0, 0.0], [0.75, 0.75], [0.0, 3.0]]))


def test_slerp_keeps_to_the_circle() -> None:
    a, b = torch.tensor([1.0, 0.0]), torch.tensor([0.0, 1.0])
    points = slerp(a, b, torch.tensor([0.0, 1 / 3, 0.5, 1.0]))
    half = math.sqrt(0.5)
    expected = [[1, 0], [math.cos(math.pi / 6), 0.5], [half, half], [0, 1]]
    torch.testing.assert_close(points, torch.tensor(expected, dtype=torch.float32))


def test_slerp_changes_the_length_evenly() -> None:
    a, b = torch.tensor([2.0, 0.0, 0.0]), torch.tensor([0.0, 0.0, 4.0])
    lengths = slerp(a, b, torch.linspace(0, 1, 5)).norm(dim=1)
    torch.testing.assert_close(lengths, torch.tensor([2.0, 2.5, 3.0, 3.5, 4.0]))


@pytest.mark.parametrize("factor", [1.0, -1.0, 3.0])
def test_slerp_goes_straight_where_there_is_no_arc(factor: float) -> None:
    a = torch.tensor([1.0, 2.0])
    way = slerp(a, factor * a, torch.tensor([0.0, 0.5, 1.0]))
    torch.testing.assert_close(way[1], (1 + factor) / 2 * a)
    torch.testing.assert_close(way[2], factor * a)


def test_axes_are_ranked_by_what_they_move() -> None:
    weights = torch.tensor([0.1, 0.0, 3.0, 1.0])

    def decode(z: Tensor) -> Tensor:
        return (z * weights)[:, :, None, None]

    assert moving_axes(decode, torch.zeros(4), 3) == [2, 3, 0]
    assert moving_axes(decode, torch.zeros(4), 8) == [2, 3, 0, 1]


class Options(nn.Module, Sampler):
    """Takes a class and a temperature, and draws what it was asked."""

    classes = 2
    options = (TEMPERATURE,)

    def __init__(self) -> None:
        super().__init__()
        self.one = nn.Parameter(torch.ones(1))

    def sample(
        self,
        n: int,
        generator: torch.Generator | None = None,
        condition: Tensor | None = None,
        temperature: float = 1.0,
    ) -> Tensor:
        label = torch.full((n,), -1.0) if condition is None else condition.float()
        return (label * temperature)[:, None, None, None]


def test_samplers_are_asked_for_classes_and_options() -> None:
    codec = ImageCodec(size=1, channels={"x": 1})
    spec = Spec(channels=1, height=1, width=1, bounded=True)
    data = DatasetSpec(specs={"x": spec}, classes=("no", "yes"))
    card = Card(version="0", seed=0, data=data, run={}, weights="")
    finished = FinishedModel("toy", Options(), tiny.runs()["vae"], codec, card)
    assert Options().defaults() == {TEMPERATURE: 1.0}
    (plain,) = draw_samples(finished, 3, 0)
    drawn = draw_labels(2, 3, torch.Generator().manual_seed(0), None)
    assert drawn is not None
    assert plain.flatten().tolist() == drawn.tolist()
    (asked,) = draw_samples(finished, 2, 0, label="yes", options={"temperature": 0.5})
    assert asked.flatten().tolist() == [0.5, 0.5]
    assert [len(batch) for batch in draw_samples(finished, 100, 0)] == [64, 36]
    with pytest.raises(UserError, match="knows no class '2'; it knows: no, yes"):
        list(draw_samples(finished, 1, 0, label="2"))
    with pytest.raises(UserError, match="takes no truncation; it takes: temperature"):
        list(draw_samples(finished, 1, 0, options={"truncation": 0.5}))
    with pytest.raises(UserError, match=r"temperature: found 3, allowed: 0\.1 to 2"):
        list(draw_samples(finished, 1, 0, options={"temperature": 3.0}))
