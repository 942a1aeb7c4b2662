"""Distances of whole test lists, where what is right is known."""

import numpy as np
import pytest
import torch
from torch import Tensor
from voices import glide, voice

from pipeline.conventions import HIFI_GAN
from pipeline.evaluation.voices import analyse, compare_voices, world_rate

RATE = 22_050


def spoken(hertz: np.ndarray) -> Tensor:
    """A voice between silences, so that voicing begins and ends."""
    silence = np.zeros(RATE // 4)
    return voice(np.concatenate([silence, hertz, silence]), RATE)


def test_a_recording_is_no_distance_from_itself():
    truths = [analyse(spoken(glide(100, 150, 1.0, RATE)), HIFI_GAN)]
    found = compare_voices([{"model": truths[0]}], truths)
    assert {metric: float(rows["model"]) for metric, rows in found.items()} == {
        "mcd": 0,
        "mcd_world": 0,
        "log_f0_rmse": 0,
        "log_f0_correlation": pytest.approx(1),
        "voicing_error": 0,
        "modulation_distance": 0,
    }


def test_two_voices_an_octave_apart():
    low, high = (analyse(spoken(np.full(RATE, hertz)), HIFI_GAN) for hertz in (120.0, 240.0))
    found = compare_voices([{"model": high}], [low])
    assert found["log_f0_rmse"]["model"] == pytest.approx(1200, abs=10)
    assert found["voicing_error"]["model"] < 0.1


def test_sentences_without_a_value_are_left_out():
    truths = [analyse(spoken(np.full(RATE, hertz)), HIFI_GAN) for hertz in (120.0, 150.0, 180.0)]
    higher = analyse(spoken(np.full(RATE, 2 ** (3 / 12) * 120)), HIFI_GAN)
    silent = analyse(torch.zeros(RATE), HIFI_GAN)
    sentences = [
        {"model": higher, "mute": silent, "copy": truths[0]},
        {"model": truths[1], "mute": silent, "copy": truths[1]},
        {"model": silent, "mute": silent, "copy": truths[2]},
    ]
    found = compare_voices(sentences, truths)
    assert found["log_f0_rmse"]["model"].tolist() == pytest.approx([300, 0], abs=10)
    assert found["log_f0_rmse"].keys() == {"model", "copy"}
    assert found["voicing_error"].keys() == found["mcd"].keys() == {"model", "mute", "copy"}
    assert found["voicing_error"]["mute"].mean() > 0.5
    assert not found["voicing_error"]["copy"].any()


def test_pitch_of_a_mute_model_is_not_reported():
    truth = analyse(spoken(np.full(RATE, 120.0)), HIFI_GAN)
    silent = analyse(torch.zeros(RATE), HIFI_GAN)
    found = compare_voices([{"model": silent, "copy": truth}], [truth])
    assert found.keys() == {"mcd", "mcd_world", "voicing_error", "modulation_distance"}


def test_cepstra_of_a_band_that_frames_lack_are_not_compared():
    assert world_rate(HIFI_GAN) == 16_000  # frames end at 8,000 Hz
    whole = HIFI_GAN.model_copy(update={"fmax": RATE / 2})
    assert world_rate(whole) == RATE
