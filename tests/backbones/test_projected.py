"""The discriminator on frozen features: what is mixed, what learns, and what stays."""

import pytest
import torch
from torch import Tensor, nn
from torch.nn.functional import interpolate

from pipeline.backbones.projected import (
    EMBEDDING,
    FrozenFeatures,
    ProjectedDiscriminatorParams,
    RandomMixing,
)
from pipeline.models.classifier import ClassifierModel
from pipeline.samples import Spec

SPEC = Spec(channels=1, height=32, width=32, bounded=True)


def features(levels: int = 4) -> FrozenFeatures:
    torch.manual_seed(0)
    digits = tuple("0123456789")
    return FrozenFeatures(
        ClassifierModel(1, digits, width=4, levels=levels, features=8, dropout=0.0)
    )


def build(classes: int = 0, spec: Spec = SPEC, **fields: object) -> nn.Module:
    params = ProjectedDiscriminatorParams(**{"width": 4, "most": 16, **fields})
    return params.build(features(), spec, classes)


@pytest.mark.parametrize(
    ("height", "width", "sizes"),
    [(32, 32, [(4, 4)] * 4), (40, 64, [(5, 8), (5, 8), (5, 8), (5, 8)]), (16, 16, [(4, 4)] * 3)],
)
def test_a_head_a_depth_gives_logits_of_4_to_7_rows(height, width, sizes):
    spec = Spec(channels=1, height=height, width=width, bounded=True)
    outputs = build(spec=spec)(torch.randn(2, 1, height, width))
    assert [[logits.shape for logits in found] for found in outputs] == [
        [(2, 1, *s)] for s in sizes
    ]


def test_too_small_samples_are_refused():
    class Shallow(nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.weight = nn.Parameter(torch.zeros(1))

        def taps(self, x: Tensor) -> list[Tensor]:
            return [x[:, :, :3]]

    with pytest.raises(ValueError, match="too small for features of 4 rows"):
        ProjectedDiscriminatorParams().build(FrozenFeatures(Shallow()), SPEC, 0)


def test_heads_learn_and_nothing_before_them():
    network = build().train()
    learns = {name.split(".")[0] for name, p in network.named_parameters() if p.requires_grad}
    assert learns == {"heads"}
    assert not any(module.training for module in network.features.modules())
    state = {n: v.clone() for n, v in network.features.state_dict().items()}
    network(torch.randn(4, 1, 32, 32))
    assert all(torch.equal(v, state[n]) for n, v in network.features.state_dict().items())


def test_gradients_reach_samples_through_each_depth():
    network = build()
    for depth in range(4):
        x = torch.randn(2, 1, 32, 32, requires_grad=True)
        (gradient,) = torch.autograd.grad(network(x)[depth][0].sum(), x)
        assert gradient.abs().max() > 0


def test_mixing_by_hand():
    torch.manual_seed(0)
    mixing = RandomMixing([3, 5], width=2)
    maps = [torch.randn(1, 3, 8, 8), torch.randn(1, 5, 4, 4)]
    shallow, deep = mixing(maps)
    assert mixing.outputs == [2, 2]
    across, scales = mixing.across_channels, mixing.across_scales
    below = scales[1](across[1](maps[1]))
    torch.testing.assert_close(deep, below)
    enlarged = interpolate(below, (8, 8), mode="bilinear")
    torch.testing.assert_close(shallow, scales[0](across[0](maps[0]) + enlarged))
    # A deep map is seen by the head of each shallower one, and not the other way.
    changed = mixing([maps[0], maps[1] + 1])
    assert not torch.equal(changed[0], shallow)
    assert torch.equal(mixing([maps[0] + 1, maps[1]])[1], deep)


def test_mixing_keeps_the_variance_of_channels():
    torch.manual_seed(0)
    layer = RandomMixing([256], width=256).across_channels[0]
    assert layer(torch.randn(2, 256, 8, 8)).std().item() == pytest.approx(1, rel=0.02)


def test_heads_have_spectral_norm():
    network = build(norm="none").eval()
    for head in network.heads:
        for layer in head.modules():
            if isinstance(layer, nn.Conv2d):
                for _ in range(50):  # power iterations, one a step
                    layer.train()
                    weight = layer.weight
                singular = torch.linalg.svdvals(weight.flatten(1))
                assert singular.max().item() == pytest.approx(1, abs=0.01)


def test_classes_choose_the_logits():
    network = build(classes=3).eval()
    x = torch.randn(2, 1, 32, 32)
    first, second = (network(x, torch.full((2,), label)) for label in (0, 1))
    assert all(not torch.equal(a[0], b[0]) for a, b in zip(first, second, strict=True))
    head = network.heads[0]
    maps = network.mixing(network.features(x))[0]
    places = head.logits(head.body(maps))
    expected = (places * head.embedding.weight[1][:, None, None]).sum(1) / EMBEDDING**0.5
    torch.testing.assert_close(second[0][0][:, 0], expected)
