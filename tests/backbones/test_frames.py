"""A translator that adds to frames, and discriminators of patches and of whole frames."""

import pytest
import torch

from pipeline.backbones.frames import FrameDiscriminatorsParams, FrameTranslatorParams


@pytest.mark.parametrize("frames", [1, 2, 37])
def test_an_untrained_translator_leaves_frames_as_they_are(frames):
    network = FrameTranslatorParams(width=8).build(rows=6)
    x = torch.randn(2, 1, 6, frames)
    assert float((network(x) - x).detach().abs().max()) < 0.05


def test_a_frame_hears_those_around_it_as_far_as_dilations_reach():
    network = FrameTranslatorParams(width=8, dilations=(1, 2, 4)).build(rows=6)
    torch.nn.init.normal_(network.last.weight)
    x = torch.randn(1, 1, 6, 41, requires_grad=True)
    network(x)[..., 20].sum().backward()
    assert x.grad is not None
    heard = x.grad.abs().sum(dim=(0, 1, 2)).nonzero().flatten()
    assert (heard.min().item(), heard.max().item()) == (20 - 9, 20 + 9)  # 2 + 1 + 2 + 4


def test_discriminators_see_patches_and_whole_frames():
    network = FrameDiscriminatorsParams(width=4, frames_width=8).build(rows=16)
    patches, frames = (found[-1] for found in network(torch.randn(2, 1, 16, 32)))
    assert patches.shape == (2, 1, 2, 8)
    assert frames.shape == (2, 1, 1, 8)
    x = torch.randn(1, 1, 16, 32, requires_grad=True)
    network(x)[1][-1][..., 4].sum().backward()
    assert x.grad is not None
    assert (x.grad.abs().sum(dim=(0, 1, 3)) > 0).all()  # every row


def test_all_layers_of_discriminators_have_spectral_norm_one():
    torch.manual_seed(0)
    network = FrameDiscriminatorsParams(width=4, frames_width=8).build(rows=16)
    for layers in (network.patches, network.frames):
        for layer in layers:
            for _ in range(30):
                weight = layer.weight
            norm = torch.linalg.matrix_norm(weight.detach().flatten(1), ord=2)
            assert float(norm) == pytest.approx(1, abs=0.02)
