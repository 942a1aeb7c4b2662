"""The course of a training on points, in numbers and pictures."""

import io
import itertools
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
from PIL import Image
from torch import Tensor

from pipeline.figures import draw_points
from pipeline.metrics.modes import (
    Modes,
    high_quality,
    modes_covered,
    nearest_modes,
)
from pipeline.metrics.wasserstein import sliced_wasserstein
from pipeline.training.course import BEYOND, Course, field_of

Picture = npt.NDArray[np.uint8]

STRIP = 6
"""Pictures of a strip."""
GAP = 6  # pixels between them
FRAME = 90  # milliseconds of a film's frame; the last one stays ten times as long


@dataclass(frozen=True)
class Training:
    """One finished training on points."""

    name: str
    data: str
    loss: str
    """"" of a method without a discriminator."""
    course: Course
    real: Tensor
    """All training points [N, D]."""
    modes: Modes | None
    """Of a mixture."""
    curves: Mapping[str, Sequence[tuple[float, float]]]
    """Steps and values, by the name of what was logged."""


def distances(training: Training) -> list[float]:
    """Compute the sliced Wasserstein distance of the samples to the data at each time."""
    return [sliced_wasserstein(x, training.real) for x in training.course.samples]


def covered(course: Course, modes: Modes) -> list[int]:
    """Count the modes covered at each time."""
    return [modes_covered(x, modes) for x in course.samples]


def good(course: Course, modes: Modes) -> list[float]:
    """Compute the share of samples of high quality at each time."""
    return [high_quality(x, modes) for x in course.samples]


def favourites(course: Course, modes: Modes) -> list[int]:
    """Find the mode that most samples are nearest to at each time."""
    return [
        int(nearest_modes(x, modes)[0].bincount(minlength=len(modes.means)).argmax())
        for x in course.samples
    ]


def favourite_shares(course: Course, modes: Modes) -> list[float]:
    """Compute the share of samples that are nearest to the favourite at each time."""
    return [float(nearest_modes(x, modes)[0].bincount().max()) / len(x) for x in course.samples]


def hops(found: Sequence[int]) -> int:
    """Count how often the favourite changed."""
    return sum(before != after for before, after in itertools.pairwise(found))


def frame(training: Training, at: int) -> Picture:
    """Draw one time: data grey, samples red, over the discriminator's field."""
    course = training.course
    field = None if course.logits is None else field_of(course.logits[at], training.loss)
    reach = BEYOND * float(course.real.abs().max())
    return draw_points(course.real, course.samples[at], reach, field)


def strip(training: Training, count: int = STRIP) -> bytes:
    """Draw ``count`` times, spread evenly with the first and the last, side by side: a PNG."""
    times = np.linspace(0, len(training.course.steps) - 1, count).round().astype(int)
    frames = [frame(training, int(at)) for at in times]
    side = frames[0].shape[0]
    canvas = np.full((side, (side + GAP) * len(frames) - GAP, 3), 255, np.uint8)
    for place, picture in enumerate(frames):
        canvas[:, place * (side + GAP) :][:, :side] = picture
    buffer = io.BytesIO()
    Image.fromarray(canvas).save(buffer, format="PNG")
    return buffer.getvalue()


def strip_steps(course: Course, count: int = STRIP) -> list[int]:
    """Return the steps that `strip` shows."""
    times = np.linspace(0, len(course.steps) - 1, count).round().astype(int)
    return [int(course.steps[at]) for at in times]


def film(training: Training) -> bytes:
    """Draw every time as a frame of a film: a GIF that begins again."""
    frames = [
        Image.fromarray(frame(training, at)).quantize(64)
        for at in range(len(training.course.steps))
    ]
    buffer = io.BytesIO()
    shown = [FRAME] * (len(frames) - 1) + [10 * FRAME]
    frames[0].save(
        buffer, format="GIF", save_all=True, append_images=frames[1:], duration=shown, loop=0
    )
    return buffer.getvalue()
