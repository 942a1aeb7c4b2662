"""Generators of BigVGAN, both versions, as NVIDIA/BigVGAN publishes them, read.

``bigvgan_generator.pt``, ``g_05000000`` hold a state dict under ``generator``; the ``config.json``
beside it has HiFi-GAN's keys and those of the activations. Frames are HiFi-GAN's, too.
"""

from pathlib import Path
from typing import Literal

import torch

from pipeline.backbones.bigvgan import BigvganParams
from pipeline.errors import UserError
from pipeline.interop import jik876
from pipeline.interop.published_vocoder import PublishedVocoder, fitting
from pipeline.nn.snake import low_pass
from pipeline.system.tensor_files import Weights, load_tensors

EXPECTED = "expected the weights of a generator of BigVGAN (bigvgan_generator.pt, g_05000000)"
FILTER = ".filter"  # of each doubling and halving; the same everywhere, and no weight


class Config(jik876.Config):
    """The keys beside HiFi-GAN's; what is left out has the first version's values."""

    activation: Literal["snake", "snakebeta"]
    snake_logscale: bool
    use_tanh_at_final: bool = True
    use_bias_at_final: bool = True

    def generator(self) -> BigvganParams:
        """Return the network; raise ValidationError for one that can't be."""
        return BigvganParams(
            **self.layers(),
            activation=self.activation,
            logarithmic=self.snake_logscale,
            tanh=self.use_tanh_at_final,
            last_bias=self.use_bias_at_final,
        )


def read(path: Path, config: Path) -> PublishedVocoder:
    """Read a generator of any size.

    Raises UserError, with what was expected and what was found, where the files hold none.
    """
    network, convention = jik876.read_config(config, Config, "BigVGAN")
    weights = load_tensors(path, EXPECTED, wrapper="generator")
    check_filters(weights, path)
    layers = {name: value for name, value in weights.items() if not name.endswith(FILTER)}
    return fitting(jik876.fold(layers), network, convention, f"{path}: {EXPECTED} of {config}")


def check_filters(weights: Weights, path: Path) -> None:
    """Raise UserError where activations resample by another filter than the published one."""
    expected = low_pass(torch.device("cpu"))
    for name, value in weights.items():
        if name.endswith(FILTER) and (
            value.numel() != len(expected)
            or not torch.allclose(value.float().flatten(), expected, atol=1e-3)
        ):
            raise UserError(
                f"{path}: {name} is another filter than BigVGAN's of {len(expected)} values"
            )
