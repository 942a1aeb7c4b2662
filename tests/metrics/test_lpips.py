"""The arithmetic of LPIPS by hand and against the package ``lpips``."""

import pytest
import torch

from pipeline.metrics.lpips import lpips, lpips_each


def test_directions_count_by_the_weights_of_channels():
    x = torch.tensor([3.0, 4.0]).view(1, 2, 1, 1).expand(1, 2, 2, 2)
    y = torch.tensor([8.0, 6.0]).view(1, 2, 1, 1).expand(1, 2, 2, 2)
    # Directions (0.6, 0.8) and (0.8, 0.6): squares of 0.04 and 0.04.
    weights = [torch.tensor([1.0, 2.0]), torch.tensor([10.0, 0.0])]
    found = lpips([x, 2 * x[..., :1, :1]], [y, 5 * y[..., :1, :1]], weights)
    assert found == pytest.approx(0.04 * 3 + 0.04 * 10, rel=1e-5)


def test_places_are_averaged_and_pictures_kept_apart():
    x = torch.zeros(2, 2, 1, 2)
    x[:, 0] = 1
    y = x.clone()
    y[1, :, 0, 0] = torch.tensor([0.0, 1.0])  # a right angle at one of two places
    found = lpips_each([x], [y], [torch.ones(2)])
    assert found.tolist() == pytest.approx([0.0, 1.0])
    assert lpips([x], [y], [torch.ones(2)]) == pytest.approx(0.5)


def test_dead_features_are_at_no_distance():
    nothing = torch.zeros(1, 3, 2, 2)
    assert lpips([nothing], [nothing], [torch.ones(3)]) == 0


@pytest.mark.filterwarnings("ignore::UserWarning")  # of torchvision's, at the package's arguments
def test_it_is_the_packages_with_its_learnt_weights():
    from lpips import LPIPS

    network = LPIPS(net="squeeze", pnet_rand=True, verbose=False)  # the smallest
    generator = torch.Generator().manual_seed(0)
    layers = [
        [torch.randn(2, channels, side, side, generator=generator).relu() for _ in range(2)]
        for channels, side in zip(network.chns, (8, 6, 4, 4, 3, 2, 1), strict=True)
    ]
    features, reference = (list(side) for side in zip(*layers, strict=True))
    answers = iter([features, reference])
    network.net = Injected(answers)
    pictures = torch.zeros(2, 3, 16, 16)
    expected = network(pictures, pictures).flatten()
    weights = [layer.model[-1].weight.detach().flatten() for layer in network.lins]
    found = lpips_each(features, reference, weights)
    torch.testing.assert_close(found, expected.detach(), rtol=1e-6, atol=1e-7)


class Injected(torch.nn.Module):
    """Answers with feature maps that are given."""

    def __init__(self, answers):
        super().__init__()
        self.answers = answers

    def forward(self, x):
        return next(self.answers)


def test_refusals():
    x = torch.zeros(1, 3, 2, 2)
    with pytest.raises(ValueError, match="as many layers"):
        lpips([x], [x, x], [torch.ones(3)])
    with pytest.raises(ValueError, match="as many layers"):
        lpips([], [], [])
    with pytest.raises(ValueError, match=r"weights \[C\]"):
        lpips([x], [x], [torch.ones(4)])
    with pytest.raises(ValueError, match=r"\[N, C, H, W\]"):
        lpips([x], [x[..., :1]], [torch.ones(3)])
