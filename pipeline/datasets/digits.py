"""The 1,797 handwritten digits that come with scikit-learn, enlarged from 8x8."""

from functools import partial
from typing import Literal, Self

import numpy as np
from PIL import Image
from pydantic import Field, model_validator

from pipeline.datasets.factors import Category
from pipeline.datasets.source import Array, Item, PictureParams, Source, as_is
from pipeline.samples import DatasetSpec

NAMES = tuple(str(digit) for digit in range(10))
TEST_EVERY = 5  # every fifth digit is for testing, the same ones whatever the seed


class DigitsParams(PictureParams):
    """UCI optical digits (Kaynak, 1995): real, labelled, and on every machine with scikit-learn."""

    kind: Literal["digits"] = "digits"
    size: int = Field(32, ge=8, le=2**16)
    exclude: tuple[Literal["0", "1", "2", "3", "4", "5", "6", "7", "8", "9"], ...] = ()
    """Digits that ``train`` has none of, and ``test`` has: whether a model takes them for
    anomalies."""

    @model_validator(mode="after")
    def _leaves_digits(self) -> Self:
        if set(self.exclude) == set(NAMES):
            raise ValueError("exclude: found every digit, so that none is left to train on")
        return self

    @property
    def channels(self) -> dict[str, int]:
        """One, of grey."""
        return {"digit": 1}

    @property
    def spec(self) -> DatasetSpec:
        """Pictures of ``size`` in ten classes."""
        return super().spec.model_copy(update={"classes": NAMES})

    def source(self) -> Source:
        """List 1,437 digits for training (but ``exclude``) and 360 for testing, domain ``digit``,
        labels 0 to 9.

        The factor ``digit`` is the same, by name.
        """
        from sklearn.datasets import load_digits

        raw = load_digits()
        splits: dict[str, list[Item]] = {"train": [], "test": []}
        for index, (image, label) in enumerate(zip(raw.images, raw.target, strict=True)):
            split = "test" if index % TEST_EVERY == 0 else "train"
            if split == "train" and NAMES[label] in self.exclude:
                continue
            loader = partial(as_is, enlarge(image, self.size))
            factors = {"digit": NAMES[label]}
            splits[split].append(Item(f"{index:04d}", loader, int(label), factors=factors))
        return Source(
            {split: {"digit": items} for split, items in splits.items()},
            classes=NAMES,
            factors={"digit": Category(names=NAMES)},
        )


def enlarge(image: Array, size: int) -> Array:
    """Return a digit of [8, 8] levels from 0 to 16 -> uint8 [size, size, 1], bicubic."""
    levels = np.round(image * (255 / 16)).astype(np.uint8)
    large = Image.fromarray(levels).resize((size, size), Image.Resampling.BICUBIC)
    return np.asarray(large)[:, :, None]
