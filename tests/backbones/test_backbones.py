"""Networks: the papers' parameter counts, shapes, and how far they see."""

import pytest
import tiny
import torch
from torch import nn

from pipeline.backbones import PatchParams, ResnetParams, UnetParams
from pipeline.backbones.multiscale import MultiscaleParams
from pipeline.backbones.spade import SpadeParams


@pytest.mark.parametrize(
    ("build", "expected"),
    [
        pytest.param(lambda: UnetParams().build(3, 3, True), 54_413_955, id="unet-256"),
        pytest.param(lambda: ResnetParams().build(3, 3, True), 11_378_179, id="resnet-9"),
        pytest.param(lambda: ResnetParams(blocks=6).build(3, 3, True), 7_837_699, id="resnet-6"),
        pytest.param(lambda: PatchParams().build(6), 2_768_705, id="patch-70-batch"),
        pytest.param(
            lambda: PatchParams(norm="instance").build(3), 2_764_737, id="patch-70-instance"
        ),
        # What the published code's layers come to on these data sets' labels.
        pytest.param(lambda: SpadeParams().build(36, 3, True), 93_048_003, id="spade-cityscapes"),
        pytest.param(lambda: SpadeParams(levels=6).build(36, 3, True), 93_048_003, id="spade-more"),
        pytest.param(lambda: SpadeParams().build(184, 3, True), 97_480_899, id="spade-coco"),
        pytest.param(lambda: SpadeParams().build(151, 3, True), 96_492_483, id="spade-ade20k"),
        pytest.param(lambda: MultiscaleParams().build(39), 5_601_410, id="multiscale"),
    ],
)
def test_parameter_counts_are_the_papers(build, expected):
    with torch.device("meta"):
        assert tiny.count_parameters(build()) == expected


def test_patch_gives_30x30_logits_on_256_pixels():
    with torch.device("meta"):
        network = PatchParams().build(6)
        assert network(torch.empty(2, 6, 256, 256)).shape == (2, 1, 30, 30)


@pytest.mark.parametrize(("layers", "field"), [(0, 1), (1, 16), (2, 34), (3, 70), (5, 286)])
def test_a_patch_logit_sees_its_receptive_field(layers, field):
    network = PatchParams(width=2, layers=layers, norm="none").build(1)
    for parameter in network.parameters():
        nn.init.constant_(parameter, 0.1)  # so that no path cancels
    side = max(160, 2 * field)
    x = torch.rand(1, 1, side, side, requires_grad=True)
    logits = network(x)
    middle = logits.shape[-1] // 2
    logits[0, 0, middle, middle].backward()
    rows = x.grad[0, 0].abs().sum(dim=1).nonzero().flatten()
    assert int(rows[-1] - rows[0]) + 1 == field
    assert len(rows) == field


def test_a_pixel_discriminator_sees_every_pixel_alone():
    network = PatchParams(layers=0).build(6)
    # C64-C128, 1x1, one logit
    assert tiny.count_parameters(network) == 6 * 64 + 64 + 64 * 128 + 2 * 128 + 128 + 1
    assert network(torch.rand(1, 6, 5, 7)).shape == (1, 1, 5, 7)


@pytest.mark.parametrize("layers", [1, 2, 3])
def test_the_smallest_input_of_a_patch_gives_one_logit(layers):
    network = PatchParams(width=2, layers=layers, norm="instance").build(1)
    side = network.smallest
    assert network(torch.rand(1, 1, side, side)).shape == (1, 1, 1, 1)
    with pytest.raises((RuntimeError, ValueError)):
        network(torch.rand(1, 1, side // 2, side // 2))


@pytest.mark.parametrize("norm", ["batch", "instance", "none"])
@pytest.mark.parametrize("bounded", [True, False])
def test_translators_keep_height_and_width(norm, bounded):
    networks = [
        ResnetParams(width=2, blocks=1, norm=norm).build(3, 2, bounded),
        ResnetParams(width=2, blocks=1, norm=norm, upsample="resize").build(3, 2, bounded),
        ResnetParams(width=2, blocks=1, norm=norm, downsample="blur", upsample="blur").build(
            3, 2, bounded
        ),
        UnetParams(width=2, depth=3, norm=norm).build(3, 2, bounded),
    ]
    for network in networks:
        height, width = 3 * network.multiple, 5 * network.multiple
        y = network(torch.randn(2, 3, height, width) * 100)
        assert y.shape == (2, 2, height, width)
        assert isinstance([*network.modules()][-1], nn.Tanh) == bounded
        if bounded:
            assert y.abs().max() <= 1


def test_the_smallest_inputs_of_translators():
    resnet = ResnetParams(width=2, blocks=1).build(1, 1, True)
    assert resnet(torch.rand(1, 1, resnet.smallest, resnet.smallest)).shape == (1, 1, 8, 8)
    unet = UnetParams(width=2, depth=3).build(1, 1, True)
    assert unet(torch.rand(2, 1, 8, 8)).shape == (2, 1, 8, 8)
    with pytest.raises(RuntimeError):
        unet(torch.rand(2, 1, 12, 12))  # no multiple of 8, as `multiple` says
    assert resnet(torch.rand(1, 1, 10, 10)).shape != (1, 1, 10, 10)  # nor of 4


def test_unet_drops_out_three_times_at_depth_eight():
    def dropouts(depth: int, dropout: bool = True) -> int:
        network = UnetParams(width=1, depth=depth, dropout=dropout).build(3, 3, True)
        return sum(isinstance(module, nn.Dropout) for module in network.modules())

    assert [dropouts(depth) for depth in (8, 7, 6, 5)] == [3, 2, 1, 0]
    assert dropouts(8, dropout=False) == 0


def test_unet_joins_every_level_to_its_mirror():
    network = UnetParams(width=2, depth=4, norm="none", dropout=False).build(1, 1, False)
    x = torch.randn(1, 1, 16, 16)
    before = network(x)
    for block in network.down[1:]:  # all but the outermost skip are cut
        nn.init.zeros_(block[1].weight)
    assert not torch.equal(network(x), before)
    for block in network.up:
        nn.init.zeros_(block[1].weight)
    assert not torch.equal(network(x), network(-x))  # through the outermost skip alone


RESIDUAL = (
    ResnetParams(width=4, blocks=1, residual=True),
    UnetParams(width=4, depth=3, residual=True),
)


@pytest.mark.parametrize("params", RESIDUAL, ids=lambda params: params.kind)
@pytest.mark.parametrize(("inputs", "outputs"), [(1, 1), (1, 3), (3, 3)])
def test_a_residual_network_gives_the_change_to_its_input(params, inputs, outputs):
    x = torch.randn(2, inputs, 16, 16)
    changes = []
    for residual in (True, False):
        torch.manual_seed(0)
        changes.append(
            params.model_copy(update={"residual": residual}).build(inputs, outputs, True)
        )
    whole, change = (network.eval()(x) for network in changes)
    assert whole.shape == (2, outputs, 16, 16)
    torch.testing.assert_close(whole, x + change)


@pytest.mark.parametrize("params", RESIDUAL, ids=lambda params: params.kind)
def test_a_residual_network_needs_an_input_that_can_be_added(params):
    with pytest.raises(ValueError, match="they have 3 and 1 channels"):
        params.build(3, 1, True)


def test_weights_begin_at_the_papers_std():
    torch.manual_seed(0)
    network = PatchParams().build(3)
    weights = torch.cat(
        [m.weight.detach().flatten() for m in network.modules() if isinstance(m, nn.Conv2d)]
    )
    assert abs(float(weights.std()) - 0.02) < 1e-4
    scales = torch.cat(
        [m.weight.detach() for m in network.modules() if isinstance(m, nn.BatchNorm2d)]
    )
    assert abs(float(scales.mean()) - 1) < 0.01


def test_resnet_is_tapped_where_cut_looks():
    with torch.device("meta"):
        published = ResnetParams().build(3, 3, True)
        maps = published.taps(torch.empty(1, 3, 256, 256))
        few = ResnetParams(width=4, blocks=1).build(3, 3, True)
    assert published.tap_layers == (0, 4, 7, 10, 14)  # picture, halvings, blocks 1 and 5 of 9
    assert published.tap_channels == (3, 128, 256, 256, 256)
    assert [tuple(m.shape[1:]) for m in maps] == [
        (3, 262, 262),
        (128, 128, 128),
        (256, 64, 64),
        (256, 64, 64),
        (256, 64, 64),
    ]
    assert few.tap_layers == (0, 4, 7, 10)


def test_a_resnet_of_filters_is_tapped_at_the_published_layers():
    params = ResnetParams(downsample="blur", upsample="blur")
    with torch.device("meta"):
        network = params.build(3, 3, True)
        maps = network.taps(torch.empty(1, 3, 256, 256))
    assert network.tap_layers == (0, 4, 8, 12, 16)
    sizes = [(3, 262), (128, 256), (256, 128), (256, 64), (256, 64)]
    assert [tuple(m.shape[1:]) for m in maps] == [(c, side, side) for c, side in sizes]
    assert tuple(c for c, _ in sizes) == network.tap_channels
    assert tiny.count_parameters(network) == 11_378_179  # as with strides: filters learn nothing


@pytest.mark.parametrize("norm", ["batch", "instance", "none"])
@pytest.mark.parametrize("style", [None, 3])
@pytest.mark.parametrize("levels", [1, 2, 6])
def test_spade_makes_any_size_that_is_a_multiple(levels, style, norm):
    params = SpadeParams(width=1, levels=levels, hidden=2, norm=norm, style=style)
    network = params.build(5, 2, True)
    assert network.multiple == 2 ** (levels + 1)
    for rows, columns in ((1, 1), (3, 2)):
        height, width = rows * network.multiple, columns * network.multiple
        y = network(torch.randn(2, 5, height, width))
        assert y.shape == (2, 2, height, width)
        assert y.abs().max() <= 1


def test_spade_is_as_broad_and_as_deep_as_published():
    with torch.device("meta"):
        networks = [SpadeParams(levels=levels).build(3, 3, False) for levels in (5, 6, 4)]
    published, more, small = (
        [(block.conv_1.in_channels, block.conv_2.out_channels) for block in network.blocks]
        for network in networks
    )
    halvings = [(1024, 512), (512, 256), (256, 128), (128, 64)]
    assert published == [(1024, 1024)] * 3 + halvings
    assert more == published
    assert small == [(1024, 1024), (1024, 512), (512, 512), *halvings[1:]]
    assert [network.levels for network in networks] == [
        [5, 4, 4, 3, 2, 1, 0],
        [6, 5, 4, 3, 2, 1, 0],
        [4, 3, 3, 2, 1, 0],
    ]


def test_spade_sees_labels_at_every_size_and_mixes_none():
    seen = []
    network = SpadeParams(width=1, levels=2, hidden=2).build(1, 1, False)
    for block in network.blocks:
        block.norm_1.shared.register_forward_pre_hook(lambda _, args: seen.append(args[0]))
    labels = torch.arange(256.0).view(1, 1, 16, 16)
    network(labels)
    assert [tuple(x.shape[-2:]) for x in seen] == [(4, 4), (8, 8), (8, 8), (16, 16)]
    for x in seen:
        nearest = nn.functional.interpolate(labels, x.shape[-2:], mode="nearest")
        assert torch.equal(x, nearest)


def test_spectral_norm_is_where_spade_has_it():
    def normed(network: nn.Module) -> int:
        return sum(hasattr(module, "parametrizations") for module in network.modules())

    network = SpadeParams(width=1, levels=5, hidden=2).build(1, 1, False)
    assert normed(network) == 2 * 7 + 4  # of seven blocks, four of which change channels
    assert normed(SpadeParams(width=1, spectral=False).build(1, 1, False)) == 0
    for _ in range(50):  # a power iteration each
        y = network.blocks[0].conv_1.weight
    assert float(torch.linalg.matrix_norm(y.detach().flatten(1), ord=2)) == pytest.approx(1, 1e-3)
    assert normed(MultiscaleParams(width=1).build(1)) == 2 * 3
    assert normed(MultiscaleParams(width=1, spectral=False).build(1)) == 0


def test_a_style_encoder_takes_any_size():
    encoder = SpadeParams(width=2, levels=3, style=5).build_encoder(3)
    for shape in ((2, 3, 64, 64), (2, 3, 8, 24), (2, 3, 33, 5)):
        mean, log_variance = encoder(torch.randn(shape))
        assert mean.shape == log_variance.shape == (2, 5)
    assert SpadeParams(width=2).build_encoder(3) is None


def test_a_style_encoder_sees_colours():
    torch.manual_seed(0)
    encoder = SpadeParams(width=4, levels=3, style=5).build_encoder(3)
    dark, light = (encoder(torch.full((1, 3, 16, 16), tone))[0] for tone in (-0.8, 0.8))
    assert (dark - light).abs().max() > 0.01  # instance norm would make them equal


def test_multiscale_shows_every_layer_of_every_scale():
    with torch.device("meta"):
        found = MultiscaleParams().build(39)(torch.empty(2, 39, 256, 256))
    assert [[tuple(y.shape[1:]) for y in scale] for scale in found] == [
        [(64, 129, 129), (128, 65, 65), (256, 33, 33), (512, 34, 34), (1, 35, 35)],
        [(64, 65, 65), (128, 33, 33), (256, 17, 17), (512, 18, 18), (1, 19, 19)],
    ]


def test_scales_see_ever_smaller_copies():
    torch.manual_seed(0)
    network = MultiscaleParams(width=2, layers=2, scales=3).build(1).eval()
    x = torch.rand(1, 1, 32, 32)
    halved = nn.functional.avg_pool2d(x, 3, 2, 1, count_include_pad=False)
    assert torch.equal(halved[..., 0, 0], x[..., :2, :2].mean(dim=(2, 3)))  # no zeros in it
    network.discriminators[0] = network.discriminators[1]
    torch.testing.assert_close(network(halved)[0], network(x)[1])
    assert len(network(x)) == 3
