"""BigGAN's networks: parts of z, the shared embedding, widths, spectral norm, beginnings."""

import pytest
import torch
from torch import nn
from torch.nn.functional import relu
from torch.nn.utils.parametrize import is_parametrized

from pipeline.backbones.biggan import BigganDiscriminatorParams, BigganGeneratorParams, initialise
from pipeline.backbones.residual import ResidualBlock
from pipeline.nn.attention import NonLocal
from pipeline.nn.conditioning import ConditionalBatchNorm
from pipeline.samples import Spec

CLASSES, LATENT = 3, 8
LABELS = torch.tensor([0, 2])


def spec(height: int = 32, width: int = 32) -> Spec:
    return Spec(channels=1, height=height, width=width, bounded=True)


def generator(**block):
    params = BigganGeneratorParams(kind="biggan", **{"width": 2, "shared": 4, **block})
    return params.build(LATENT, spec(), CLASSES)


def discriminator(**block):
    params = BigganDiscriminatorParams(kind="biggan", **{"width": 2, **block})
    return params.build(spec(), 1, CLASSES)


def maps_of(network, z, labels):
    """The maps that the first layer and each block give."""
    found = []
    hooks = [
        layer.register_forward_hook(lambda _, __, y: found.append(y))
        for layer in (network.stem, *network.blocks)
    ]
    with torch.no_grad():
        network(z, labels)
    for hook in hooks:
        hook.remove()
    return found


def test_each_level_moves_with_its_part_of_z():
    network, z = generator().eval(), torch.randn(2, LATENT)
    before = maps_of(network, z, LABELS)
    assert network.part == 2
    for level in range(4):
        other = z.clone()
        other[:, 2 * level : 2 * level + 2] += 1
        after = maps_of(network, other, LABELS)
        moved = [not torch.equal(a, b) for a, b in zip(before, after, strict=True)]
        assert moved == [False] * level + [True] * (4 - level)


def test_all_blocks_are_told_the_class_and_the_first_layer_is_not():
    network, z = generator().eval(), torch.randn(2, LATENT)
    before, after = (maps_of(network, z, labels) for labels in (LABELS, LABELS.flip(0)))
    assert [torch.equal(a, b) for a, b in zip(before, after, strict=True)] == [True] + [False] * 3
    weight = network.shared.weight
    between = network.of_embedding(z, (weight[LABELS] + weight[LABELS.flip(0)]) / 2)
    assert between.shape == (2, 1, 32, 32)


def test_classes_share_one_embedding_that_is_not_normed():
    network = generator()
    norms = [m for m in network.modules() if isinstance(m, ConditionalBatchNorm)]
    assert len(norms) == 6
    assert all(norm.gain.in_features == norm.bias.in_features == 4 + 2 for norm in norms)
    assert not is_parametrized(network.shared)
    layers = [m for m in network.modules() if isinstance(m, nn.Conv2d | nn.Linear)]
    assert all(is_parametrized(layer) for layer in layers)
    assert not any(is_parametrized(m) for m in generator(spectral=False).modules())


@torch.no_grad()
def test_layers_of_the_discriminator_have_norm_1():
    network = discriminator()
    layers = [m for m in network.modules() if is_parametrized(m)]
    assert sum(isinstance(layer, nn.Embedding) for layer in layers) == 1
    x = torch.randn(2, 1, 32, 32)
    for _ in range(50):  # a power iteration each
        network(x, LABELS)
    for layer in layers:
        norm = torch.linalg.matrix_norm(layer.weight.flatten(1), ord=2)
        assert float(norm) <= 1.01


def test_the_discriminator_sums_over_space():
    network = discriminator(spectral=False).eval()
    x = torch.randn(2, 1, 32, 32)
    y = x
    for block in network.blocks:
        y = block(y)
    assert y.shape == (2, 4, 8, 8)  # two of four blocks halve
    features = relu(y).sum((2, 3))
    expected = network.head.linear(features) + (
        features * network.head.embedding.weight[LABELS]
    ).sum(dim=1, keepdim=True)
    torch.testing.assert_close(network(x, LABELS), expected)
    linear = discriminator(head="linear")
    assert linear(x).shape == (2, 1)


def widths(network) -> list[int]:
    return [m.conv_2.out_channels for m in network.modules() if isinstance(m, ResidualBlock)]


@pytest.mark.parametrize(
    ("size", "made", "seen"),
    [
        (8, [4], [2, 2]),
        (16, [4, 4], [2, 2, 2]),
        (32, [4, 4, 4], [2, 2, 2, 2]),
        (64, [16, 8, 4, 2], [1, 2, 4, 8, 16]),
        (128, [16, 8, 4, 2, 1], [1, 2, 4, 8, 16, 16]),
        (256, [16, 8, 8, 4, 2, 1], [1, 2, 4, 8, 8, 16, 16]),
        (512, [16, 8, 8, 4, 2, 1, 1], [1, 1, 2, 4, 8, 8, 16, 16]),
    ],
)
def test_widths_by_size(size, made, seen):
    side = spec(size, size)
    with torch.device("meta"):
        g = BigganGeneratorParams(kind="biggan", width=1).build(840, side, CLASSES)
        d = BigganDiscriminatorParams(kind="biggan", width=1).build(side, 1, CLASSES)
        x = g(torch.empty(2, 840), LABELS.to("meta"))
        assert x.shape == (2, 1, size, size)
        assert d(x, LABELS.to("meta")).shape == (2, 1)
    assert (widths(g), widths(d)) == (made, seen)


def test_samples_need_not_be_square():
    side = spec(80, 64)
    g = BigganGeneratorParams(kind="biggan", width=1).build(10, side, CLASSES)
    d = BigganDiscriminatorParams(kind="biggan", width=1).build(side, 1, CLASSES)
    x = g(torch.randn(2, 10), LABELS)
    assert x.shape == (2, 1, 80, 64)
    assert x.abs().max() <= 1
    assert d(x, LABELS).shape == (2, 1)


def test_attention_is_where_it_is_wanted():
    def attending(network) -> list[int]:
        return [
            place
            for place, block in enumerate(network.blocks)
            if any(isinstance(layer, NonLocal) for layer in block)
        ]

    assert attending(generator(attention=[16])) == [1]
    assert attending(discriminator(attention=[16])) == [0]
    assert attending(discriminator(attention=[8, 16])) == [0, 1]
    assert attending(generator()) == []


@pytest.mark.parametrize("kind", ["orthogonal", "normal", "xavier"])
@torch.no_grad()
def test_beginnings(kind):
    network = nn.Sequential(nn.Conv2d(8, 6, 3), nn.Linear(20, 40), nn.Embedding(5, 30))
    torch.manual_seed(0)
    initialise(network, kind)
    for layer in network:
        matrix = layer.weight.flatten(1)
        if kind == "orthogonal":
            few = matrix if len(matrix) <= matrix.shape[1] else matrix.T
            torch.testing.assert_close(few @ few.T, torch.eye(len(few)), atol=1e-5, rtol=0)
        elif kind == "normal":
            assert float(matrix.std()) == pytest.approx(0.02, rel=0.2)
        if getattr(layer, "bias", None) is not None:
            assert not layer.bias.any()


@pytest.mark.parametrize(
    ("build", "reason"),
    [
        (lambda: generator(multipliers=[1, 2]), "multipliers: found 2, allowed of these samples"),
        (lambda: generator(attention=[4]), "attention: found 4, allowed of these samples: 8, 16"),
        (lambda: discriminator(halvings=4), "halvings: found 4, allowed of these samples: 3"),
        (
            lambda: discriminator(multipliers=[1], halvings=2),
            "halvings: found 2, allowed: 1 or fewer",
        ),
        (
            lambda: BigganGeneratorParams(kind="biggan").build(10, spec(), CLASSES),
            "latent: found 10, allowed: multiples of 4",
        ),
        (
            lambda: BigganGeneratorParams(kind="biggan").build(8, spec()),
            "kind: biggan needs classes",
        ),
    ],
)
def test_what_does_not_fit_is_refused(build, reason):
    with pytest.raises(ValueError, match=reason):
        build()
