"""What inputs of a domain usually are: the Gaussian, its threshold and its file."""

import json
from pathlib import Path
from types import SimpleNamespace

import numpy as np
import pytest
from pydantic import ValidationError
from sklearn.covariance import ledoit_wolf

from pipeline.codecs import MelCodec
from pipeline.codecs.sound import Statistics
from pipeline.conventions import MelConvention
from pipeline.inference.picture_statistics import at_side, opponent, picture_statistics
from pipeline.inference.sound_statistics import BANDS, bands_of, sound_statistics, stretches
from pipeline.inference.typical_inputs import (
    FILE,
    TypicalInputs,
    fit_typical,
    read_typical,
    shrunken_covariance,
    to_json,
)
from pipeline.training.typical_inputs import typical_pictures, typical_sound
from pipeline.training.variations import vary_bands, vary_picture

DRAWS = np.random.default_rng


def test_the_covariance_is_shrunken_as_ledoit_and_wolf_do():
    for count in (5, 40, 1000):
        x = DRAWS(count).normal(size=(count, 8)) @ DRAWS(1).normal(size=(8, 8))
        x -= x.mean(axis=0)
        expected, share = ledoit_wolf(x, assume_centered=True)
        assert 0 < share <= 1
        np.testing.assert_allclose(shrunken_covariance(x), expected, rtol=1e-9, atol=1e-9)


def test_a_distance_by_hand():
    # Covariance diag(4, 1): W = diag(1/2, 1). (4, 3) lies sqrt(((4/2)^2 + 3^2) / 2) away.
    typical = TypicalInputs(items=9, mean=(0, 0), whitening=((0.5,), (0, 1)), threshold=2)
    expected = [0, np.sqrt(13 / 2)]
    np.testing.assert_allclose(typical.distance(np.array([[0.0, 0], [4, 3]])), expected)
    with pytest.raises(ValueError, match="expected 2 statistics, found 3"):
        typical.distance(np.zeros((1, 3)))


def test_few_items_make_the_threshold_wide_and_fewer_none():
    x = DRAWS(3).normal(size=(500, 3, 10))
    thresholds = [fit_typical(x[:count]).threshold for count in (8, 30, 500)]
    assert thresholds == sorted(thresholds, reverse=True)
    assert thresholds[0] > 1.5 * thresholds[2]
    assert fit_typical(x[:7]) is None


def test_others_of_the_same_kind_are_usual_and_those_far_away_are_not():
    draws = DRAWS(4)
    mix = draws.normal(size=(10, 10))
    typical = fit_typical(draws.normal(size=(400, 2, 10)) @ mix)
    assert np.mean(typical.distance(draws.normal(size=(500, 10)) @ mix) > typical.threshold) < 0.02
    assert np.all(typical.distance(5 + draws.normal(size=(500, 10)) @ mix * 5) > typical.threshold)


def test_items_that_are_all_alike_are_no_reason_to_fail():
    typical = fit_typical(np.ones((20, 2, 5)))
    assert typical.distance(np.ones((1, 5)))[0] == 0
    assert typical.distance(np.full((1, 5), 2.0))[0] > typical.threshold


def test_the_file_gives_back_what_was_written(tmp_path):
    assert read_typical(tmp_path) == {}
    typical = fit_typical(DRAWS(5).normal(size=(20, 1, 6)))
    content = to_json({"horse": typical})
    (tmp_path / FILE).write_bytes(content)
    assert read_typical(tmp_path) == {"horse": typical}
    (tmp_path / FILE).write_text(json.dumps({**json.loads(content), "version": 2}))
    assert read_typical(tmp_path) == {}


@pytest.mark.parametrize(
    "changed",
    [{"mean": [0.0] * 5}, {"threshold": 0}, {"threshold": -1}, {"whitening": [[1.0]] * 6}],
)
def test_a_damaged_file_is_refused(tmp_path: Path, changed):
    typical = fit_typical(DRAWS(5).normal(size=(20, 1, 6)))
    raw = json.loads(to_json({"horse": typical}))
    raw["domains"]["horse"] |= changed
    (tmp_path / FILE).write_text(json.dumps(raw))
    with pytest.raises(ValidationError):
        read_typical(tmp_path)


def scene(seed: int, size: int = 32) -> np.ndarray:
    """A blue sky over green ground, both of drawn tones, with a brown box."""
    draws = DRAWS(seed)
    rows = np.linspace(0, 1, size)[:, None, None]
    sky, ground = np.array([110, 170, 230]), np.array([90, 150, 70])
    picture = np.where(rows < draws.uniform(0.35, 0.5), sky, ground) + draws.normal(0, 8, 3)
    picture = picture + 20 * rows + draws.normal(0, 3, (size, size, 3))
    top, left, side = draws.integers(8, 14), draws.integers(2, 16), draws.integers(8, 14)
    picture[top : top + side, left : left + side] = np.add([140, 80, 40], draws.normal(0, 5, 3))
    return picture.clip(0, 255).astype(np.uint8)


def of_items(items: list[np.ndarray]) -> SimpleNamespace:
    """A reader of items."""
    domain = SimpleNamespace(row=items.__getitem__, item=items.__getitem__)
    return SimpleNamespace(domain=domain, usable=np.arange(len(items)))


@pytest.fixture(scope="module")
def scenes() -> TypicalInputs:
    return typical_pictures(of_items([scene(seed) for seed in range(40)]), SimpleNamespace(size=32))


def unusual(typical: TypicalInputs, pictures: list[np.ndarray]) -> float:
    found = typical.distance(np.stack([picture_statistics(one, 32) for one in pictures]))
    return float(np.mean(found > typical.threshold))


def test_pictures_of_another_kind_are_unusual(scenes):
    others = [scene(seed) for seed in range(100, 140)]
    draws = DRAWS(6)
    assert unusual(scenes, others) == 0
    assert unusual(scenes, [at_side(one, 96) for one in others]) == 0
    assert unusual(scenes, [one[2:-2, 2:-2] for one in others]) <= 0.05
    assert unusual(scenes, [255 - one for one in others]) == 1
    assert unusual(scenes, [one[::-1] for one in others]) == 1
    assert unusual(scenes, [np.full((40, 60, 3), level, np.uint8) for level in (0, 128, 255)]) == 1
    noise = [draws.integers(0, 256, (50, 50, 3), dtype=np.uint8) for _ in range(5)]
    assert unusual(scenes, noise) == 1


def test_a_few_pictures_don_t_alarm_falsely():
    few = typical_pictures(of_items([scene(seed) for seed in range(10)]), SimpleNamespace(size=32))
    assert few.items == 10
    assert unusual(few, [scene(seed) for seed in range(100, 160)]) == 0
    assert unusual(few, [255 - scene(seed) for seed in range(100, 110)]) == 1


def test_grey_pictures_and_odd_shapes_have_statistics_too():
    for shape in ((1, 1, 3), (3, 200, 1), (1000, 2, 3), (32, 32, 1)):
        picture = DRAWS(7).integers(0, 256, shape, dtype=np.uint8)
        found = picture_statistics(picture, 32)
        assert found.shape == (79,)
        assert np.isfinite(found).all()
        assert max(at_side(picture, 32).shape) <= 128
    grey = DRAWS(8).integers(0, 256, (32, 32, 1), dtype=np.uint8)
    np.testing.assert_array_equal(
        picture_statistics(grey, 32), picture_statistics(np.repeat(grey, 3, axis=2), 32)
    )


def test_opponent_colours_by_hand():
    pure = np.array([[[255, 255, 255], [255, 0, 0], [0, 0, 255]]], np.uint8)
    expected = [[1, -1 / 3, -1 / 3], [0, 1, 0], [0, 0.5, -1]]
    np.testing.assert_allclose(opponent(pure)[:, 0], expected, atol=1e-6)


def test_variations_are_pictures_and_repeat_by_their_numbers():
    for channels in (1, 3):
        picture = scene(1)[..., :channels]
        once, again = (vary_picture(picture, DRAWS(9)) for _ in range(2))
        np.testing.assert_array_equal(once, again)
        assert once.dtype == np.uint8
        assert once.shape[2] == channels
    assert vary_picture(np.zeros((2, 3, 3), np.uint8), DRAWS(1)).shape[2] == 3


CONVENTION = MelConvention()
CODEC = MelCodec(
    convention=CONVENTION,
    statistics={"anna": Statistics(mean=(0.0,) * 80, std=(1.0,) * 80)},
)
RATE = CONVENTION.rate / CONVENTION.hop


def syllables(seed: int, seconds: float = 4, tone: float = 0.0) -> np.ndarray:
    """Log mels [T, 80] of what rises and falls some times a second, formants gliding."""
    draws = DRAWS(seed)
    times = np.arange(round(seconds * RATE)) / RATE
    bands = np.linspace(0, 1, 80)
    frames = np.full((len(times), 80), -9.0)
    start = 0.1
    while start < seconds:
        length = draws.uniform(0.12, 0.3)
        loud = -np.square((times - start) / length) * 6
        for _ in range(3):
            place = draws.uniform(0, 1) + draws.normal(0, 0.3) * (times - start)
            peak = loud[:, None] - np.square((bands - place[:, None]) / 0.1) - 2 * bands
            frames = np.logaddexp(frames, peak + tone * bands)
        start += draws.uniform(0.15, 0.5)
    return (frames + draws.normal(0, 0.2, frames.shape)).astype(np.float16)


@pytest.fixture(scope="module")
def speech() -> TypicalInputs:
    return typical_sound(of_items([syllables(seed) for seed in range(16)]), CODEC)


def heard(typical: TypicalInputs, frames: np.ndarray) -> float:
    parts = stretches(bands_of(CODEC, frames), RATE)
    return float(np.median(typical.distance(np.stack([sound_statistics(one) for one in parts]))))


def test_sound_that_moves_otherwise_is_unusual_and_another_tone_is_not(speech):
    usual = speech.threshold
    assert all(heard(speech, syllables(seed)) < usual for seed in range(100, 108))
    assert all(heard(speech, syllables(seed, tone=2.0)) < usual for seed in range(100, 108))
    noise = -3 + DRAWS(1).normal(0, 0.5, (400, 80))
    assert heard(speech, noise) > usual
    tone = np.full((400, 80), -9.0)
    tone[:, 20] = 0
    assert heard(speech, tone) > usual
    assert heard(speech, np.full((10, 80), -11.5)) > usual


def test_stretches_are_all_of_one_length():
    length = round(1.5 * RATE)
    for frames, count in ((3, 1), (length, 1), (3 * length + 5, 3)):
        parts = stretches(np.zeros((frames, BANDS)), RATE)
        assert [len(part.bands) for part in parts] == [length] * count


def test_the_average_band_and_the_loudness_don_t_count():
    bands = bands_of(CODEC, syllables(1))
    filtered = bands + np.linspace(-3, 2, BANDS)
    one, other = (sound_statistics(stretches(x, RATE)[0]) for x in (bands, filtered))
    assert one.shape == (45,)
    np.testing.assert_allclose(one, other, atol=1e-6)


def test_varied_bands_repeat_and_keep_their_number():
    bands = bands_of(CODEC, syllables(1))
    once, again = (vary_bands(bands, DRAWS(2)) for _ in range(2))
    np.testing.assert_array_equal(once, again)
    assert once.shape[1] == BANDS
    assert 0.7 < len(once) / len(bands) < 1.4
    assert np.isfinite(once).all()


def test_too_few_items_say_nothing():
    assert typical_pictures(of_items([scene(0)] * 7), SimpleNamespace(size=32)) is None
    assert typical_sound(of_items([syllables(0, seconds=2)] * 4), CODEC) is None
