"""Latent spaces: what lies between real samples."""

import torch

from pipeline.capabilities import Latent
from pipeline.evaluation.context import Context
from pipeline.evaluation.drawing import SHOWN, drawable
from pipeline.figures import Caption, save_grid


def show_interpolations(context: Context) -> None:
    """Draw straight lines between the latents of test samples, of each domain."""
    model = context.model
    assert isinstance(model, Latent)
    steps = torch.linspace(0, 1, SHOWN)[:, None]
    for domain in context.domains:
        z = model.encode(context.samples("test", domain, 2 * SHOWN))
        pairs = zip(z[::2], z[1::2], strict=False)  # the last of an odd number has none
        lines = [model.decode(torch.lerp(a, b, steps)) for a, b in pairs]
        if not lines:
            continue
        rows = [drawable(line, context.store.codec) for line in lines]
        sample = context.terms.sample
        caption = Caption(f"Straight lines between the codes of two test {sample}s, one line a row")
        save_grid(context.out / f"{context.task('interpolations', domain)}.png", rows, caption)
