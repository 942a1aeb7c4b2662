"""The 1,797 handwritten digits that come with scikit-learn, enlarged from 8x8."""

from functools import partial
from typing import Literal

import numpy as np
from PIL import Image
from pydantic import Field

from pipeline.datasets.factors import Category
from pipeline.datasets.source import Array, Item, PictureParams, Source, as_is
from pipeline.samples import DatasetSpec

NAMES = tuple(str(digit) for digit in range(10))
TEST_EVERY = 5  # every fifth digit is for testing, the same ones whatever the seed


class DigitsParams(PictureParams):
    """UCI optical digits (Kaynak, 1995): real, labelled, and on every machine with scikit-learn."""

    kind: Literal["digits"] = "digits"
    size: int = Field(32, ge=8, le=2**16)

    @property
    def channels(self) -> dict[str, int]:
        """One, of grey."""
        return {"digit": 1}

    @property
    def spec(self) -> DatasetSpec:
        """Pictures of ``size`` in ten classes."""
        return super().spec.model_copy(update={"classes": NAMES})

    def source(self) -> Source:
        """List 1,437 digits for training and 360 for testing, domain ``digit``, labels 0 to 9.

        The factor ``digit`` is the same, by name.
        """
        from sklearn.datasets import load_digits

        raw = load_digits()
        splits: dict[str, list[Item]] = {"train": [], "test": []}
        for index, (image, label) in enumerate(zip(raw.images, raw.target, strict=True)):
            split = "test" if index % TEST_EVERY == 0 else "train"
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
