"""Scale: the side of pictures, the chunk of sound, and refusals of what gives neither."""

from statistics import median

from pipeline.datasets.holdout import held_out
from pipeline.datasets.layouts import key_of
from pipeline.datasets.survey.files import Clip, Picture
from pipeline.datasets.survey.sizes import LEAST, MULTIPLE, SIZES, fitting
from pipeline.errors import UserError, listing
from pipeline.scaffold.material import SHORTEST, Material, frames_in

LARGEST = {True: 256, False: 128}  # with a GPU, without: what trains in hours, not in weeks
WINDOWS = (128, 64, SHORTEST)  # frames; 128 are 0.64 s
HOLDOUT, HOLDOUT_SEED = 0.1, 1  # as the templates have it, and as it is by default
LONG_ENOUGH = 0.75  # of a speaker's clips must have a chunk


def enough(material: Material) -> None:
    """Raise UserError where there is nothing to hold out for testing."""
    for domain in material.domains:
        holding = material.holdings["train"][domain]
        if "test" not in material.folders and len(holding.keys) < 2:
            raise UserError(f"{holding.folder}: one file is too few to train and to test with")


def picture_size(material: Material, asked: int | None, gpu: bool) -> tuple[int, str]:
    """Return the side to train at and why.

    Raises UserError, listing them, where pictures are smaller.
    """
    sides = material.sides
    middle = int(median(sides))
    if asked is not None:
        if asked < LEAST or asked % MULTIPLE:
            raise UserError(f"--size: found {asked}, allowed: multiples of {MULTIPLE} from {LEAST}")
        size, why = asked, f"{asked} pixels, as --size says"
    else:
        most = LARGEST[gpu]
        size = fitting(min(sides), most)
        why = f"{size} pixels: sides are {middle} in the median, {sides[0]} at least"
        if size < SIZES[-1]:
            size, why = SIZES[-1], ""
        elif size < fitting(middle, most):
            why += f" (without the smallest pictures it could be {fitting(middle, most)})"
        elif size < fitting(min(sides)) and not gpu:
            why += f", and without a GPU {most} is the most that trains in reasonable time"
    refuse_smaller(material, size)
    return size, why


def refuse_smaller(material: Material, size: int) -> None:
    """Raise UserError with the pictures that can't give ``size``: enlarging invents detail."""
    small = [
        f"{one.file}: {one.what.width}x{one.what.height}"
        for domains in material.holdings.values()
        for holding in domains.values()
        for one in holding.seen
        if isinstance(one.what, Picture) and one.what.side < size
    ]
    if small:
        raise UserError(
            f"{len(small)} of {len(material.sides)} pictures are smaller than {size} pixels; "
            f"remove them, or give a smaller --size:\n{listing(small)}"
        )


def chunk(material: Material) -> int:
    """Choose frames of a training chunk that most clips of each speaker have."""
    for frames in WINDOWS:
        if all(
            sum(frames_in(clip) >= frames for clip in holding.clips)
            >= LONG_ENOUGH * len(holding.clips)
            for holding in material.holdings["train"].values()
        ):
            return frames
    return SHORTEST


def trained(material: Material, frames: int) -> int:
    """Compute how many pictures, or chunks of ``frames``, the domain with the fewest keeps to train
    with after some are held out."""
    train, held = material.holdings["train"], set[str]()
    if "test" not in material.folders:
        names = {name: holding.keys for name, holding in train.items()}
        held = held_out(names, HOLDOUT, HOLDOUT_SEED)
    counts = [
        sum(
            frames_in(one.what) // frames if isinstance(one.what, Clip) else 1
            for one in holding.seen
            if key_of(one.file, holding.folder) not in held
        )
        for holding in train.values()
    ]
    return max(1, min(counts))


def voice_chunks(material: Material, domain: str, frames: int) -> int:
    """Compute how many chunks a speaker's clips hold."""
    clips = material.holdings["train"][domain].clips
    return max(1, sum(frames_in(clip) // frames for clip in clips))
