"""Conventions of either kind: by name, by numbers, and what tells them apart."""

import pytest
from pydantic import TypeAdapter, ValidationError

from pipeline.conventions import (
    HIFI_GAN,
    AnyConvention,
    MelConvention,
    WorldConvention,
    differences,
)
from pipeline.datasets.folders import SoundFolderParams

ANY = TypeAdapter(AnyConvention)


@pytest.mark.parametrize(
    ("given", "expected"),
    [
        ("hifigan_22k", HIFI_GAN),
        ({}, HIFI_GAN),
        ({"rate": 16_000}, MelConvention(rate=16_000)),
        ({"kind": "mel", "mels": 40}, MelConvention(mels=40)),
        ("world_16k", WorldConvention()),
        ("world_22k", WorldConvention(rate=22_050)),
        ({"kind": "world", "features": "envelope"}, WorldConvention(features="envelope")),
        (WorldConvention(), WorldConvention()),
    ],
)
def test_conventions_by_name_and_by_numbers(given, expected):
    assert ANY.validate_python(given) == expected


@pytest.mark.parametrize("one", [HIFI_GAN, WorldConvention(coefficients=24)])
def test_a_convention_is_written_and_read(one):
    assert ANY.validate_json(one.model_dump_json()) == one


def test_files_of_mels_are_those_of_before_there_were_kinds():
    assert "kind" not in HIFI_GAN.model_dump()
    assert WorldConvention().model_dump()["kind"] == "world"


@pytest.mark.parametrize(
    ("given", "message"),
    [
        ("world", "found 'world', allowed: hifigan_22k, hifigan_16k, vocos_24k, world_16k, world"),
        ({"kind": "mfcc"}, "'mel', 'world'"),
        ({"kind": "world", "rate": 8000}, "greater than or equal to 16000"),
        ({"kind": "world", "mels": 80}, "Extra inputs"),
    ],
)
def test_refusals(given, message):
    with pytest.raises(ValidationError, match=message):
        ANY.validate_python(given)


def test_models_of_mels_take_no_other_kind():
    with pytest.raises(ValidationError, match="found 'world_16k', allowed: hifigan_22k, hif"):
        MelConvention.model_validate("world_16k")


def test_hops_are_whole_samples():
    assert WorldConvention().hop == 80
    assert WorldConvention(rate=22_050).hop == 110
    assert WorldConvention(rate=48_000, period=10).hop == 480


def test_rows_are_the_features():
    assert WorldConvention().rows == 80
    assert WorldConvention(features="mel_cepstrum").rows == 36
    assert WorldConvention(features="envelope", bands=64).rows == 64


def test_differences_are_named():
    assert differences(WorldConvention(), WorldConvention()) == ""
    assert differences(HIFI_GAN, WorldConvention()) == "kind: expected mel, found world"
    other = WorldConvention(coefficients=24)
    assert differences(WorldConvention(), other) == "coefficients: expected 36, found 24"


def test_data_sets_take_either():
    params = SoundFolderParams(root="x", folders={"train": {"ann": "a"}}, convention="world_16k")
    (spec,) = params.spec.specs.values()
    assert (spec.channels, spec.height, spec.width, spec.bounded) == (1, 80, None, False)
    assert SoundFolderParams.model_validate(params.model_dump()) == params
