"""Networks: the papers' parameter counts, shapes, and how far they see."""

import pytest
import torch
from torch import nn

from pipeline.backbones import PatchParams, ResnetParams, UnetParams
from pipeline.backbones.convolutional import MirrorParams, PyramidParams
from pipeline.samples import Spec


def count(network: nn.Module) -> int:
    return sum(parameter.numel() for parameter in network.parameters())


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
    ],
)
def test_parameter_counts_are_the_papers(build, expected):
    with torch.device("meta"):
        assert count(build()) == expected


def test_patch_gives_30x30_logits_on_256_pixels():
    with torch.device("meta"):
        network = PatchParams().build(6)
        assert network(torch.empty(2, 6, 256, 256)).shape == (2, 1, 30, 30)


@pytest.mark.parametrize(("layers", "field"), [(1, 16), (2, 34), (3, 70)])
def test_a_patch_logit_sees_its_receptive_field(layers, field):
    network = PatchParams(width=2, layers=layers, norm="none").build(1)
    for parameter in network.parameters():
        nn.init.constant_(parameter, 0.1)  # so that no path cancels
    x = torch.rand(1, 1, 160, 160, requires_grad=True)
    logits = network(x)
    middle = logits.shape[-1] // 2
    logits[0, 0, middle, middle].backward()
    rows = x.grad[0, 0].abs().sum(dim=1).nonzero().flatten()
    assert int(rows[-1] - rows[0]) + 1 == field
    assert len(rows) == field


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


def test_a_residual_resnet_begins_near_the_identity():
    x = torch.randn(2, 1, 16, 16)
    network = ResnetParams(width=4, blocks=1, residual=True).build(1, 1, False)
    assert (network(x) - x).abs().mean() < 0.2 * x.abs().mean()


def test_weights_begin_at_the_papers_deviation():
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


@pytest.mark.parametrize("side", [8, 16, 64])
@pytest.mark.parametrize("channels", [1, 3])
def test_pyramid_and_mirror_are_each_others_shapes(side, channels):
    spec = Spec(channels=channels, height=side, width=side, bounded=True)
    x = torch.rand(2, channels, side, side)
    codes = PyramidParams(width=2).build(spec, 5)(x)
    assert codes.shape == (2, 5)
    y = MirrorParams(width=2).build(5, spec)(codes)
    assert y.shape == x.shape
    assert y.abs().max() <= 1


def test_a_mirror_of_unbounded_samples_has_no_tanh():
    spec = Spec(channels=1, height=8, width=8, bounded=False)
    network = MirrorParams(width=2).build(3, spec)
    assert not any(isinstance(module, nn.Tanh) for module in network.modules())


@pytest.mark.parametrize(("height", "width"), [(28, 28), (4, 4), (48, 48), (16, 32), (16, None)])
def test_sizes_that_do_not_halve_down_to_four_are_refused(height, width):
    spec = Spec(channels=1, height=height, width=width, bounded=True)
    with pytest.raises(ValueError, match=f"found {height}x{width}"):
        PyramidParams().build(spec, 1)
    with pytest.raises(ValueError, match="4 times a power of two"):
        MirrorParams().build(1, spec)


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
