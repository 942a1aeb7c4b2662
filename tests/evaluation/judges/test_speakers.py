"""The encoder of speakers at the numbers of the package that its weights come from."""

import sys
from pathlib import Path

import numpy as np
import pytest
import torch
from torch import Tensor
from voices import glide, voice

from pipeline.errors import UserError
from pipeline.evaluation.judges import mean_embedding
from pipeline.evaluation.judges import speakers as module
from pipeline.evaluation.judges.sound import RATE
from pipeline.evaluation.judges.speakers import (
    HOP,
    STRETCH,
    Speakers,
    partial_utterances,
    prepared,
    without_silence,
)


@pytest.fixture(scope="module")
def speakers() -> Speakers:
    return Speakers.load()


@pytest.fixture(scope="module")
def said() -> Tensor:
    return voice(glide(110, 180, 3.0, RATE), RATE)


def test_embeddings_are_those_of_the_package(speakers: Speakers, said: Tensor) -> None:
    """The largest values that resemblyzer 0.1.4's embed_utterance gives of the prepared wave."""
    found = speakers.embed(said, RATE)
    known = {189: 0.282605, 136: 0.198954, 137: 0.184656, 82: 0.175652}
    assert {at: float(found[at]) for at in known} == pytest.approx(known, abs=1e-5)
    assert torch.equal(found[:1], torch.zeros(1))
    assert found.shape == (256,)
    assert float(found.norm()) == pytest.approx(1)


def test_batches_of_partial_utterances_are_the_same_as_one(
    speakers: Speakers, said: Tensor, monkeypatch: pytest.MonkeyPatch
) -> None:
    waves = [said, said[:20_000], said[:9_000], said[10_000:45_000]]
    each = torch.stack([speakers.embed(wave, RATE) for wave in waves])
    monkeypatch.setattr(module, "BATCH", 1)
    again = torch.stack([speakers.embed(wave, RATE) for wave in waves])
    torch.testing.assert_close(again, each, atol=1e-5, rtol=0)


def test_neither_loudness_nor_silence_nor_rate_changes_a_voice(
    speakers: Speakers, said: Tensor
) -> None:
    embedding = speakers.embed(said, RATE)
    silence = torch.zeros(STRETCH * 30)
    padded = torch.cat([silence, said, silence])
    assert float(embedding @ speakers.embed(0.01 * said, RATE)) == pytest.approx(1, abs=1e-5)
    assert float(embedding @ speakers.embed(padded, RATE)) > 0.97  # 90 ms are kept
    again = voice(glide(110, 180, 3.0, 22_050), 22_050)
    assert float(embedding @ speakers.embed(again, 22_050)) > 0.99


def test_a_higher_voice_is_another_one(speakers: Speakers, said: Tensor) -> None:
    other = speakers.embed(voice(glide(260, 330, 3.0, RATE), RATE), RATE)
    assert float(speakers.embed(said, RATE) @ other) < 0.8


def test_what_has_no_voice_has_an_embedding_all_the_same(speakers: Speakers) -> None:
    for wave in (torch.zeros(RATE), torch.full((1,), 0.1)):
        assert torch.isfinite(speakers.embed(wave, RATE)).all()


def test_waves_that_are_none_are_refused(speakers: Speakers) -> None:
    with pytest.raises(ValueError, match="not finite"):
        speakers.embed(torch.tensor([0.0, float("nan")]), RATE)
    with pytest.raises(ValueError, match="a wave is"):
        speakers.embed(torch.zeros(0), RATE)


def test_the_mean_of_a_speaker_has_unit_length() -> None:
    mean = mean_embedding(torch.eye(4)[:2])
    assert mean.tolist() == pytest.approx([0.5**0.5, 0.5**0.5, 0, 0])
    assert float(mean @ torch.eye(4)[0]) == pytest.approx(0.5**0.5)


def test_stretches_thirty_decibels_below_the_loudest_are_dropped() -> None:
    """Three beside each that is loud are kept, of 30 ms each."""
    levels = [0.03] * 5 + [1.0] + [0.03] * 6 + [0.04] + [0.01] * 2
    wave = torch.tensor(levels).repeat_interleave(STRETCH)
    kept = without_silence(wave)[::STRETCH]
    assert kept.tolist() == pytest.approx([0.03] * 3 + [1.0] + [0.03] * 6 + [0.04] + [0.01] * 2)
    assert without_silence(wave[:100]).tolist() == wave[:100].tolist()


def test_loudness_is_made_equal_after_silence_is_dropped() -> None:
    wave = torch.cat([torch.full((RATE,), 0.5), torch.zeros(RATE)])
    heard = prepared(wave)
    assert heard.max() == pytest.approx(10 ** (-23 / 20), rel=0.1)
    assert prepared(torch.zeros(RATE)).abs().max() == 0


@pytest.mark.parametrize(
    ("frames", "count"), [(1, 1), (160, 1), (196, 1), (197, 2), (237, 2), (273, 2), (274, 3)]
)
def test_the_last_partial_utterance_is_mostly_sound(frames: int, count: int) -> None:
    """Each begins 77 frames after the one before; the last has at least 120 of 160."""
    assert partial_utterances(torch.zeros(frames * HOP)).shape == (count, 160, 40)


def test_the_protocol_names_the_weights(speakers: Speakers) -> None:
    protocol = speakers.protocol
    assert str(protocol["origin"]).startswith("resemblyzer 0.1")
    assert len(str(protocol["sha256"])) == 64
    assert protocol["level"] == -23


def test_weights_that_are_damaged_are_missing(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    package = tmp_path / "resemblyzer"
    package.mkdir()
    (package / "__init__.py").write_text("raise AssertionError('is never imported')")
    monkeypatch.syspath_prepend(tmp_path)
    with pytest.raises(UserError, match=r"expected pretrained\.pt in the package"):
        Speakers.load()
    (package / "pretrained.pt").write_bytes(np.arange(9).tobytes())
    with pytest.raises(UserError, match="can't read"):
        Speakers.load()
    assert "resemblyzer" not in sys.modules
