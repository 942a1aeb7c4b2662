"""EfficientNet-Lite0, whose weights come as a package."""

import pytest
import torch

from pipeline.evaluation.networks.efficientnet import load_efficientnet


def test_features_are_those_of_the_published_weights():
    network = load_efficientnet()
    found = network.features(torch.zeros(1, 1, 32, 32))
    assert found.shape == (1, 1280)
    assert torch.allclose(found, network.features(torch.zeros(1, 3, 40, 40)), atol=1e-5)
    assert network.checksum.startswith("579344248a93")
    # Grey at 0 is saved as 128, and the package's network takes (v - 127) / 128.
    v = torch.full((1, 3, 224, 224), 1 / 128)
    expected = network._network.extract_features(v).mean(dim=(2, 3))
    assert torch.allclose(found, expected, atol=1e-5)
    with pytest.raises(ValueError, match=r"found \[1, 2, 32, 32\]"):
        network.features(torch.zeros(1, 2, 32, 32))
