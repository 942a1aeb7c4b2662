"""Networks that grow: sizes, fades, and the published counts."""

import pytest
import tiny
import torch
from torch.nn.functional import avg_pool2d, interpolate

from pipeline.backbones.progressive import Growth, channels_of, enlarge, halve, shown_at
from pipeline.backbones.progressive_discriminator import ProgressiveDiscriminatorParams
from pipeline.backbones.progressive_generator import ProgressiveGeneratorParams
from pipeline.samples import Spec

PICTURE = Spec(channels=3, height=32, width=32, bounded=True)
SOUND = Spec(channels=1, height=40, width=64, bounded=False)
SMALL = {"width": 4, "most": 8}


def networks(spec: Spec = PICTURE, start: int = 0):
    torch.manual_seed(0)
    generator = ProgressiveGeneratorParams(**SMALL).build(6, spec, start)
    return generator, ProgressiveDiscriminatorParams(**SMALL).build(spec, start)


def test_channels_double_at_each_lower_level_up_to_the_most():
    assert channels_of(PICTURE, 16, 64) == [64, 64, 32, 16]
    assert channels_of(PICTURE, 16, 512) == [128, 64, 32, 16]


@pytest.mark.parametrize(("spec", "smallest"), [(PICTURE, (4, 4)), (SOUND, (5, 8))])
def test_each_level_has_its_size(spec, smallest):
    generator, discriminator = networks(spec)
    z = torch.randn(2, 6)
    for level in range(4):
        generator.grow(Growth(level))
        discriminator.grow(Growth(level))
        small = generator.at_level(z)
        assert small.shape == (2, spec.channels, *(side * 2**level for side in smallest))
        assert discriminator(small).shape == (2, 1)
        assert generator(z).shape == (2, spec.channels, spec.height, spec.width)
        assert torch.equal(generator(z), enlarge(small, 3 - level))


@pytest.mark.parametrize("level", [1, 2, 3])
def test_at_alpha_0_a_network_is_the_smaller_one(level):
    generator, discriminator = networks()
    z = torch.randn(3, 6)
    generator.grow(Growth(level - 1))
    small = generator.at_level(z)
    generator.grow(Growth(level, 0, 7))
    assert torch.equal(generator.at_level(z), interpolate(small, scale_factor=2.0))
    side = 4 * 2**level
    x = torch.randn(3, 3, side, side)
    discriminator.grow(Growth(level - 1))
    logits = discriminator(avg_pool2d(x, 2))
    discriminator.grow(Growth(level, 0, 7))
    assert torch.equal(discriminator(x), logits)


@pytest.mark.parametrize("level", [1, 2, 3])
def test_at_alpha_1_nothing_is_left_of_the_smaller_layers(level):
    generator, discriminator = networks()
    z, x = torch.randn(3, 6), torch.randn(3, 3, 4 * 2**level, 4 * 2**level)
    ends = []
    for growth in (Growth(level), Growth(level, 10**9 - 1, 10**9)):
        generator.grow(growth)
        discriminator.grow(growth)
        ends.append((generator.at_level(z), discriminator(x)))
    for of_level, of_fade in zip(*ends, strict=True):
        torch.testing.assert_close(of_fade, of_level, atol=1e-5, rtol=1e-5)


def test_a_fade_is_the_weighted_mean_of_both_pictures():
    generator, _ = networks()
    z, pictures = torch.randn(3, 6), []
    for growth in (Growth(1), Growth(2), Growth(2, 1, 4)):
        generator.grow(growth)
        pictures.append(generator.at_level(z))
    small, large, between = pictures
    torch.testing.assert_close(between, 0.75 * enlarge(small) + 0.25 * large)


def test_real_samples_fade_alike():
    x = torch.randn(2, 3, 32, 32)
    assert shown_at(x, Growth(3), 3) is x
    assert torch.equal(shown_at(x, Growth(1), 3), avg_pool2d(x, 4))
    faded = shown_at(x, Growth(2, 1, 4), 3)
    large = avg_pool2d(x, 2)
    torch.testing.assert_close(faded, 0.75 * enlarge(halve(large)) + 0.25 * large)
    assert torch.equal(shown_at(x, Growth(2, 0, 4), 3), enlarge(halve(large)))


def test_a_copy_of_the_weights_knows_how_far_they_have_grown():
    generator, _ = networks()
    copy, _ = networks()
    assert copy.current() == Growth(3)
    generator.grow(Growth(2, 3, 8))
    copy.load_state_dict(generator.state_dict())
    assert copy.current() == Growth(2, 3, 8)
    z = torch.randn(2, 6)
    assert torch.equal(copy(z), generator(z))


def test_bounded_samples_are_clamped_in_evaluation_alone():
    generator, _ = networks(start=3)
    with torch.no_grad():
        generator.head(3).bias.fill_(3.0)
    z = torch.randn(2, 6)
    assert generator(z).max() > 1
    assert torch.equal(generator.eval()(z), generator.train()(z).clamp(-1, 1))
    unbounded, _ = networks(SOUND, start=3)
    assert torch.equal(unbounded.eval()(z), unbounded.train()(z))


def test_counts_of_celeba_hq():
    # Summed over the shapes of the published networks (tkarras/progressive_growing_of_gans,
    # networks.py, G_paper and D_paper at 1024 pixels), with all nine layers to and from pictures.
    # Table 2 says 23.1M of both, which have one such layer when they are full-grown.
    spec = Spec(channels=3, height=1024, width=1024, bounded=True)
    with torch.device("meta"):
        generators = [ProgressiveGeneratorParams().build(512, spec, start) for start in (0, None)]
        discriminators = [ProgressiveDiscriminatorParams().build(spec, start) for start in (0, 8)]
    assert [tiny.count_parameters(each) for each in generators] == [23_079_115, 23_071_507]
    assert [tiny.count_parameters(each) for each in discriminators] == [23_087_249, 23_077_137]


def test_a_start_beyond_full_size_is_refused():
    for params, inputs in (
        (ProgressiveGeneratorParams(), (6,)),
        (ProgressiveDiscriminatorParams(), ()),
    ):
        with pytest.raises(ValueError, match="start: found 4, allowed: at most 3 doublings"):
            params.build(*inputs, PICTURE, 4)
