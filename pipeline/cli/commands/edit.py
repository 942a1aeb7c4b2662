"""`crossdomain edit`: samples moved towards a class that a classifier knows."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

import torch
from torch import Tensor

from pipeline.capabilities import Classifier
from pipeline.cli.commands.latent_files import (
    TABLE,
    check_out,
    decode_ways,
    how_many,
    save_table,
    save_ways,
)
from pipeline.cli.commands.latent_spaces import (
    Setup,
    class_held,
    class_number,
    load_classifier,
    naming_model,
    open_space,
)
from pipeline.cli.commands.latent_starts import read_starts
from pipeline.cli.commands.words import table, terminal_width
from pipeline.errors import UserError
from pipeline.inference.finished import load
from pipeline.latent.attributes import Reader, attributes_of, class_reader
from pipeline.latent.directions import conditioned, move
from pipeline.latent.entanglement import Change, entanglement
from pipeline.latent.gradients import ascend
from pipeline.latent.hyperplanes import boundary_of
from pipeline.latent.spaces import AT_ONCE, Space
from pipeline.system.hardware import device
from pipeline.system.progress import Progress

By = Literal["linear", "gradient", "arithmetic"]
Edit = Callable[[Tensor, Tensor], Tensor]
"""Latents [N, *shape], and shares [T] from 0 to 1 of the edit -> latents [N, T, ...]."""

STEPS = 50
"""Of a climb along gradients."""
MEANS = 3
"""Latents of each class that arithmetic takes the mean of (Radford et al. 2016)."""
MEASURED = 128
"""Draws by which the changes of all classes are measured; of gradients half as many."""


@dataclass(frozen=True)
class Wish:
    """An edit that is asked for."""

    towards: str
    """The class to reach, of the classifier's."""
    hold: Sequence[str] = ()
    """Classes whose odds should stay."""
    by: By = "linear"
    """A direction for all, the gradient of each, or means of classes."""
    strength: float = 3.0
    """Standard deviations of draws that latents move by, at most where gradients lead."""
    draws: int = 2000
    """Latents that are drawn to learn a direction from."""


@dataclass(frozen=True)
class Goal:
    """A wish, with what it is asked of."""

    space: Space
    classifier: Classifier
    wish: Wish
    wanted: int
    """The number of the class to reach."""
    held: tuple[int, ...]
    """Of those that should stay."""
    seed: int

    @property
    def reader(self) -> Reader:
        """Return what reads the log odds of all classes."""
        return class_reader(self.classifier)


def run(setup: Setup, starts: Sequence[str], classifier_folder: Path, wish: Wish) -> str:
    """Write samples moved towards a class, a row each, and say how far they and others came.

    Args:
        setup: what all such commands are told; a table is of the changes of all classes.
        starts: seeds or files; none: the setup's seed.
        classifier_folder: the folder of a finished classifier of such samples.
        wish: what the edit should do.

    Raises UserError where the model or the classifier can't do as is asked.
    """
    finished = load(setup.folder, device())
    ending = check_out(finished, setup)
    space = open_space(finished, setup)
    goal = goal_of(space, load_classifier(classifier_folder, finished), wish, setup.seed)
    names = list(starts) or [str(setup.seed)]
    begin = read_starts(finished, space, names, setup)
    with naming_model(finished):
        edit, found = learn(goal)
        ways = edit(begin, torch.linspace(0, 1, how_many(setup.n, ending)))
        changed = measured(goal, edit) if space.kind != "code" else []
    if ending == TABLE:
        if not changed:
            raise UserError(f"'{finished.name}' draws nothing that changes could be measured on")
        save_table(setup.out, *rows_of(changed))
    else:
        save_ways(finished, space, decode_ways(space, ways), setup)
    if len(names) != len(begin):
        names = [f"sample {number}" for number in range(len(begin))]
    lines = [
        f"{name}: probability of {wish.towards} {first:.3f} -> {last:.3f}"
        for name, first, last in zip(
            names, odds(goal, begin).tolist(), odds(goal, ways[:, -1]).tolist(), strict=True
        )
    ]
    held = class_held(finished, setup.label)
    done = f"{len(begin)} sample(s) of {finished.name} towards {wish.towards}, in {space.kind}"
    return "\n".join([*found, *in_columns(changed), *lines, f"{done}{held}: {setup.out}"])


def goal_of(space: Space, classifier: Classifier, wish: Wish, seed: int) -> Goal:
    """Return a wish by its classes' numbers; raise UserError where they are none."""
    wanted = class_number(classifier, wish.towards, "--towards")
    held = tuple(class_number(classifier, name, "--hold") for name in wish.hold)
    if wanted in held:
        raise UserError(f"--hold {wish.towards}: it is the class to move towards")
    return Goal(space, classifier, wish, wanted, held, seed)


def learn(goal: Goal) -> tuple[Edit, list[str]]:
    """Return the edit, and what to say of how it was found.

    Raises ValueError where no direction leads to the class.
    """
    if goal.wish.by == "gradient":
        return lambda start, shares: climb(goal, start, shares), []
    latents = goal.space.draw(goal.wish.draws, goal.seed)
    attributes = read_all(goal, latents)
    if goal.wish.by == "arithmetic":
        sure = attributes.topk(MEANS, dim=0).indices  # [MEANS, K]
        means = latents[sure].mean(dim=0)  # [K, *shape]
        return lambda start, shares: add_means(goal, means, start, shares), []
    if latents.dim() == 3:  # the w of all layers are one
        latents = latents[:, 0]
    numbers = (goal.wanted, *goal.held)
    bounds = [boundary_of(latents, attributes[:, number], seed=goal.seed) for number in numbers]
    direction = conditioned(bounds[0].normal, [bound.normal for bound in bounds[1:]])
    length = goal.wish.strength * goal.space.spread(direction)
    names = [goal.classifier.class_names[number] for number in numbers]
    found = [
        f"plane of {name}: tells {bound.accuracy:.0%} of the draws that it was not fitted to"
        for name, bound in zip(names, bounds, strict=True)
    ]

    def edit(start: Tensor, shares: Tensor) -> Tensor:
        return torch.stack([move(one[None], direction, length * shares) for one in start])

    return edit, found


def read_all(goal: Goal, latents: Tensor) -> Tensor:
    """Read the log odds [N, K] of all classes of what latents decode to, and show progress."""
    found = []
    with Progress("reading the classes of draws", len(latents), "draws") as progress:
        for some in torch.split(latents, AT_ONCE):
            found.append(attributes_of(goal.space, some, goal.reader))
            progress.reach(progress.done + len(some))
    return torch.cat(found)


def climb(goal: Goal, start: Tensor, shares: Tensor) -> Tensor:
    """Move latents by their own gradients; see `ascend`."""
    with Progress(f"climbing with {len(start)} latent(s)", STEPS * len(start), "steps") as progress:
        way = ascend(
            goal.space,
            start,
            goal.reader,
            goal.wanted,
            hold=goal.held,
            steps=STEPS,
            step=goal.wish.strength / STEPS,
            watch=progress.reach,
        )
    places = (shares * STEPS).round().long()
    return way[places.to(way.device)].transpose(0, 1)


def add_means(goal: Goal, means: Tensor, start: Tensor, shares: Tensor) -> Tensor:
    """Add the wanted one of the ``means`` [K, *shape] of classes' surest draws, less that of the
    class that each start is of, whatever the strength."""
    own = attributes_of(goal.space, start, goal.reader).argmax(dim=1)
    added = means[goal.wanted] - means[own]
    pairs = zip(start, added, strict=True)
    return torch.stack([move(one[None], way, shares) for one, way in pairs])


def measured(goal: Goal, edit: Edit) -> list[Change]:
    """Measure how the edit changes the odds of each class, by draws that it was not learnt from."""
    count = MEASURED // 2 if goal.wish.by == "gradient" else MEASURED
    latents = goal.space.draw(count, goal.seed + 1)
    edited = edit(latents, torch.ones(1))[:, 0]
    names = goal.classifier.class_names
    return entanglement(goal.space, latents, edited, goal.reader, names, goal.wanted)


@torch.no_grad()
def odds(goal: Goal, latents: Tensor) -> Tensor:
    """Return the probability [N] of the wanted class for what latents decode to."""
    logits = goal.classifier.classify(goal.space.decode_all(latents))
    return logits.softmax(dim=1)[:, goal.wanted]


HEADER = ("class", "log odds before", "after", "moved (std)", "per unit of the wanted")


def rows_of(changed: Sequence[Change]) -> tuple[list[str], list[list[object]]]:
    """Return the header and rows of a table of changes."""
    rows: list[list[object]] = [
        [one.name, one.before, one.after, one.spread, one.moved, one.per_unit] for one in changed
    ]
    return ["class", "before", "after", "spread", "moved", "per_unit"], rows


def in_columns(changed: Sequence[Change]) -> list[str]:
    """Write changes as lines of a terminal."""
    if not changed:
        return []
    rows = [
        [one.name, *(f"{x:.2f}" for x in (one.before, one.after, one.moved, one.per_unit))]
        for one in changed
    ]
    return table([HEADER, *rows], terminal_width())
