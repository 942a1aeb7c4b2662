"""Promises of translators with a latent, beyond what every network is tested for."""

import pytest
import tiny
import torch
from torch import nn

from pipeline.backbones import VaeParams
from pipeline.backbones.resnet import ResidualBlock
from pipeline.backbones.vae import GaussianLatent
from pipeline.inference.translation import translate_any_size
from pipeline.models.translators import GeneratorTranslator


def test_the_published_numbers_of_blocks():
    """mingyuliutw/UNIT, exps/unit/synthia2cityscape.yaml: three of its own, one shared."""
    with torch.device("meta"):
        network = VaeParams().build(3, 3, True)

    def blocks(part: nn.Module) -> int:
        return sum(isinstance(layer, ResidualBlock) for layer in part.modules())

    latent = network.latent
    parts = (network.encoder, latent.before, latent.after, network.decoder)
    assert [blocks(part) for part in parts] == [3, 1, 1, 3]
    # With its eight residual blocks it is a CycleGAN's ResNet of eight: one of nine less one.
    block = tiny.count_parameters(ResidualBlock(256, "instance", bias=True))
    assert tiny.count_parameters(network) == 11_378_179 - block


@pytest.mark.parametrize("up", ["transpose", "resize"])
@pytest.mark.parametrize("norm", ["instance", "none"])
@pytest.mark.parametrize("bounded", [True, False])
def test_it_keeps_height_and_width_and_quarters_them_in_the_latent(up, norm, bounded):
    network = VaeParams(width=2, blocks=1, norm=norm, upsample=up).build(1, 3, bounded)
    x = torch.randn(2, 1, 12, 20)
    assert network.mean(x).shape == (2, 8, 3, 5)
    assert network(x).shape == (2, 3, 12, 20)
    assert isinstance([*network.modules()][-1], nn.Tanh) == bounded
    assert network(torch.rand(1, 1, network.smallest, network.smallest)).shape == (1, 3, 8, 8)


def test_a_latent_is_drawn_in_training_and_its_mean_in_evaluation():
    latent = GaussianLatent(4, blocks=1, norm="none")
    nn.init.zeros_(latent.after[0].layers[1].weight)  # so that the block gives what it is given
    nn.init.zeros_(latent.after[0].layers[5].weight)
    mean = torch.full((1, 4, 100, 100), 3.0)
    draw = latent.train()(mean).detach()
    # six standard deviations of 40,000 draws
    assert float(draw.mean()) == pytest.approx(3, abs=0.03)
    assert float(draw.std()) == pytest.approx(1, abs=0.03)
    assert torch.equal(latent.eval()(mean), mean)


def test_a_draw_passes_gradients_to_the_mean_as_they_are():
    latent = GaussianLatent(2, blocks=1, norm="none").train()
    mean = torch.zeros(1, 2, 4, 4, requires_grad=True)
    seen: list[torch.Tensor] = []
    latent.after.register_forward_pre_hook(lambda module, args: seen.append(args[0]))
    latent(mean)
    weights = torch.randn_like(mean)
    (seen[0] * weights).sum().backward()
    assert torch.equal(mean.grad, weights)


@pytest.mark.parametrize(("height", "width"), [(33, 41), (7, 50), (80, 37)])
def test_it_translates_any_size(height, width):
    network = VaeParams(width=2, blocks=1).build(1, 1, False)
    model = GeneratorTranslator({"b": network}, {"b": "a"}, mode="eval")
    assert model.multiple == 4
    x = torch.randn(1, 1, height, width)
    with torch.no_grad():
        assert translate_any_size(model, x, "b").shape == x.shape
