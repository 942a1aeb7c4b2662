"""Sound is converted in chunks, and nobody hears where one ends."""

import dataclasses

import numpy as np
import pytest
import tiny
import torch
from converters import Loudness, ToBeatrice, finished_voice
from torch import Tensor

from pipeline.inference.conversion import CHUNK, MARGIN, OVERLAP, convert_blocks, convert_wave
from pipeline.inference.finished import FinishedModel

RATE = tiny.CONVENTION.rate
EDGE = round(0.9 * MARGIN * RATE) // tiny.CONVENTION.hop  # frames


class Shy(ToBeatrice):
    """The same for all frames, but for those at the edges of what it hears."""

    def translate(self, x: Tensor, to: str) -> Tensor:
        y = torch.zeros_like(x)
        y[..., :EDGE] = y[..., -EDGE:] = 1.0
        return y


@pytest.fixture(scope="module")
def finished(tmp_path_factory: pytest.TempPathFactory) -> FinishedModel:
    return finished_voice(tmp_path_factory.mktemp("data") / "voice")


def noise(seconds: float) -> np.ndarray:
    return np.random.default_rng(0).standard_normal(round(RATE * seconds)).astype(np.float32) * 0.1


def test_cross_fades_leave_neither_gap_nor_bump(finished: FinishedModel) -> None:
    converted = convert_wave(finished, noise(20), "beatrice")
    seam = round((CHUNK - OVERLAP) * RATE) + np.arange(round(OVERLAP * RATE))
    assert converted[seam].std() == pytest.approx(converted.std(), rel=0.15)


def test_what_a_model_does_at_edges_is_not_heard_between_chunks(finished: FinishedModel) -> None:
    shy = dataclasses.replace(finished, model=Shy())
    converted = convert_wave(shy, noise(5 * CHUNK), "beatrice", Loudness())
    assert len(converted) == round(5 * CHUNK * RATE)
    heard = converted[round(CHUNK * RATE) : round(3 * (CHUNK - OVERLAP) * RATE)]
    assert heard.std() < 0.02 * heard.mean()
    assert converted[0] > 1.5 * converted[RATE]  # at the clip's own edge it is


def test_chunks_hear_the_same_frames_in_blocks_of_any_length(finished: FinishedModel) -> None:
    wave = noise(3 * CHUNK + 1)
    whole = convert_wave(finished, wave, "beatrice")
    blocks = [wave[first : first + 7001] for first in range(0, len(wave), 7001)]
    pieces = np.concatenate(list(convert_blocks(finished, blocks, "beatrice")))
    np.testing.assert_array_equal(pieces, whole)
