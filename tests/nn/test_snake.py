"""Periodic activations: values by hand, what resampling keeps, and what it takes away."""

import math

import torch

from pipeline.nn.snake import AntiAliasedSnake, Snake, doubled, halved, low_pass

CPU = torch.device("cpu")


def test_snake_by_hand():
    x = torch.tensor([[[0.5], [-2.0]]])
    snake = Snake(2, separate=True, logarithmic=False)
    snake.alpha.data, snake.beta.data = torch.tensor([1.0, 3.0]), torch.tensor([2.0, 0.5])
    expected = [0.5 + math.sin(0.5) ** 2 / 2, -2 + math.sin(-6) ** 2 / 0.5]
    torch.testing.assert_close(snake(x).flatten(), torch.tensor(expected))
    one = Snake(2, separate=False, logarithmic=True)
    one.alpha.data = torch.tensor([math.log(2), 0.0])
    expected = [0.5 + math.sin(1) ** 2 / 2, -2 + math.sin(-2) ** 2]
    torch.testing.assert_close(one(x).flatten(), torch.tensor(expected))


def test_the_filter_keeps_level_and_halves_the_band():
    taps = low_pass(CPU)
    torch.testing.assert_close(taps, taps.flip(0))
    response = torch.fft.rfft(taps, 512).abs()  # of 0 to half the doubled rate
    assert abs(float(response[0]) - 1) < 1e-6
    assert 0.4 < float(response[128]) < 0.6
    assert float(response[220:].max()) < 0.01


def test_resampling_keeps_length_level_and_low_frequencies():
    time = torch.arange(64.0)
    wave = torch.sin(0.3 * time)[None, None].expand(1, 3, -1)
    up = doubled(wave)
    assert up.shape == (1, 3, 128)
    expected = torch.sin(0.3 * (torch.arange(128) - 0.5) / 2)
    torch.testing.assert_close(up[0, 0, 16:-16], expected[16:-16], atol=0.02, rtol=0)
    torch.testing.assert_close(halved(up)[..., 8:-8], wave[..., 8:-8], atol=0.02, rtol=0)
    level = torch.ones(1, 1, 5)
    torch.testing.assert_close(halved(doubled(level)), level, atol=0.01, rtol=0)
    assert AntiAliasedSnake(3, True, True)(wave[..., :1]).shape == (1, 3, 1)
