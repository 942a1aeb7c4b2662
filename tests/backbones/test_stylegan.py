"""StyleGAN's and StyleGAN2's networks: published sizes, structure, and what styles and noise do."""

import pytest
import tiny
import torch
from torch import nn
from torch.nn.functional import leaky_relu

from pipeline.backbones.stylegan import StyledNorm, StyleGANParams
from pipeline.backbones.stylegan2 import (
    PublishedDiscriminatorParams,
    StyleGAN2DiscriminatorParams,
)
from pipeline.backbones.stylegan2_synthesis import StyleGAN2Params
from pipeline.nn.minibatch import with_batch_std
from pipeline.params import load_params
from pipeline.samples import DatasetSpec, Spec

KINDS = {"stylegan": StyleGANParams, "stylegan2": StyleGAN2Params}
MEL = Spec(channels=1, height=80, width=64, bounded=False)


def square(side: int, channels: int = 3) -> Spec:
    return Spec(channels=channels, height=side, width=side, bounded=True)


def small(kind: str, spec: Spec, **fields):
    torch.manual_seed(0)
    sizes = {"width": 4, "most": 8, "dim": 6, "layers": 2}
    network = KINDS[kind](**sizes, **fields).build(5, spec).eval()
    for name, parameter in network.named_parameters():
        if name.endswith("strength"):
            nn.init.constant_(parameter, 0.5)
    return network


# Sizes


@pytest.mark.parametrize(
    ("name", "generator", "discriminator"),
    [
        ("stylegan2_256", 24_767_458, 24_001_089),
        ("stylegan2_1024", 30_370_060, 29_012_513),
        ("stylegan2_cifar", 19_947_539, 20_720_641),
    ],
)
def test_the_papers_blocks_have_the_published_sizes(name, generator, discriminator):
    """NVlabs/stylegan2-ada-pytorch, instantiated by train.py's paper256, paper1024 and cifar."""
    params = load_params(tiny.ROOT / "recipes/papers/params.yaml")
    run = params.models[name]
    spec = square(params.datasets[run.data].size)
    with torch.device("meta"):
        method = run.build(DatasetSpec(specs=dict.fromkeys(run.domains, spec)))
    assert tiny.count_parameters(method.model) == generator
    assert tiny.count_parameters(method.adversary) == discriminator


def test_stylegan_has_the_published_sizes():
    """NVlabs/stylegan prints 26,219,627 and 23,087,249 at 1024 pixels, and so counts the layers to
    and from the samples of the eight smaller sizes, of which progressive growing had the use."""
    smaller = [512, 512, 512, 512, 256, 128, 64, 32]
    with torch.device("meta"):
        g = StyleGANParams(width=16).build(512, square(1024))
        d = PublishedDiscriminatorParams(width=16, architecture="orig").build(square(1024))
    assert tiny.count_parameters(g) == 26_219_627 - sum(3 * channels + 3 for channels in smaller)
    assert tiny.count_parameters(d) == 23_087_249 - sum(4 * channels for channels in smaller)


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("spec", [square(8), square(32, 1), MEL], ids=["8", "grey 32", "mel"])
def test_generators_give_samples_of_any_spec(kind, spec):
    network = small(kind, spec)
    samples = network(torch.randn(2, 5))
    assert samples.shape == (2, spec.channels, spec.height, spec.width)
    levels = min(spec.height, spec.width).bit_length() - 3
    assert network.layers == 2 * levels + 2


@pytest.mark.parametrize("architecture", ["resnet", "skip", "orig"])
@pytest.mark.parametrize("equalised", [True, False])
def test_discriminators_take_samples_of_any_spec(architecture, equalised):
    params = StyleGAN2DiscriminatorParams(
        width=4, most=8, architecture=architecture, equalised=equalised, group=2
    )
    for spec in (square(16), MEL):
        x = torch.randn(4, spec.channels, spec.height, spec.width)
        logits = params.build(spec)(x)
        assert logits.shape == (4, 1)
        assert params.build(spec, 3)(x).shape == (4, 3)
    with pytest.raises(ValueError, match="halve evenly"):
        params.build(square(20).model_copy(update={"width": 21}))


# Styles and noise


@pytest.mark.parametrize("kind", KINDS)
@torch.no_grad()
def test_noise_off_makes_pictures_of_one_w_equal(kind):
    network = small(kind, square(16))
    ws = torch.randn(1, 1, 6).expand(3, network.layers, -1)
    for noise in ("none", "constant"):
        samples = network.synthesis(ws, noise)
        torch.testing.assert_close(samples[1:], samples[:1].expand(2, -1, -1, -1))
        assert torch.equal(samples, network.synthesis(ws, noise))
    fresh = network.synthesis(ws, "fresh")
    assert not torch.allclose(fresh[0], fresh[1], atol=1e-3)
    again = [
        network.synthesis(ws, "fresh", torch.Generator().manual_seed(seed)) for seed in (1, 1, 2)
    ]
    assert torch.equal(again[0], again[1])
    assert not torch.equal(again[0], again[2])


@pytest.mark.parametrize("kind", KINDS)
@torch.no_grad()
def test_each_layer_has_a_say(kind):
    network = small(kind, square(16))
    ws = torch.randn(1, network.layers, 6)
    before = network.synthesis(ws, "none")
    for layer in range(network.layers):
        changed = ws.clone()
        changed[:, layer] += 1
        moved = (network.synthesis(changed, "none") - before).abs().max()
        # StyleGAN's first layer normalises a constant map: the style shifts whole channels.
        assert moved > 1e-4, layer


@torch.no_grad()
def test_mixing_keeps_the_first_layers():
    network = small("stylegan2", square(32), mixing=0.5)
    fine = network.draw_fine(4000, torch.device("cpu"))
    assert not fine[:, 0].any()
    starts = fine.int().argmax(dim=1)[fine.any(dim=1)]
    assert fine.any(dim=1).float().mean().item() == pytest.approx(0.5, abs=0.03)
    shares = torch.bincount(starts, minlength=network.layers)[1:] / len(starts)
    assert torch.allclose(shares, torch.full((7,), 1 / 7), atol=0.03)
    assert all(row.int().diff().ge(0).all() for row in fine[:50])  # once fine, fine to the end
    z = torch.randn(50, 5)
    ws, w = network.styles(z), network.mapping(z)
    own = (ws == w[:, None]).all(dim=2)
    assert own[:, 0].all()
    assert 0.3 < (~own).any(dim=1).float().mean() < 0.7
    plain = small("stylegan2", square(32), mixing=0)
    assert torch.equal(plain.styles(z), plain.mapping(z)[:, None].expand(-1, 8, -1))


def test_training_follows_the_mean_of_w_and_evaluation_does_not():
    network = small("stylegan2", square(8))
    network(torch.randn(8, 5))
    assert not network.mapping.mean.any()
    network.train()(torch.randn(8, 5))
    assert network.mapping.mean.any()


# Layers


def test_adain_gives_maps_the_mean_and_deviation_of_their_style():
    torch.manual_seed(0)
    layer, x, w = StyledNorm(3, (8, 6), 4), torch.randn(2, 3, 8, 6) * 5 + 2, torch.randn(2, 4)
    scale, shift = (w @ layer.affine.weight.T / 2).chunk(2, dim=1)
    y = layer(x, w, "none", None)
    torch.testing.assert_close(y.mean((2, 3)), shift, atol=1e-5, rtol=1e-4)
    torch.testing.assert_close(y.std((2, 3), correction=0), (1 + scale).abs(), atol=1e-4, rtol=1e-4)
    flat = leaky_relu(x, 0.2).flatten(2)
    normed = (flat - flat.mean(2, keepdim=True)) / flat.std(2, keepdim=True, correction=0)
    expected = (1 + scale)[:, :, None] * normed + shift[:, :, None]
    torch.testing.assert_close(y.flatten(2), expected, atol=1e-4, rtol=1e-4)


def test_the_deviation_is_that_of_each_group():
    x = torch.zeros(6, 2, 1, 1)
    x[:, :, 0, 0] = torch.tensor([0.0, 5, 0, 2, 5, 0])[:, None]
    # Groups of 3 are every second sample: (0, 0, 5) and (5, 2, 0).
    found = with_batch_std(x, 3)[:, 2, 0, 0]
    expected = [(50 / 9) ** 0.5, (38 / 9) ** 0.5] * 3
    assert found.tolist() == pytest.approx(expected, rel=1e-4)
    whole = with_batch_std(x)[:, 2, 0, 0]
    assert whole.tolist() == pytest.approx([x[:, 0].std(correction=0).item()] * 6, rel=1e-4)
    torch.testing.assert_close(with_batch_std(x, 6), with_batch_std(x))
    # 4 does not divide 6: groups of 3 it is; 5 samples have each a group of their own.
    assert torch.equal(with_batch_std(x, 4), with_batch_std(x, 3))
    assert with_batch_std(x[:5], 4)[:, 2].tolist() == [[[pytest.approx(1e-4, rel=1e-3)]]] * 5


def test_clamps_bound_what_layers_give():
    network = small("stylegan2", square(8), conv_clamp=0.1)
    assert network(torch.randn(2, 5)).abs().max() < 0.5
    discriminator = PublishedDiscriminatorParams(width=4, most=8, conv_clamp=0.1).build(square(8))
    seen = []
    discriminator.conv.register_forward_pre_hook(lambda _, args: seen.append(args[0]))
    discriminator(100 * torch.randn(2, 3, 8, 8))
    assert seen[0][:, :-1].abs().max() < 1


def test_a_discriminator_projects_onto_the_class():
    torch.manual_seed(0)
    network = PublishedDiscriminatorParams(width=4, most=8, group=1).build(square(8), 1, 3)
    x, labels = torch.randn(3, 3, 8, 8), torch.tensor([0, 2, 1])
    features = network.head.register_forward_hook(lambda _, __, out: kept.append(out))
    kept: list[torch.Tensor] = []
    logits = network(x, labels)
    features.remove()
    expected = (kept[0] * network.mapping(None, labels)).sum(dim=1) / 8**0.5
    torch.testing.assert_close(logits[:, 0], expected)


def test_the_discriminator_without_options_is_what_it_was():
    """Weights drawn in the same order: the numbers are those of the network before it had any."""
    torch.manual_seed(0)
    network = StyleGAN2DiscriminatorParams(width=2, most=4).build(square(8))
    names = [name for name, _ in network.named_parameters()]
    assert names[:3] == ["stem.weight", "stem.bias", "blocks.0.conv_1.weight"]
    assert names[-4:] == ["hidden.weight", "hidden.bias", "head.weight", "head.bias"]
    x = torch.linspace(-1, 1, 2 * 3 * 64).view(2, 3, 8, 8)
    assert network(x).flatten().tolist() == pytest.approx(BEFORE, rel=1e-6)


BEFORE = [0.012041304260492325, -0.08773280680179596]
