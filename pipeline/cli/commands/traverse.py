"""`crossdomain traverse`: a sample moved along directions that nobody named."""

from typing import Literal

import torch
from torch import Tensor

from pipeline.cli.commands.latent_files import check_out, decode_ways, how_many, save_ways
from pipeline.cli.commands.latent_spaces import Setup, class_held, naming_model, open_space
from pipeline.cli.commands.latent_starts import read_starts
from pipeline.errors import UserError
from pipeline.inference.finished import load
from pipeline.latent.directions import on_layers
from pipeline.latent.ganspace import principal_directions
from pipeline.latent.sefa import factorise
from pipeline.latent.spaces import Space
from pipeline.latent.style_spaces import WSpace
from pipeline.latent.traversal import moving_directions, traverse
from pipeline.system.hardware import device

By = Literal["axes", "sefa", "pca"]
WORDS: dict[By, str] = {
    "axes": "axes that move it most",
    "sefa": "directions of the first weights (SeFa)",
    "pca": "principal directions (GANSpace)",
}


def run(
    setup: Setup, start: str | None, by: By, directions: int, reach: float, layers: str | None
) -> str:
    """Write a sample moved along directions, a row each, and say what was written.

    Args:
        setup: what all such commands are told.
        start: a seed or a file; None: the setup's seed.
        by: which directions.
        directions: how many.
        reach: how far to both sides, in standard deviations of draws.
        layers: of styles that are moved, as "0-3,6"; None: all.

    Raises UserError where the model can't do as is asked.
    """
    finished = load(setup.folder, device())
    ending = check_out(finished, setup)
    space = open_space(finished, setup)
    chosen = str(setup.seed) if start is None else start
    begin = read_starts(finished, space, [chosen], setup)[0]
    moved = None if layers is None else parse_layers(layers)
    if moved is not None and not isinstance(space, WSpace):
        raise UserError(f"--layers: '{finished.name}' has no styles whose layers could be chosen")
    with naming_model(finished):
        vectors = find(space, by, begin, directions, moved)
        if moved is not None and isinstance(space, WSpace):
            vectors = torch.stack([on_layers(one, moved, space.layers) for one in vectors])
        count = how_many(setup.n, ending)
        latents = traverse(space, begin, vectors, torch.linspace(-reach, reach, count))
    save_ways(finished, space, decode_ways(space, latents), setup)
    held = class_held(finished, setup.label)
    along = f"{len(vectors)} {WORDS[by]}"
    return f"{finished.name} from {chosen} along {along}, in {space.kind}{held}: {setup.out}"


def find(space: Space, by: By, start: Tensor, count: int, layers: list[int] | None) -> Tensor:
    """Find directions [K, Z]; raise ValueError where the space has none of the kind."""
    if by == "axes":
        if start.dim() > 1:
            raise ValueError("axes are of one w for all layers: name directions by --by")
        return moving_directions(space, start, count)
    if by == "sefa":
        return factorise(space, count, layers).vectors
    return principal_directions(space, count).vectors


def parse_layers(text: str) -> list[int]:
    """Read numbers and ranges with commas between: "0-2,5" -> [0, 1, 2, 5].

    Raises UserError for anything else.
    """
    found: list[int] = []
    for part in text.split(","):
        first, dash, last = part.strip().partition("-")
        if not first.isdecimal() or (dash and not last.isdecimal()) or len(part) > 8:
            raise UserError(f"--layers {text}: expected numbers and ranges, as in 0-3,6")
        found += range(int(first), int(last if dash else first) + 1)
    return found
