"""Diagnose what is wrong with a run from its outputs and losses."""

import math
from collections.abc import Sequence

import torch
from torch import Tensor

from pipeline.monitoring.curves import Row
from pipeline.training.previews import Preview

ALIKE = 0.1
"""Of the real items' differences: outputs that differ less are called alike."""
NEGATIVE = -0.5
"""Correlation of output and input: below, light and dark have changed places."""
SURE, BLIND = 0.99, 0.002
"""A discriminator's confidence that leaves a generator nothing to learn."""
ALONE = 1.5
"""Perplexity of a codebook of which one code does all the work."""
LONG = 5
"""Rows of the history."""


def diagnose(previews: Sequence[Preview], rows: Sequence[Row], paired: bool) -> list[str]:
    """List what to warn of; ``paired``: outputs have true counterparts, which may be negatives."""
    found = [warning for preview in previews for warning in collapse(preview)]
    if not paired:
        found += [warning for preview in previews for warning in inversion(preview)]
    return found + deadlock(rows) + idle_codebook(rows)


def collapse(preview: Preview) -> list[str]:
    """Warn where outputs are all alike."""
    if len(preview.output) < 2 or spread(preview.output) >= ALIKE * spread(preview.real):
        return []
    return [f"{preview.name}: outputs are all alike (mode collapse)"]


def spread(x: Tensor) -> float:
    """Compute the mean distance of samples [N, C, H, W] to their mean."""
    x = x.float()
    return float((x - x.mean(dim=0)).abs().mean())


def inversion(preview: Preview) -> list[str]:
    """Warn where a translator turns light into dark: it can be undone, so a cycle permits it."""
    if preview.source is None or preview.source.shape != preview.output.shape:
        return []
    if correlation(preview.source, preview.output) > NEGATIVE:
        return []
    return [f"{preview.name}: outputs are negatives of their inputs (inverted colours)"]


def correlation(x: Tensor, y: Tensor) -> float:
    """Compute the mean correlation of each sample's values with those of its partner."""
    x, y = (z.float().mean(dim=1).flatten(1) for z in (x, y))  # [N, H * W]
    x, y = (z - z.mean(dim=1, keepdim=True) for z in (x, y))
    return float(torch.cosine_similarity(x, y, dim=1).mean())


def deadlock(rows: Sequence[Row]) -> list[str]:
    """Warn where a discriminator has long been perfect, or has told nothing at all."""
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
    """Warn where all samples have long had the same codes."""
    newest = [row.get("perplexity", math.inf) for row in rows[-LONG:]]
    if len(newest) < LONG or max(newest) >= ALONE:
        return []
    return ["the codebook: one code stands for everything (codebook collapse)"]
