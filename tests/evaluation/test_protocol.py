"""Protocols: what is known of how numbers were measured, and which may stand beside each other."""

import evaluating
import pytest
from torch import Tensor, nn

from pipeline.capabilities import Vocoder
from pipeline.evaluation import Networks
from pipeline.evaluation.protocol import (
    FREE,
    Difference,
    common_protocol,
    data_checksum,
    differences,
    same_protocol,
    whole_protocol,
)
from pipeline.evaluation.results import Measured

USUAL = {
    "model": "a",
    "weights": "1" * 64,
    "data": "photos",
    "data_checksum": "d" * 64,
    "split": "test",
    "seed": 0,
    "device": "cpu",
    "precision": "fp32",
    "machine": "one",
    "torch": "2.11",
    "code": "0.1.0",
    "count": 100,
}


@pytest.mark.parametrize("aspect", sorted(FREE))
def test_what_changes_no_meaning_may_differ(aspect):
    assert same_protocol(USUAL, {**USUAL, aspect: "another"})
    assert same_protocol(USUAL, {k: v for k, v in USUAL.items() if k != aspect})


@pytest.mark.parametrize("aspect", sorted(USUAL.keys() - FREE))
def test_what_changes_the_meaning_must_be_equal(aspect):
    other = {**USUAL, aspect: "another"}
    assert not same_protocol(USUAL, other)
    assert [found.aspect for found in differences(USUAL, other)] == [aspect]


def test_differences_are_said_in_words_either_way_round():
    a, b = {"count": 100, "resizing": "none"}, {"count": 50, "sha256": "a" * 64}
    assert [str(found) for found in differences(a, b)] == [
        "count 100 against 50",
        "resizing none against not said",
        "sha256 not said against aaaaaaaa",
    ]
    assert differences(b, a)[0] == Difference("count", 50, 100)


def test_a_metric_says_more_than_its_evaluation():
    whole = whole_protocol({"seed": 0, "precision": "fp32"}, Measured({}, {}, {"count": 3}))
    assert whole == {"seed": 0, "precision": "fp32", "count": 3}


class Mute(nn.Module, Vocoder):
    def __init__(self, convention) -> None:
        super().__init__()
        self.convention = convention

    def vocode(self, frames: Tensor) -> Tensor:
        return frames.new_zeros(len(frames), frames.shape[2] * self.convention.hop)


def test_the_vocoder_belongs_to_what_is_measured_of_sound_alone(sound_store, picture_store):
    networks = Networks(vocoder_name="hifigan, 1234")
    speaks = evaluating.Constant({"bob": "ann"}, 0.0, 1)
    sound = common_protocol(evaluating.finished(speaks, sound_store), sound_store, networks)
    assert sound["vocoder"] == "hifigan, 1234"
    vocoder = evaluating.finished(Mute(sound_store.codec.convention), sound_store, "ann")
    paints = evaluating.finished(evaluating.Constant({"night": "day"}, 0.0, 3), picture_store)
    for finished, store in ((vocoder, sound_store), (paints, picture_store)):
        assert "vocoder" not in common_protocol(finished, store, networks)


def test_the_checksum_of_data_is_that_of_its_content(picture_store, sound_store):
    assert data_checksum(picture_store) != data_checksum(sound_store)
    assert len(data_checksum(picture_store)) == 64
