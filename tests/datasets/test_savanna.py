import dataclasses
import hashlib
import subprocess
import sys

import numpy as np
import pytest
from scipy import ndimage

from pipeline.datasets.savanna import (
    ANIMALS,
    GROUNDS,
    LABELS,
    PALETTE,
    Drawing,
    Scene,
    colour_labels,
    draw,
    plan,
    sample_scene,
)
from pipeline.datasets.savanna.dataset import SavannaParams, View
from pipeline.datasets.savanna.plants import bush_places, tree_places
from pipeline.datasets.views import edges, grey

ANIMAL_CLASSES = [LABELS.index(name) for name in ("horse", "zebra", "stripe", "mane", "hoof")]
HAIR_REACH = 8  # pixels at 64: how far a flowing mane or a full tail goes beyond the other's


def scenes(count: int, seed: int = 0) -> list[Scene]:
    rng = np.random.default_rng(seed)
    return [sample_scene(rng) for _ in range(count)]


def home(scene: Scene, animal: str, size: int = 64) -> Drawing:
    return draw(scene, size, animal, GROUNDS[ANIMALS.index(animal)])


def animal_mask(drawing: Drawing) -> np.ndarray:
    return np.isin(drawing.labels, ANIMAL_CLASSES)


def psnr(error: float) -> float:
    return float(10 * np.log10(255**2 / error))


CHECKSUM = """
import hashlib, numpy as np
from pipeline.datasets.savanna import draw, sample_scene
scene = sample_scene(np.random.default_rng(5))
drawing = draw(scene, 64, "zebra", "savanna", night=True)
print(hashlib.sha256(drawing.picture.tobytes() + drawing.labels.tobytes()).hexdigest())
"""


def test_another_process_draws_the_same_picture() -> None:
    here = draw(scenes(1, seed=5)[0], 64, "zebra", "savanna", night=True)
    there = subprocess.run(
        [sys.executable, "-c", CHECKSUM], capture_output=True, text=True, check=True
    )
    checksum = hashlib.sha256(here.picture.tobytes() + here.labels.tobytes()).hexdigest()
    assert there.stdout.strip() == checksum


def test_neither_earlier_pictures_nor_global_state_change_a_picture() -> None:
    first, second = scenes(2)
    before = home(first, "horse").picture
    home(second, "zebra", 96)
    np.random.seed(1)  # noqa: NPY002 - the very state that must not matter
    np.testing.assert_array_equal(home(first, "horse").picture, before)


def test_plans_change_no_other_view() -> None:
    views: tuple[View, ...] = ("labels", "edges", "grey", "night")
    few = SavannaParams(train=2, test=1, classifier=1, views=views).source().items
    more = SavannaParams(train=2, test=1, classifier=1, views=("plan", *views)).source().items
    for split, domains in few.items():
        for domain, items in domains.items():
            for item, other in zip(items, more[split][domain], strict=True):
                assert item.key == other.key
                before = item.load()
                for plans in more[split].get("plan", []):
                    plans.load()
                np.testing.assert_array_equal(before, other.load())


@pytest.mark.parametrize("size", [64, 96, 128])
@pytest.mark.parametrize("animal", ANIMALS)
def test_shapes_and_types(size: int, animal: str) -> None:
    drawing = home(scenes(1)[0], animal, size)
    assert drawing.picture.shape == (size, size, 3)
    assert drawing.labels.shape == (size, size)
    assert colour_labels(drawing.labels).shape == (size, size, 3)
    assert edges(drawing.picture).shape == (size, size, 1)
    assert grey(drawing.picture).shape == (size, size, 1)
    above = plan(scenes(1)[0], size, animal, "meadow")
    assert above.shape == (size, size, 3)
    views = (drawing.picture, drawing.labels, edges(drawing.picture), grey(drawing.picture), above)
    assert all(view.dtype == np.uint8 for view in views)


def test_scene_fields_stay_in_their_ranges_and_the_animal_in_the_picture() -> None:
    for scene in scenes(200):
        assert scene.facing in (-1, 1)
        assert 0.46 <= scene.length <= 0.58
        assert 0.86 <= scene.feet <= 0.95
        assert 0.24 <= scene.horizon <= 0.60
        assert 0.35 <= abs(scene.light) <= 1.0
        units = (scene.place, scene.head, scene.stride, scene.phase, scene.sky, scene.hills)
        assert all(0.0 <= value <= 1.0 for value in units)
        swings = (scene.build, scene.wind, scene.coat_tone, scene.warmth, *scene.stance)
        assert all(-1.0 <= value <= 1.0 for value in swings)
        assert 0.64 * scene.length <= scene.middle <= 1 - 0.64 * scene.length


def test_every_label_occurs_and_none_is_beyond_the_list() -> None:
    seen = {
        int(label)
        for scene in scenes(24)
        for animal in ANIMALS
        for label in np.unique(home(scene, animal).labels)
    }
    assert seen == set(range(len(LABELS)))


def test_palette_has_a_distant_colour_for_each_label() -> None:
    assert PALETTE.shape == (len(LABELS), 3)
    colours = PALETTE.astype(float)
    apart = np.linalg.norm(colours[:, None] - colours[None], axis=-1)
    assert apart[~np.eye(len(LABELS), dtype=bool)].min() > 60


@pytest.mark.parametrize("ground", GROUNDS)
@pytest.mark.parametrize("night", [False, True])
def test_another_animal_changes_only_the_animal(ground: str, night: bool) -> None:
    for scene in scenes(6):
        horse, zebra = (draw(scene, 64, animal, ground, night) for animal in ANIMALS)
        either = animal_mask(horse) | animal_mask(zebra)
        fringe = ndimage.binary_dilation(either, np.ones((3, 3)))  # anti-aliasing
        np.testing.assert_array_equal(horse.picture[~fringe], zebra.picture[~fringe])
        np.testing.assert_array_equal(horse.labels[~fringe], zebra.labels[~fringe])
        change = np.abs(horse.picture.astype(int) - zebra.picture).max(-1)
        assert (change[animal_mask(horse) & animal_mask(zebra)] > 0).mean() > 0.9


def test_counterparts_share_silhouette_and_layout() -> None:
    for scene in scenes(10):
        horse, zebra = home(scene, "horse"), home(scene, "zebra")
        a, b = animal_mask(horse), animal_mask(zebra)
        assert (a & b).sum() / (a | b).sum() > 0.75
        near = ndimage.binary_dilation(a & b, iterations=HAIR_REACH)
        assert not ((a ^ b) & ~near).any()
        kinds = [*ANIMAL_CLASSES, LABELS.index("tree")]  # an acacia is not an oak
        free = ~(np.isin(horse.labels, kinds) | np.isin(zebra.labels, kinds))
        meadow, savanna = LABELS.index("meadow"), LABELS.index("savanna")
        moved = np.where(zebra.labels == savanna, meadow, zebra.labels)
        np.testing.assert_array_equal(horse.labels[free], moved[free])


def test_a_counterpart_is_neither_the_picture_nor_another_one() -> None:
    pairs = [(home(scene, "horse").picture, home(scene, "zebra").picture) for scene in scenes(12)]
    scores = [psnr(float(np.mean((h.astype(float) - z) ** 2))) for h, z in pairs]
    assert 10.0 < np.mean(scores) < 17.0


def test_stripes_are_a_function_of_the_pose() -> None:
    scene = scenes(1)[0]
    drawing = home(scene, "zebra")
    other = dataclasses.replace(scene, texture=scene.texture + 1, light=-scene.light, coat="grey")
    stripe = LABELS.index("stripe")
    again = home(other, "zebra").labels
    # Another texture moves the grass before the hooves, so the lowest pixels may differ.
    above = slice(0, int(64 * (scene.feet - 0.05)))
    np.testing.assert_array_equal(drawing.labels[above] == stripe, again[above] == stripe)
    dark = drawing.picture[drawing.labels == stripe].mean()
    light = drawing.picture[drawing.labels == LABELS.index("zebra")].mean()
    assert light - dark > 80


def test_size_adds_detail_to_the_same_scene() -> None:
    scene = scenes(1)[0]
    small, large = home(scene, "zebra", 64).picture, home(scene, "zebra", 128).picture
    halved = large.reshape(64, 2, 64, 2, 3).mean((1, 3))
    assert psnr(float(np.mean((halved - small) ** 2))) > 28


def test_labels_explain_the_picture() -> None:
    drawings = [home(scene, ANIMALS[i % 2]) for i, scene in enumerate(scenes(80))]
    pictures = np.stack([drawing.picture for drawing in drawings]).astype(float)
    labels = np.stack([drawing.labels for drawing in drawings])
    painted = np.zeros_like(pictures)
    for label in np.unique(labels):
        painted[labels == label] = pictures[labels == label].mean(0)
    mean = psnr(float(np.mean((pictures - pictures.mean(0)) ** 2)))
    assert psnr(float(np.mean((pictures - painted) ** 2))) - mean > 5.0


def bare(scene: Scene) -> Scene:
    """The scene without plants, in plain light."""
    return dataclasses.replace(scene, trees=0, bushes=0, light=0.35, brightness=1.0, warmth=0.0)


def sign(scene: Scene, size: int = 64) -> np.ndarray:
    """Where a plan's animal lies, rim and all: what another kind of animal changes."""
    horse, zebra = (plan(scene, size, animal, "meadow").astype(int) for animal in ANIMALS)
    return np.abs(horse - zebra).max(-1) > 8


def test_a_plan_has_the_animal_in_the_columns_of_its_label() -> None:
    for scene in scenes(40):
        shown = np.flatnonzero(animal_mask(home(scene, "zebra")).any(0))
        drawn = np.flatnonzero(sign(scene).any(0))
        assert abs(shown.mean() - drawn.mean()) <= 4  # hair and the sign's rim
        assert abs(shown[0] - drawn[0]) <= 6
        assert abs(shown[-1] - drawn[-1]) <= 6


def test_a_plan_has_what_is_nearer_lower() -> None:
    for scene in scenes(8):
        lowest = [
            np.flatnonzero(sign(dataclasses.replace(scene, feet=feet), 128).any(1))[-1]
            for feet in (0.86, 0.89, 0.92, 0.95)
        ]
        assert (np.diff(lowest) >= 1).all()


def test_a_plan_tells_the_horizon_by_where_the_land_ends() -> None:
    scene = bare(scenes(1)[0])
    ends = []
    for horizon in (0.24, 0.36, 0.48, 0.60):
        picture = plan(dataclasses.replace(scene, horizon=horizon), 128, "horse", "meadow")
        paper = picture[-1, 0].astype(int)
        edge = np.flatnonzero(np.abs(picture.astype(int) - paper).max((1, 2)) > 40)
        ends.append(int(edge[-1]))
    assert (np.diff(ends) <= -5).all()


def test_a_plan_points_where_the_animal_looks() -> None:
    for scene in scenes(6):
        right = bare(dataclasses.replace(scene, facing=1, place=0.5, head=1.0))
        left = dataclasses.replace(right, facing=-1)
        ahead, behind = (sign(one) for one in (right, left))
        middle = round(64 * right.middle)
        assert np.flatnonzero(ahead.any(0))[-1] - middle > middle - np.flatnonzero(ahead.any(0))[0]
        mirrored = behind[:, ::-1]
        overlap = (ahead & mirrored).sum() / (ahead | mirrored).sum()
        assert overlap > 0.8
        assert (ahead & behind).sum() / (ahead | behind).sum() < overlap


def test_a_plan_tells_the_kinds_apart_by_colour() -> None:
    for scene in scenes(12):
        for animal, own, other in (("horse", 0, 2), ("zebra", 2, 0)):  # crimson, indigo
            colours = plan(scene, 64, animal, "meadow")[sign(scene)].astype(int)
            rim = (colours[:, own] > colours[:, other] + 40) & (colours[:, 1] < 80)
            alien = (colours[:, other] > colours[:, own] + 40) & (colours[:, 1] < 80)
            assert rim.sum() > 20
            assert not alien.any()


def test_a_plan_has_a_tree_and_a_bush_in_the_column_of_its_foot() -> None:
    for kind, places in (("trees", tree_places), ("bushes", bush_places)):
        for scene in map(bare, scenes(12)):
            grown = dataclasses.replace(scene, **{kind: 1})
            pair = (plan(one, 64, "horse", "savanna").astype(int) for one in (scene, grown))
            change = np.abs(np.subtract(*pair)).max(-1)
            (column,) = 64 * places(grown)[1][:, 0]
            if 10 < column < 54:  # all of it on the plan
                planted = np.flatnonzero((change > 60).any(0))
                assert planted[0] <= column <= planted[-1]
                assert abs(planted.mean() - column) <= 3


def test_night_is_darker_and_keeps_the_labels() -> None:
    for scene in scenes(4):
        day, night = (draw(scene, 64, "horse", "meadow", night) for night in (False, True))
        assert night.picture.mean() < 0.5 * day.picture.mean()
        red, _, blue = night.picture.mean((0, 1))
        assert blue > red
        np.testing.assert_array_equal(day.labels, night.labels)


def test_edges_are_binary_and_sparse_but_there() -> None:
    for scene in scenes(6):
        for night in (False, True):
            lines = edges(draw(scene, 64, "horse", "meadow", night).picture)
            assert set(np.unique(lines)) == {0, 255}
            assert 0.02 < (lines > 0).mean() < 0.30


def test_edges_of_a_square_are_its_outline() -> None:
    picture = np.zeros((64, 64, 3), np.uint8)
    picture[16:48, 16:48] = 200
    lines = edges(picture)[..., 0] > 0
    inner = np.zeros((64, 64), bool)
    inner[20:44, 20:44] = True
    assert not lines[inner].any()
    assert lines[20:44].any(0)[14:18].any()
    assert 100 <= lines.sum() <= 140


def test_grey_is_luma() -> None:
    colours = np.array([[[255, 0, 0], [0, 255, 0]], [[0, 0, 255], [255, 255, 255]]], np.uint8)
    np.testing.assert_array_equal(grey(colours)[..., 0], [[76, 150], [29, 255]])


def test_what_cannot_be_drawn_is_named() -> None:
    scene = scenes(1)[0]
    with pytest.raises(ValueError, match=r"'cow'.*horse, zebra"):
        draw(scene, 64, "cow", "meadow")
    with pytest.raises(ValueError, match=r"'moon'.*meadow, savanna"):
        draw(scene, 64, "horse", "moon")
    with pytest.raises(ValueError, match="at least 64"):
        draw(scene, 32, "horse", "meadow")
    with pytest.raises(ValueError, match=r"'cow'.*horse, zebra"):
        plan(scene, 64, "cow", "meadow")


def test_plans_are_prepared_beside_the_pictures() -> None:
    split = SavannaParams(train=2, test=1, classifier=1, views=("plan",)).source().items["train"]
    assert set(split) == {*ANIMALS, "scene", "plan"}
    assert [item.key for item in split["plan"]] == [item.key for item in split["scene"]]
    for item, scene in zip(split["plan"], split["scene"], strict=True):
        assert item.load().shape == scene.load().shape == (64, 64, 3)
        assert (item.load() != scene.load()).any()
