"""The drawn world's factors: every field of a `Scene`, the animal in it and the ground it is on."""

from collections.abc import Mapping
from dataclasses import fields
from typing import Any

from pipeline.datasets.factors import Category, Factor, Number, Value

from .scene import ANIMALS, COATS, GROUNDS, Scene

FACING = {"left": -1, "right": 1}
FEET = ("near_fore", "near_hind", "far_fore", "far_hind")
"""In the order of `Scene.stance`."""

UNIT, SWING = Number(low=0, high=1), Number(low=-1, high=1)

FACTORS: dict[str, Factor] = {
    "animal": Category(names=ANIMALS, shared=False),
    "ground": Category(names=GROUNDS, shared=False),
    "facing": Category(names=tuple(FACING)),
    "length": Number(low=0.46, high=0.58),
    "place": UNIT,
    "feet": Number(low=0.86, high=0.95),
    "head": UNIT,
    "stride": UNIT,
    "phase": UNIT,
    **{f"stance_{foot}": SWING for foot in FEET},
    "build": SWING,
    "wind": SWING,
    "coat": Category(names=COATS),
    "coat_tone": SWING,
    "blaze": Category(names=("no", "yes")),
    "socks": Number(low=0, high=4, whole=True),
    "stripe_width": SWING,
    "light": SWING,
    "brightness": Number(low=0.96, high=1.04),
    "warmth": SWING,
    "sky": UNIT,
    "horizon": Number(low=0.24, high=0.60),
    "hills": UNIT,
    "clouds": Number(low=0, high=4, whole=True),
    "trees": Number(low=0, high=3, whole=True),
    "bushes": Number(low=0, high=4, whole=True),
    "texture": Number(low=0, high=2**31 - 1, whole=True),
}
"""Name -> type; a field of `Scene` has its name here, and ``stance`` one for each foot.

What a kind of animal doesn't show (a zebra its coat, a horse its stripes) has values too: its
counterpart in the other domain shows it.
"""


def factors_of(scene: Scene, animal: str, ground: str) -> dict[str, Value]:
    """Return the value of each factor: with view and size, all that a picture is drawn from."""
    values = dict(vars(scene))
    stance = values.pop("stance")
    return {
        **values,
        **{f"stance_{foot}": value for foot, value in zip(FEET, stance, strict=True)},
        "animal": animal,
        "ground": ground,
        "facing": "left" if scene.facing < 0 else "right",
        "blaze": "yes" if scene.blaze else "no",
    }


def scene_of(factors: Mapping[str, Value]) -> Scene:
    """Return the scene with these factors, the inverse of `factors_of`.

    Raises KeyError where one is missing.
    """
    values: dict[str, Any] = {
        field.name: factors[field.name] for field in fields(Scene) if field.name != "stance"
    }
    values["stance"] = tuple(factors[f"stance_{foot}"] for foot in FEET)
    values["facing"] = FACING[values["facing"]]
    values["blaze"] = values["blaze"] == "yes"
    return Scene(**values)
