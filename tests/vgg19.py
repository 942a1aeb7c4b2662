"""Stand-ins for the file of VGG19's weights, which is half a gigabyte."""

from pathlib import Path

import torch

from pipeline.backbones.vgg import shapes


def write_weights(path: Path) -> Path:
    """Random weights in a file of torchvision's layout; returns its path."""
    generator = torch.Generator().manual_seed(0)
    state = {
        f"features.{name}": torch.randn(shape, generator=generator) * 0.05
        for name, shape in shapes().items()
    }
    torch.save(state, path)
    return path
