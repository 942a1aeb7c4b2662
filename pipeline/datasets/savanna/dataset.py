"""The drawn world as a data set: unpaired domains, paired views, and a set for the classifier."""

from functools import partial
from typing import Literal, Self

import numpy as np
from pydantic import Field, model_validator

from pipeline.block import Count, Seed
from pipeline.datasets.factors import Category, FactorName, Value
from pipeline.datasets.savanna.draw import draw
from pipeline.datasets.savanna.factors import FACTORS, factors_of
from pipeline.datasets.savanna.labels import colour_labels
from pipeline.datasets.savanna.plan import plan
from pipeline.datasets.savanna.scene import ANIMALS, GROUNDS, Scene, sample_scene
from pipeline.datasets.source import Array, Item, PictureParams, Source
from pipeline.datasets.views import edges, grey

View = Literal["labels", "edges", "grey", "night", "plan"]
HOME = dict(zip(ANIMALS, GROUNDS, strict=True))  # horses live on meadows, zebras in the savanna


class SavannaParams(PictureParams):
    """Horses on meadows and zebras in the savanna, drawn by code.

    Domains ``horse`` and ``zebra`` are unaligned in ``train``; in ``test`` they show the same
    scenes, so each picture's true counterpart is known. Domain ``scene`` mixes both and is aligned
    with its ``views``. In ``classifier`` any animal stands on any ground, so a classifier must look
    at the animal. The factors are all that a picture is drawn from: `savanna.factors`.
    """

    kind: Literal["savanna"] = "savanna"
    size: int = Field(64, ge=64, le=2**16)
    train: Count = 800
    """Pictures a domain for training."""
    test: Count = 100
    classifier: Count = 800
    views: tuple[View, ...] = ("labels", "edges", "grey", "night", "plan")
    """Further views drawn of each picture of ``scene``; ``plan`` is its map from straight above."""
    seed: Seed = 1
    exclude: dict[FactorName, str] = Field(default_factory=dict)
    """A combination of two factors' values or more that no picture of ``train`` has, ``{coat:
    black, facing: left}`` say: whether samples have it tells whether a sampler combines what it
    learnt. Such pictures are left out of ``train``, and all others stay as they are; ``test`` and
    ``classifier`` have them. A run that mirrors its pictures (``flip``) faces both ways again."""

    @model_validator(mode="after")
    def _excludes_a_combination(self) -> Self:
        for name, value in self.exclude.items():
            factor = FACTORS.get(name)
            if not isinstance(factor, Category):
                known = ", ".join(n for n, f in FACTORS.items() if isinstance(f, Category))
                raise ValueError(f"exclude: found '{name}', allowed: {known}")
            if value not in factor.names:
                allowed = ", ".join(factor.names)
                raise ValueError(f"exclude.{name}: found '{value}', allowed: {allowed}")
        if len(self.exclude) == 1:
            raise ValueError("exclude: one value is no combination: name another factor's, too")
        if self.exclude and not self.exclude.keys() - {"animal", "ground"}:
            raise ValueError(
                "exclude: each animal lives on one ground: name a third factor's value"
            )
        return self

    @property
    def channels(self) -> dict[str, int]:
        """Three of colours, one of edges and of grey."""
        found = dict.fromkeys((*ANIMALS, "scene"), 3)
        return found | {view: 1 if view in ("edges", "grey") else 3 for view in self.views}

    def may_pair(self, a: str, b: str) -> bool:
        """Tell whether both are ``scene`` or a view of it."""
        return {a, b} <= {"scene", *self.views}

    def source(self) -> Source:
        """Return every split and domain."""
        rng = np.random.default_rng(self.seed)

        def scenes(count: int) -> list[Scene]:
            return [sample_scene(rng) for _ in range(count)]

        tested = scenes(self.test)
        # Left out of what was drawn, and not drawn again: all other pictures stay as they are.
        return Source(
            {
                "train": {
                    domain: [item for item in items if not self.leaves_out(item)]
                    for domain, items in {
                        **{animal: self._at_home(scenes(self.train), animal) for animal in ANIMALS},
                        **self._views(scenes(self.train)),
                    }.items()
                },
                "test": {
                    **{animal: self._at_home(tested, animal) for animal in ANIMALS},
                    **self._views(scenes(self.test)),
                },
                "classifier": {
                    animal: self._anywhere(scenes(self.classifier), animal) for animal in ANIMALS
                },
            },
            factors=FACTORS,
            excluded=self.exclude,
        )

    def leaves_out(self, item: Item) -> bool:
        """Tell whether an item has the combination that ``exclude`` names."""
        named = self.exclude.items()
        return bool(named) and all(item.factors[name] == value for name, value in named)

    def _at_home(self, scenes: list[Scene], animal: str) -> list[Item]:
        """List ``animal`` on the ground where it lives."""
        return [self._picture(scene, animal, HOME[animal]) for scene in scenes]

    def _anywhere(self, scenes: list[Scene], animal: str) -> list[Item]:
        """List ``animal`` on either ground in turn."""
        return [
            self._picture(scene, animal, GROUNDS[index % 2]) for index, scene in enumerate(scenes)
        ]

    def _picture(self, scene: Scene, animal: str, ground: str) -> Item:
        return self._item("picture", scene, factors_of(scene, animal, ground))

    def _views(self, scenes: list[Scene]) -> dict[str, list[Item]]:
        """Return both animals in turn, as pictures and as every view asked for."""
        animals = [ANIMALS[index % 2] for index in range(len(scenes))]
        shown = [
            (scene, factors_of(scene, animal, HOME[animal]))
            for scene, animal in zip(scenes, animals, strict=True)
        ]
        return {
            domain: [self._item(view, scene, factors) for scene, factors in shown]
            for domain, view in [("scene", "picture"), *((view, view) for view in self.views)]
        }

    def _item(self, view: str, scene: Scene, factors: dict[str, Value]) -> Item:
        """Return one view of a scene; ``factors``, which all its views share, have animal and
        ground."""
        drawing = partial(
            render, view, scene, self.size, str(factors["animal"]), str(factors["ground"])
        )
        # The texture's seed names a scene: two scenes share one about once in 10 ** 9.
        return Item(f"{scene.texture:010d}", drawing, factors=factors)


def render(view: str, scene: Scene, size: int, animal: str, ground: str) -> Array:
    """Return one view of a scene, uint8 [size, size, C]."""
    if view == "plan":
        return plan(scene, size, animal, ground)
    drawing = draw(scene, size, animal, ground, night=view == "night")
    match view:
        case "labels":
            return colour_labels(drawing.labels)
        case "edges":
            return edges(drawing.picture)
        case "grey":
            return grey(drawing.picture)
        case _:
            return drawing.picture
