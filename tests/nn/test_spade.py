"""SPADE: what it adds to plain normalisation, at values worked out by hand."""

import pytest
import torch
from torch import Tensor, nn
from torch.nn.functional import instance_norm, leaky_relu

from pipeline.nn.convolution import convolution
from pipeline.nn.spade import SPADE, SPADEBlock


def layer(style: int | None = None, norm: str = "instance") -> SPADE:
    """Two channels, one label channel, one hidden; weights that are easy to follow."""
    spade = SPADE(2, 1, hidden=1, norm=norm, style=style)
    with torch.no_grad():
        for convolution_ in (spade.shared, spade.affine):
            convolution_.weight.zero_()
        spade.shared.weight[0, 0, 1, 1] = 2  # hidden = relu(2 * label + 1)
        spade.shared.bias.fill_(1)
        # gamma of both channels, then beta of both
        spade.affine.weight[:, 0, 1, 1] = torch.tensor([1.0, -0.5, 3.0, 0.0])
        spade.affine.bias.copy_(torch.tensor([0.0, 0.5, 0.0, 7.0]))
        if spade.style is not None:
            spade.style.weight.fill_(10)
    return spade


def normalised(x: Tensor) -> Tensor:
    mean = x.mean(dim=(2, 3), keepdim=True)
    variance = x.var(dim=(2, 3), keepdim=True, correction=0)
    return (x - mean) / (variance + 1e-5).sqrt()


def test_scale_and_shift_by_hand():
    x = torch.randn(1, 2, 1, 2)
    labels = torch.tensor([[[[1.0, -3.0]]]])  # hidden: 3, and 0 behind the ReLU
    y = layer()(x, labels)
    plain = normalised(x)
    first = torch.stack([plain[0, 0, 0, 0] * (1 + 3) + 9, plain[0, 0, 0, 1]])
    second = torch.stack(
        [plain[0, 1, 0, 0] * (1 - 1.5 + 0.5) + 7, plain[0, 1, 0, 1] * (1 + 0.5) + 7]
    )
    torch.testing.assert_close(y[0, :, 0], torch.stack([first, second]))


def test_a_constant_label_map_is_a_plain_affine_instance_norm():
    torch.manual_seed(0)
    spade = SPADE(3, 4, hidden=5, norm="instance", style=None)
    nn.init.normal_(spade.affine.weight)
    labels = torch.randn(1, 4, 1, 1).expand(2, 4, 9, 9)
    x = torch.randn(2, 3, 9, 9)
    y = spade(x, labels)[..., 2:-2, 2:-2]  # within, where no convolution sees its padding
    gamma, beta = spade.affine(spade.shared(labels).relu())[0, :, 4, 4].chunk(2)
    expected = instance_norm(x, weight=1 + gamma, bias=beta)[..., 2:-2, 2:-2]
    torch.testing.assert_close(y, expected)


def test_a_style_moves_what_a_constant_shift_of_features_would_not():
    spade, labels = layer(style=2), torch.zeros(2, 1, 4, 4)
    x = torch.randn(1, 2, 4, 4).expand(2, -1, -1, -1)
    torch.testing.assert_close(spade(x + 5, labels, torch.zeros(2, 2)), layer()(x, labels))
    y = spade(x, labels, torch.tensor([[0.0, 0.0], [0.3, 0.1]]))
    torch.testing.assert_close(y[0], layer()(x, labels)[0])
    # hidden = 1 + 10 * (0.3 + 0.1)
    torch.testing.assert_close(y[1, 0], normalised(x)[1, 0] * (1 + 5) + 15)


@pytest.mark.parametrize(("norm", "parameters"), [("batch", 0), ("instance", 0), ("none", 0)])
def test_what_is_normalised_has_no_parameters_of_its_own(norm, parameters):
    found = SPADE(2, 1, hidden=1, norm=norm, style=None).norm
    assert len([*found.parameters()]) == parameters
    x = torch.randn(3, 2, 5, 5) * 4 + 2
    y = found(x)
    assert torch.equal(y, x) == (norm == "none")
    if norm == "batch":
        torch.testing.assert_close(y.mean(dim=(0, 2, 3)), torch.zeros(2))
        assert y.mean(dim=(2, 3)).abs().max() > 1e-3  # a sample's own mean stays


def test_a_fresh_layer_hardly_changes_what_is_normalised():
    torch.manual_seed(0)
    spade = SPADE(8, 3, hidden=16, norm="instance", style=None)
    x, labels = torch.randn(2, 8, 8, 8), torch.rand(2, 3, 8, 8) * 2 - 1
    torch.testing.assert_close(spade(x, labels), normalised(x), rtol=0, atol=0.2)


@pytest.mark.parametrize(("inputs", "outputs"), [(3, 3), (4, 2)])
def test_block_by_hand(inputs, outputs):
    torch.manual_seed(0)
    block = SPADEBlock(inputs, outputs, 2, hidden=3, norm="instance", style=None, spectral=False)
    x, labels = torch.randn(2, inputs, 6, 6), torch.randn(2, 2, 6, 6)
    y = block.conv_1(leaky_relu(block.norm_1(x, labels), 0.2))
    y = block.conv_2(leaky_relu(block.norm_2(y, labels), 0.2))
    beside = x if inputs == outputs else block.conv_beside(block.norm_beside(x, labels))
    torch.testing.assert_close(block(x, labels), beside + y)
    assert (block.conv_beside is None) == (inputs == outputs)


def test_convolutions_begin_as_glorot_says():
    torch.manual_seed(0)
    weight = convolution(32, 64, 3, padding=1).weight
    assert float(weight.detach().std()) == pytest.approx(
        0.02 * (2 / (9 * (32 + 64))) ** 0.5, rel=0.05
    )
    assert convolution(1, 1, 3, padding=1, bias=False).bias is None


def largest(weight: Tensor) -> float:
    return float(torch.linalg.matrix_norm(weight.detach().flatten(1), ord=2))


def test_spectral_norm_is_one_after_some_steps_and_its_gradient_is_torchs():
    torch.manual_seed(0)
    ours = convolution(3, 5, 3, padding=1, spectral=True)
    for _ in range(100):
        weight = ours.weight
    assert largest(weight) == pytest.approx(1, rel=1e-3)
    original = ours.parametrizations.weight.original
    plain = original.detach().clone().requires_grad_()
    exact = plain / torch.linalg.matrix_norm(plain.flatten(1), ord=2)
    wanted = torch.randn_like(plain)
    (ours.weight * wanted).sum().backward()
    (exact * wanted).sum().backward()
    torch.testing.assert_close(original.grad, plain.grad, rtol=1e-3, atol=1e-2)


def test_spectral_norm_bears_averaged_singular_vectors():
    torch.manual_seed(0)
    layer = convolution(16, 16, 3, padding=1, spectral=True)
    for _ in range(20):
        _ = layer.weight
    state = layer.parametrizations.weight[0].u
    with torch.no_grad():  # as where they turned round: all but cancelled, and far off
        state.copy_(0.01 * state + 0.01 * torch.randn(16))
    before = state.clone()
    assert largest(layer.eval().weight) == pytest.approx(1, rel=0.1)
    assert torch.equal(state, before)  # evaluation keeps nothing
