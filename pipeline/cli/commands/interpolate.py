"""`crossdomain interpolate`: samples on the way from one to another."""

from collections.abc import Sequence

from pipeline.cli.commands.latent_files import TABLE, check_out, decode_ways, how_many, save_ways
from pipeline.cli.commands.latent_spaces import Setup, class_held, naming_model, open_space
from pipeline.cli.commands.latent_starts import read_starts
from pipeline.errors import UserError
from pipeline.inference.finished import load
from pipeline.latent.routes import interpolate
from pipeline.system.hardware import device


def run(setup: Setup, stops: Sequence[str]) -> str:
    """Write the way through ``stops``, and say what was written.

    ``stops``: two seeds or files, or more; none: the setup's seed and the next. Raises UserError
    where the model can't do as is asked.
    """
    finished = load(setup.folder, device())
    ending = check_out(finished, setup)
    space = open_space(finished, setup)
    if len(stops) == 1 and not stops[0].endswith(TABLE):
        raise UserError("expected two seeds or files to go between, or more, found 1")
    chosen = list(stops) or [str(setup.seed), str(setup.seed + 1)]
    latents = read_starts(finished, space, chosen, setup)
    count = how_many(setup.n, ending)
    with naming_model(finished):
        route = interpolate(space, latents, count)
    save_ways(finished, space, decode_ways(space, route[None]), setup)
    ends = f"from {chosen[0]} to {chosen[-1]}" if len(chosen) > 1 else f"through {chosen[0]}"
    held = class_held(finished, setup.label)
    return f"{count} samples of {finished.name} {ends}, in {space.kind}{held}: {setup.out}"
