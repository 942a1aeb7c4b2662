"""Inputs that are far from what a translator was trained on are said to be."""

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import tiny
from exported import export_one

from pipeline.inference.finished import FinishedModel, load
from pipeline.inference.picture_statistics import picture_statistics
from pipeline.inference.sound_statistics import sound_statistics, stretches
from pipeline.inference.typical_inputs import TypicalInputs, fit_typical
from pipeline.inference.unlike import SECONDS, Beginning, unlike_picture, unlike_sound


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    root = tmp_path_factory.mktemp("models")
    for name in ("cyclegan", "voice_cyclegan"):
        export_one(root / name, tiny.runs()[name])
    return root


def pictures(seed: int, count: int) -> list[np.ndarray]:
    """Dim noise on blue."""
    draws = np.random.default_rng(seed)
    return [
        (np.array([40, 60, 200]) + draws.normal(0, 6, (20, 20, 3))).clip(0, 255).astype(np.uint8)
        for _ in range(count)
    ]


def knowing(finished: FinishedModel, of: str, typical: TypicalInputs | None) -> FinishedModel:
    assert typical is not None
    return replace(finished, typical={of: typical})


def test_a_picture_of_another_kind_is_said(folder):
    finished = load(folder / "cyclegan")
    known = np.array([[picture_statistics(one, tiny.SIDE)] for one in pictures(1, 60)])
    model = knowing(finished, "horse", fit_typical(known))
    usual, red = pictures(2, 1)[0], pictures(2, 1)[0][..., ::-1]
    assert unlike_picture(model, usual, "horse") == ""
    said = unlike_picture(model, red, "horse")
    assert "unlike the 'horse' that cyclegan was trained on: expect nonsense" in said
    assert unlike_picture(model, red, "zebra") == ""
    assert unlike_picture(finished, red, "horse") == ""


def test_sound_of_another_kind_is_said(folder):
    finished = load(folder / "voice_cyclegan")
    of = finished.params.domains[0]
    convention = finished.codec.convention
    rate, frames = convention.rate, convention.rate / convention.hop
    draws = np.random.default_rng(3)
    steady = [draws.normal(0, 0.3, (round(2 * frames), 20)) for _ in range(60)]
    typical = fit_typical(
        np.array([[sound_statistics(one) for one in stretches(x, frames)] for x in steady])
    )
    model = knowing(finished, of, typical)
    clicks = np.zeros(3 * rate, np.float32)
    clicks[:: rate // 3] = 0.9
    assert "expect nonsense" in unlike_sound(model, clicks, of)
    assert unlike_sound(finished, clicks, of) == ""
    for nothing in (np.zeros(2 * rate, np.float32), clicks[: rate // 3], clicks[:0]):
        assert unlike_sound(model, nothing, of) == ""
    wide = knowing(finished, of, typical.model_copy(update={"threshold": 1e9}))
    assert unlike_sound(wide, clicks, of) == ""


def test_the_beginning_of_what_goes_by_is_kept_and_all_is_handed_on():
    rate = 100
    sound = np.arange(2000, dtype=np.float32)
    beginning = Beginning(rate)
    blocks = list(beginning.through(iter(np.split(sound, [7, 500, 930]))))
    np.testing.assert_array_equal(np.concatenate(blocks), sound)
    np.testing.assert_array_equal(beginning.wave, sound[: round(SECONDS * rate)])
    short = Beginning(rate)
    list(short.through(iter([sound[:5]])))
    assert len(short.wave) == 5
