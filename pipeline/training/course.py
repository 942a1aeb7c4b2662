"""The course of a training on points: at every preview, where samples lie and what the
discriminator makes of every place.

Of pictures a few are kept; points are small, and kept whole: what hops from mode to mode, and
whether a loss follows the distance, is read from them.
"""

import itertools
from collections.abc import Callable
from pathlib import Path
from typing import NamedTuple

import torch
from safetensors import SafetensorError
from safetensors.torch import load_file
from safetensors.torch import save as to_safetensors
from torch import Tensor

from pipeline.errors import UserError
from pipeline.system.files import replace, write

FILE = "course.safetensors"
"""The file of a whole course, beside the curves."""
SIDE = {1: 256, 2: 40}
"""Places along each axis, by the number of axes."""
BEYOND = 1.5
"""Times the reach of the data, about 0, that places cover."""

LOG_ODDS = frozenset({"minimax", "nonsaturating"})

Logits = Callable[[Tensor], Tensor | None]
"""Samples [N, C, H, W] -> the discriminator's logits [N]; None where there is none."""


class Course(NamedTuple):
    """A training, seen at times."""

    steps: Tensor
    """[T]"""
    samples: Tensor
    """[T, n, D], of one seed."""
    logits: Tensor | None
    """[T, P] at the places; None of a method without a discriminator."""
    places: Tensor
    """[P, D], along each axis in order, the last one's first."""
    real: Tensor
    """Points of the data [n, D]."""


class CourseRecorder:
    """Writes what there is to see of a training on points, a file each time."""

    def __init__(self, folder: Path, logits: Logits) -> None:
        """Take the ``folder`` of files named by their steps."""
        self.folder, self.logits = folder, logits

    @torch.no_grad()
    def record(self, step: int, samples: Tensor, real: Tensor) -> Tensor | None:
        """Write what there is to see after ``step``.

        Takes samples and points of the data, both [n, D, 1, 1] and the second ones always the
        same. Returns the discriminator's logits [P] at the places, None where it has none.
        """
        places = places_around(real.flatten(1))
        found = self.logits(places[:, :, None, None].to(samples.device))
        seen = {"samples": samples.flatten(1), "real": real.flatten(1), "places": places}
        seen = {name: x.float().cpu().contiguous() for name, x in seen.items()}
        if found is not None:
            seen["logits"] = found.float().cpu()
        self.folder.mkdir(parents=True, exist_ok=True)
        replace(self.folder / f"{step:08d}.safetensors", to_safetensors(seen))
        return seen.get("logits")

    def leave(self, path: Path) -> None:
        """Join the files to one at ``path``; nothing where there are none."""
        files = sorted(self.folder.glob("*.safetensors")) if self.folder.exists() else []
        if not files:
            return
        rows = [load_file(file) for file in files]
        joined = {name: rows[0][name] for name in ("places", "real")}
        for name in sorted(rows[0].keys() - joined.keys()):
            joined[name] = torch.stack([row[name] for row in rows])
        joined["steps"] = torch.tensor([int(file.stem) for file in files])
        write(path, to_safetensors(joined))


def places_around(points: Tensor) -> Tensor:
    """Return places [P, D] evenly over a cube about 0 that holds points [n, D]."""
    dims = points.shape[1]
    reach = BEYOND * float(points.abs().max())
    side = torch.linspace(-reach, reach, SIDE[dims]).tolist()
    return torch.tensor(list(itertools.product(side, repeat=dims)))


def field_of(logits: Tensor, loss: str) -> Tensor:
    """Map logits [P] at all places to what is drawn of them, in [0, 1]: 1 where they look real.

    The probability, of losses by which logits are log-odds; of others their place between the
    lowest and the highest.
    """
    if loss in LOG_ODDS:
        return logits.sigmoid()
    low, high = logits.min(), logits.max()
    return (logits - low) / (high - low).clamp(min=1e-12)


def read_course(path: Path) -> Course:
    """Read what a training on points left; raise UserError where it left none."""
    try:
        found = load_file(path)
        return Course(
            found["steps"], found["samples"], found.get("logits"), found["places"], found["real"]
        )
    except FileNotFoundError as error:
        raise UserError(f"expected the course of a training on points at {path}") from error
    except (SafetensorError, KeyError) as error:
        raise UserError(f"{path} holds no course of a training; train again ({error})") from error
