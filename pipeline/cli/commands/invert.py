"""`crossdomain invert`: the latents whose samples are nearest to given files."""

from collections.abc import Sequence
from pathlib import Path

import torch

from pipeline.cli.commands.latent_files import (
    TABLE,
    Ways,
    check_out,
    columns_of,
    save_table,
    save_ways,
)
from pipeline.cli.commands.latent_spaces import (
    Setup,
    class_held,
    load_classifier,
    naming_model,
    open_space,
)
from pipeline.cli.commands.latent_starts import read_sample
from pipeline.cli.commands.sample import SOUNDS
from pipeline.inference.finished import load
from pipeline.latent.inversion import Inversion, invert, passes
from pipeline.latent.spaces import Space
from pipeline.system.hardware import device
from pipeline.system.progress import Progress


def run(setup: Setup, files: Sequence[Path], starts: int, classifier: Path | None = None) -> str:
    """Invert the samples in files, and write them above what was found, or the latents.

    Args:
        setup: what all such commands are told.
        files: pictures, sounds or points.
        starts: how many for each file.
        classifier: the folder of one whose features count beside values.

    Raises UserError where the model can't do as is asked, or a file holds no such sample.
    """
    finished = load(setup.folder, device())
    ending = check_out(finished, setup)
    space, steps, out = open_space(finished, setup), setup.steps, setup.out
    network = None if classifier is None else load_classifier(classifier, finished)
    x = torch.cat([read_sample(finished, path, setup.label) for path in files])
    with (
        naming_model(finished),
        Progress(f"inverting {len(x)} sample(s)", passes(len(x), starts, steps), "steps") as bar,
    ):
        found = invert(
            space,
            x,
            steps=steps,
            starts=starts,
            features=None if network is None else network.features,
            seed=setup.seed,
            watch=lambda step, distance: bar.reach(step, f"distance {distance:.4f}"),
        )
    if ending == TABLE:
        save_latents(out, space, files, found)
    else:
        samples = space.decode_all(found.latents).cpu()
        shown = [samples] if ending in SOUNDS else [x.cpu(), samples]
        latents = found.latents[None].expand(len(shown), *found.latents.shape)
        ways = Ways(torch.stack(shown), latents)
        save_ways(finished, space, ways, setup)
    lines = [
        f"{path}: distance {distance:.5f}"
        for path, distance in zip(files, found.distances.tolist(), strict=True)
    ]
    held = class_held(finished, setup.label)
    done = f"{len(x)} sample(s) inverted by {finished.name}, in {space.kind}{held}: {out}"
    return "\n".join([*lines, done])


def save_latents(out: Path, space: Space, files: Sequence[Path], found: Inversion) -> None:
    """Write latents as a table that other commands start at, with files and distances."""
    header = ["file", "distance", *columns_of(space, found.latents.shape[1:])]
    rows: list[list[object]] = [
        [str(path), distance, *latent.flatten().tolist()]
        for path, distance, latent in zip(
            files, found.distances.tolist(), found.latents, strict=True
        )
    ]
    save_table(out, header, rows)
