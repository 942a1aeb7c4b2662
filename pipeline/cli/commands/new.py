"""`crossdomain new`: a recipe for folders of one's own."""

from pathlib import Path

import torch

from pipeline.datasets.survey.words import passed_over, stock
from pipeline.errors import UserError
from pipeline.params import load_params
from pipeline.scaffold.cost import Cost, costs
from pipeline.scaffold.material import gather
from pipeline.scaffold.plan import Recipe, Task, choose
from pipeline.scaffold.writing import new_folder, relative_folders, write_recipe
from pipeline.system.hardware import accelerator, device, processor

PROJECT = Path()  # commands run in the project's folder


def run(
    name: str,
    roots: list[Path],
    *,
    size: int | None,
    steps: int | None,
    task: Task | None,
    estimate: bool,
) -> None:
    """Read the folders, choose, write and measure, and print each.

    Raises UserError where the folders don't do for a recipe, or an option doesn't fit them.
    """
    if task is not None and len(roots) > 1:
        raise UserError(f"--task {task} is for --a alone, without --b: leave one of them out")
    folder = new_folder(PROJECT, name)
    material = gather(roots)
    passed = [f"passed over in {root}: {line}" for root in roots for line in passed_over(root)]
    print("\n".join(["found", *indented([*stock(material.kind, material.holdings), *passed])]))
    if material.halved:
        print(
            "  note: the pictures are about twice as wide as high. If each holds two side by side, "
            f"`crossdomain check-data {roots[0]}` prints the block that parts them."
        )
    folders = relative_folders(material.folders, folder, PROJECT)
    gpu = device().type == "cuda"
    recipe = choose(name, material, folders, gpu=gpu, size=size, steps=steps, task=task or "colour")
    write_recipe(recipe, folder, PROJECT)
    print("\n".join(["", f"chosen, in {folder / 'params.yaml'}", *indented(recipe.reasons)]))
    if estimate:
        print("\n".join(["", "on this machine", *indented(estimated(folder / "params.yaml"))]))
    print("\n".join(["", "next", *indented(following(recipe, folder))]))


def estimated(params: Path) -> list[str]:
    """Measure time and memory of each run of a params.yaml."""
    known = load_params(params)
    lines = [f"{accelerator() or processor()}, {torch.get_num_threads()} threads"]
    total = 0.0
    for name, cost in costs(params).items():
        group, _, key = name.partition(".")
        steps = (known.classifiers if group == "classifiers" else known.models)[key].steps
        total += steps * cost.seconds
        lines.append(f"{name}: {spent(cost, steps)}")
    return [*lines, f"training: {duration(total)} in all; preparation and evaluation come on top"]


def spent(cost: Cost, steps: int) -> str:
    """Return a run's time and memory in words."""
    memory = f", {cost.memory / 2**30:.1f} GiB of memory" if cost.memory else ""
    return f"{steps:,} steps of {cost.seconds:.3g} s are {duration(steps * cost.seconds)}{memory}"


def duration(seconds: float) -> str:
    """Return a time in the unit that suits it."""
    for unit, length in (("days", 86_400.0), ("hours", 3600.0), ("minutes", 60.0)):
        if seconds >= 1.5 * length:
            return f"{seconds / length:.1f} {unit}"
    return f"{seconds:.0f} seconds"


def following(recipe: Recipe, folder: Path) -> list[str]:
    """Return the commands that come next."""
    example = "speech.wav" if recipe.crop else "picture.png"
    models = (folder / "data/models").as_posix()
    report = (folder / "data/report/index.html").as_posix()
    return [
        f"crossdomain repro {folder.as_posix()}    # {report} shows what came",
        f"crossdomain translate {recipe.name} {example} -o out --models {models}",
    ]


def indented(lines: list[str]) -> list[str]:
    """Indent lines below a heading."""
    return [f"  {line}" for line in lines]
