"""Bits and distortion of codes, and of JPEG and WebP."""

import math

import pytest
import torch
from torch import Tensor, nn

from pipeline.capabilities import Tokenizer
from pipeline.latent.compression import (
    code_length,
    cut_from,
    file_rate,
    latent_rates,
    quantise,
    saved,
    sheet_of,
    token_bits,
    token_rates,
)
from pipeline.metrics.psnr import psnr


class Levels(nn.Module, Tokenizer):
    """Four levels of grey, one code a pixel."""

    codes = 4

    def encode_codes(self, x: Tensor) -> Tensor:
        return ((x[:, 0] + 1) * 1.5).round().long()

    def decode_codes(self, codes: Tensor) -> Tensor:
        return codes[:, None] / 1.5 - 1


def smooth(count: int, channels: int, side: int = 32) -> Tensor:
    coarse = torch.randn(count, channels, 4, 4, generator=torch.Generator().manual_seed(0))
    wide = nn.functional.interpolate(coarse, (side, side), mode="bicubic")
    return (wide / 2).clamp(-1, 1)


def test_symbols_take_the_logarithm_of_their_probability() -> None:
    # Counts 3, 1, 0 and half of each more: 3.5, 1.5 and 0.5 of 5.5.
    bits = code_length(torch.tensor([0, 1, 2]), torch.tensor([3, 1, 0]))
    assert bits.tolist() == pytest.approx([-math.log2(p / 5.5) for p in (3.5, 1.5, 0.5)])


def test_even_codes_take_log2_k_and_one_code_takes_nothing() -> None:
    even = torch.arange(4).repeat(5000).reshape(1000, 4, 5)
    assert token_bits(even, even, 4) == pytest.approx(20 * 2, rel=1e-6)
    same = torch.zeros(1000, 4, 5).long()
    assert token_bits(same, same, 4) == pytest.approx(0, abs=0.01)


def test_rounded_codes_take_the_entropy_of_their_steps() -> None:
    codes = torch.tensor([[0.0, 7.0], [1.1, 7.0], [2.2, 7.0], [2.9, 7.0]]).repeat(5000, 1)
    rounded, bits = quantise(codes, codes, 1.0)
    assert rounded[:4, 0].tolist() == [0, 1, 2, 3]
    assert bits == pytest.approx(2, abs=1e-3)  # and nothing for what never changes
    beyond, _ = quantise(torch.tensor([[99.0, -99.0]]), codes, 1.0)
    assert beyond.tolist() == [[3, 7]]
    with pytest.raises(ValueError, match="step"):
        quantise(codes, codes, 0)


def test_a_normal_number_takes_its_differential_entropy_less_log2_of_the_step() -> None:
    z = torch.randn(20000, 1, generator=torch.Generator().manual_seed(0))
    _, bits = quantise(z, z, 0.1)
    assert bits == pytest.approx(0.5 * math.log2(2 * math.pi * math.e) - math.log2(0.1), abs=0.02)


def test_a_tokenizer_is_measured_by_both_lengths() -> None:
    x = smooth(12, 1)
    fixed, coded = token_rates(Levels(), x, x)
    assert fixed.bits == 2
    assert coded.bits < 2
    assert fixed.psnr == coded.psnr == pytest.approx(psnr((x * 1.5 + 1.5).round() / 1.5 - 1, x))


def test_finer_steps_take_more_bits_and_lose_less() -> None:
    x = smooth(12, 1, 8)
    rates = latent_rates(lambda x: x.flatten(1), lambda z: z.reshape(-1, 1, 8, 8), x, x)
    assert [rate.bits for rate in rates] == sorted(rate.bits for rate in rates)
    assert [rate.psnr for rate in rates] == sorted(rate.psnr for rate in rates)
    assert rates[0].name == "codes, step 2"


@pytest.mark.parametrize("channels", [1, 3])
def test_a_sheet_gives_its_pictures_back(channels: int) -> None:
    x = smooth(5, channels)
    sheet, across = sheet_of(x)
    assert (sheet.size, across) == ((96, 64), 3)
    found = cut_from(saved(sheet, "JPEG", 95), x, across)
    assert found.shape == x.shape
    assert psnr(found, x) > 30


@pytest.mark.parametrize("kind", ["JPEG", "WEBP"])
@pytest.mark.parametrize("channels", [1, 3])
def test_the_best_quality_within_the_bits_is_found(kind: str, channels: int) -> None:
    x = smooth(12, channels)
    rates = [file_rate(x, kind, bits) for bits in (0.6, 2.0)]
    assert all(rate.bits <= most for rate, most in zip(rates, (0.6, 2.0), strict=True))
    assert rates[0].psnr < rates[1].psnr
    assert rates[0].psnr > 20
    least = file_rate(x, kind, 0.0)
    assert least.bits > 0
    assert least.name.endswith(("quality 0", "quality 1"))
