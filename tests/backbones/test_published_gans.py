"""SNGAN, SAGAN and BigGAN at full size: as many parameters as the published ones have."""

from typing import Any

import pytest
import tiny
import torch

from pipeline.methods.base import RunParams
from pipeline.methods.gan import GAN
from pipeline.params import load_params
from pipeline.samples import DatasetSpec, Spec

PAPERS = load_params(tiny.ROOT / "recipes/papers/params.yaml")


def conv(inputs: int, outputs: int, side: int = 3) -> int:
    return inputs * outputs * side**2 + outputs


def residual(inputs: int, outputs: int, *, beside: bool = True) -> int:
    return conv(inputs, outputs) + conv(outputs, outputs) + beside * conv(inputs, outputs, 1)


def attention(channels: int) -> int:
    return 2 * channels * (channels // 8) + 2 * channels * (channels // 2) + 1


def class_norms(classes: int, *channels: int) -> int:
    return sum(2 * classes * count for count in channels)


# kwotsin/mimicry, sngan_32.py
SNGAN_G = (128 + 1) * 4096 + 3 * (residual(256, 256) + 4 * 256) + 2 * 256 + conv(256, 3)
SNGAN_D = residual(3, 128) + residual(128, 128) + 2 * residual(128, 128, beside=False) + 128 + 1

# brain-research/self-attention-gan, generator.py and discriminator.py with the attention of
# generator_test.py and discriminator_test.py (non_local.py) behind the maps of 32 pixels.
SAGAN_WIDTHS = [(1024, 1024), (1024, 512), (512, 256), (256, 128), (128, 64)]
SAGAN_G = (
    (128 + 1) * 16 * 1024
    + sum(residual(i, o) + class_norms(1000, i, o) for i, o in SAGAN_WIDTHS)
    + attention(256)
    + 2 * 64
    + conv(64, 3)
)
SAGAN_D = (
    sum(residual(i, o) for i, o in [(3, 64), *((o, i) for i, o in SAGAN_WIDTHS[:0:-1])])
    + residual(1024, 1024, beside=False)
    + attention(128)
    + 1024
    + 1
    + 1000 * 1024
)


def built(run: RunParams, classes: int) -> GAN:
    side = PAPERS.datasets[run.data].size
    spec = Spec(channels=3, height=side, width=side, bounded=True)
    names = tuple(map(str, range(classes)))
    with torch.device("meta"):
        method = run.build(DatasetSpec(specs=dict.fromkeys(run.domains, spec), classes=names))
    assert isinstance(method, GAN)
    return method


@pytest.mark.parametrize(
    ("name", "classes", "generator", "discriminator"),
    [
        ("sngan", 10, SNGAN_G, SNGAN_D),
        ("sagan", 1000, SAGAN_G, SAGAN_D),
        ("biggan", 10, 9_416_196, 2_415_170),  # PyTorch-StudioGAN's on CIFAR-10
    ],
)
def test_counts_are_the_published_ones(name, classes, generator, discriminator):
    method = built(PAPERS.models[name], classes)
    assert tiny.count_parameters(method.model) == generator
    assert tiny.count_parameters(method.adversary) == discriminator


def test_counts_by_arithmetic_are_what_the_published_code_comes_to():
    assert (SNGAN_G, SNGAN_D) == (4_276_739, 1_053_825)
    assert (SAGAN_G, SAGAN_D) == (42_078_852, 39_463_618)


@pytest.mark.parametrize(
    ("size", "latent", "attention", "generator", "discriminator"),
    [
        # What ajbrock/BigGAN-PyTorch's layers of 128 pixels come to with its own script's values
        # (launch_BigGAN_bs256x8.sh).
        (128, 120, 64, 70_433_988, 87_982_370),
    ],
)
def test_biggan_of_imagenet(size, latent, attention, generator, discriminator):
    networks: dict[str, Any] = {
        name: getattr(PAPERS.models["biggan"], name).model_copy(update={"attention": (attention,)})
        for name in ("generator", "discriminator")
    }
    spec = Spec(channels=3, height=size, width=size, bounded=True)
    with torch.device("meta"):
        g = networks["generator"].build(latent, spec, 1000)
        d = networks["discriminator"].build(spec, 1, 1000)
    assert (tiny.count_parameters(g), tiny.count_parameters(d)) == (generator, discriminator)
