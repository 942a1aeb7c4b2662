"""The factors that vary from one picture of the drawn world to the next."""

from dataclasses import dataclass

import numpy as np

ANIMALS = ("horse", "zebra")
GROUNDS = ("meadow", "savanna")
COATS = ("bay", "chestnut", "black", "grey", "palomino", "dun")
COAT_SHARES = (0.34, 0.34, 0.06, 0.06, 0.07, 0.13)

# Reach of the figure behind and before the middle of its trunk, in trunk lengths.
TAIL_REACH, MUZZLE_REACH = 0.64, 0.98


@dataclass(frozen=True)
class Scene:
    """All factors of variation; lengths and places are fractions of the picture's side.

    A scene names neither animal nor ground: drawn with another animal it is the same moment with
    the other animal in the same pose, which makes the two pictures true counterparts.
    """

    facing: int  # 1 looks right, -1 looks left
    length: float  # chest to buttock, 0.46 to 0.58
    place: float  # 0 to 1: left to right in the room that the figure leaves
    feet: float  # height of the near hooves, from the top, 0.86 to 0.95
    head: float  # 0 grazes, 0.4 looks ahead with a low neck, 1 alert
    stride: float  # 0 stands, 1 walks with long steps
    phase: float  # 0 to 1: moment in the walk's cycle
    stance: tuple[float, float, float, float]  # -1 to 1: feet set back or forward (NF NH FF FH)
    build: float  # -1 lean to 1 round
    wind: float  # -1 to 1: pushes mane and tail back or forward
    coat: str  # one of COATS; a zebra has none of them
    coat_tone: float  # -1 dark to 1 light within the coat
    blaze: bool  # white stripe down a horse's face
    socks: int  # 0 to 4 white feet of a horse, near fore first
    stripe_width: float  # -1 thin to 1 broad: 10 percent about the mean
    light: float  # -1 from the left to 1 from the right, at least 0.35 from the middle
    brightness: float  # 0.96 to 1.04, factor on the finished picture
    warmth: float  # -1 cool to 1 warm light
    sky: float  # 0 deep blue to 1 hazy
    horizon: float  # height of the horizon from the top, 0.24 to 0.60
    hills: float  # 0 flat to 1 high, at most 0.16 above the horizon
    clouds: int  # 0 to 4
    trees: int  # 0 to 3
    bushes: int  # 0 to 4
    texture: int  # seed of grass, noise and the shapes of clouds, hills and trees, 0 to 2**31 - 1

    @property
    def middle(self) -> float:
        """The middle of the trunk, from the left: the figure always fits the picture."""
        before, behind = MUZZLE_REACH * self.length, TAIL_REACH * self.length
        left, right = (behind, before) if self.facing > 0 else (before, behind)
        return left + self.place * (1.0 - left - right)


def sample_scene(rng: np.random.Generator) -> Scene:
    """Return a scene with every factor drawn from its range: half of the animals graze or walk."""
    pose = rng.choice(3, p=(0.4, 0.25, 0.35))  # stands, grazes, walks
    head_range = ((0.5, 1.0), (0.0, 0.08), (0.4, 0.9))[pose]
    stance = rng.uniform(-1.0, 1.0, 4)
    return Scene(
        facing=1 if rng.random() < 0.5 else -1,
        length=float(rng.uniform(0.46, 0.58)),
        place=float(rng.uniform(0.0, 1.0)),
        feet=float(rng.uniform(0.86, 0.95)),
        head=float(rng.uniform(*head_range)),
        stride=float(rng.uniform(0.6, 1.0)) if pose == 2 else 0.0,
        phase=float(rng.uniform(0.0, 1.0)),
        stance=(float(stance[0]), float(stance[1]), float(stance[2]), float(stance[3])),
        build=float(rng.uniform(-1.0, 1.0)),
        wind=float(rng.uniform(-1.0, 1.0)),
        coat=COATS[rng.choice(len(COATS), p=COAT_SHARES)],
        coat_tone=float(rng.uniform(-1.0, 1.0)),
        blaze=bool(rng.random() < 0.4),
        socks=int(rng.choice(5, p=(0.5, 0.15, 0.15, 0.1, 0.1))),
        stripe_width=float(rng.uniform(-1.0, 1.0)),
        light=float(rng.choice((-1.0, 1.0)) * rng.uniform(0.35, 1.0)),
        brightness=float(rng.uniform(0.96, 1.04)),
        warmth=float(rng.uniform(-1.0, 1.0)),
        sky=float(rng.uniform(0.0, 1.0)),
        horizon=float(rng.uniform(0.24, 0.60)),
        hills=float(rng.uniform(0.0, 1.0)),
        clouds=int(rng.integers(0, 5)),
        trees=int(rng.integers(0, 4)),
        bushes=int(rng.integers(0, 5)),
        texture=int(rng.integers(0, 2**31)),
    )
