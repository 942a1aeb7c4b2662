"""DNSMOS at the numbers of the package that its network comes from."""

import pytest
import torch
from voices import glide, voice

from pipeline.evaluation.judges.naturalness import Naturalness, chunks_of
from pipeline.evaluation.judges.sound import RATE


@pytest.fixture(scope="module")
def naturalness() -> Naturalness:
    return Naturalness.load()


def test_scores_are_those_of_the_package(naturalness: Naturalness) -> None:
    """The ovrl_mos of speechmos 0.0.1.1's dnsmos.run: 7 chunks of 17.6 s."""
    wave = voice(glide(110, 180, 4.4, RATE), RATE)
    assert naturalness.score(wave, RATE) == pytest.approx(2.032647, abs=1e-3)


@pytest.mark.parametrize(
    ("samples", "count"),
    [
        (1, 7),  # doubled until 16.4 s
        (144_159, 7),  # 18 s, less the two chunks that begin at 7 and 8 s
        (144_160, 1),
        (11 * RATE - 1, 1),
        (11 * RATE, 2),
        (17 * RATE, 7),
        (30 * RATE, 7),
        (34 * RATE, 8),  # the one that begins at 24 s is whole again
    ],
)
def test_chunks_are_those_of_the_package(samples: int, count: int) -> None:
    chunks = chunks_of(torch.arange(samples, dtype=torch.float32))
    assert chunks.shape == (count, 144_160)
    if samples > 144_159:
        assert (chunks[:, 0] / RATE).tolist() == [*range(min(count, 7)), *[24] * (count > 7)]


def test_louder_than_full_scale_is_clipped(naturalness: Naturalness) -> None:
    wave = 20 * torch.sin(torch.arange(144_160) / 50)
    assert naturalness.score(wave, RATE) == naturalness.score(wave.clamp(-1, 1), RATE)


def test_the_protocol_names_the_network(naturalness: Naturalness) -> None:
    assert str(naturalness.protocol["origin"]).startswith("speechmos 0.0.1")
