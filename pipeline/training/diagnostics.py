"""What is wrong with a run, as far as its outputs and losses show it."""

import math
from collections.abc import Sequence

import torch
from torch import Tensor

from pipeline.training.history import Row
from pipeline.training.previews import Look

ALIKE = 0.1  # of the real items' differences: outputs that differ less are called alike
NEGATIVE = -0.5  # correlation of output and input: below, light and dark have changed places
SURE, BLIND = 0.99, 0.002  # a discriminator's confidence that leaves a generator nothing to learn
ALONE = 1.5  # perplexity of a codebook of which one code does all the work
LONG = 5  # rows of the history


def diagnose(seen: Sequence[Look], rows: Sequence[Row], aligned: bool) -> list[str]:
    """What to warn of; ``aligned``: outputs have true counterparts, which may be negatives."""
    found = [warning for look in seen for warning in collapse(look)]
    if not aligned:
        found += [warning for look in seen for warning in inversion(look)]
    return found + deadlock(rows) + idle_codebook(rows)


def collapse(look: Look) -> list[str]:
    """Whether outputs are all alike."""
    if len(look.output) < 2 or spread(look.output) >= ALIKE * spread(look.real):
        return []
    return [f"{look.name}: outputs are all alike (mode collapse)"]


def spread(x: Tensor) -> float:
    """Mean distance of samples [N, C, H, W] to their mean."""
    x = x.float()
    return float((x - x.mean(dim=0)).abs().mean())


def inversion(look: Look) -> list[str]:
    """Whether a translator turns light into dark: it can be undone, so a cycle permits it."""
    if look.source is None or look.source.shape != look.output.shape:
        return []
    if correlation(look.source, look.output) > NEGATIVE:
        return []
    return [f"{look.name}: outputs are negatives of their inputs (inverted colours)"]


def correlation(x: Tensor, y: Tensor) -> float:
    """Mean correlation of each sample's values with those of its partner."""
    x, y = (z.float().mean(dim=1).flatten(1) for z in (x, y))  # [N, H * W]
    x, y = (z - z.mean(dim=1, keepdim=True) for z in (x, y))
    return float(torch.cosine_similarity(x, y, dim=1).mean())


def deadlock(rows: Sequence[Row]) -> list[str]:
    """Whether a discriminator has long been perfect, or has told nothing at all."""
    found = []
    newest = rows[-LONG:]
    for name in rows[-1] if len(newest) == LONG else ():
        if not name.startswith("confidence"):
            continue
        values = [row.get(name, math.nan) for row in newest]
        which = (
            f"discriminator {name.removeprefix('confidence_')}"
            if "_" in name
            else ("the discriminator")
        )
        if min(values) > SURE:
            found.append(f"{which} is always right: its generator learns little")
        if max(map(abs, values)) < BLIND:
            found.append(f"{which} tells nothing apart: its generator learns nothing")
    return found


def idle_codebook(rows: Sequence[Row]) -> list[str]:
    """Whether all samples have long had the same codes."""
    newest = [row.get("perplexity", math.inf) for row in rows[-LONG:]]
    if len(newest) < LONG or max(newest) >= ALONE:
        return []
    return ["the codebook: one code stands for everything (codebook collapse)"]
