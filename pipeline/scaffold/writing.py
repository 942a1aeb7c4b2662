"""The files of a recipe, from templates beside this module."""

import os.path
from importlib.resources import files
from pathlib import Path

import yaml
from jinja2 import Environment, FunctionLoader, StrictUndefined

from pipeline.datasets.layouts import Split
from pipeline.datasets.survey.names import is_plain
from pipeline.errors import UserError
from pipeline.params import load_params
from pipeline.scaffold.plan import Recipe
from pipeline.scaffold.stages import stages_of
from pipeline.system.files import write

MADE = (
    "raw",
    "checked",
    "prepared",
    "classifiers",
    "models",
    "curves",
    "evaluation",
    "checkpoints",
    "logs",
    "report",
)


def new_folder(project: Path, name: str) -> Path:
    """Return where a recipe of this name goes.

    Raises UserError where the name is no plain word, the folder is there, or ``project`` is not
    the project's folder.
    """
    if not (is_plain(name) and name.isascii()):
        raise UserError(
            f"expected a plain word as the recipe's name (letters a-z, digits, - and _, a letter "
            f"first), found '{name}'"
        )
    for needed in ("dvc.yaml", "pipeline", "stages", "recipes"):
        if not (project / needed).exists():
            raise UserError(
                f"{project.resolve()} has no {needed}: run this in the project's folder"
            )
    folder = project / "recipes" / name
    if folder.exists():
        raise UserError(f"{folder} exists already: choose another name, or remove it")
    return folder


def write_recipe(recipe: Recipe, folder: Path, project: Path) -> None:
    """Write params.yaml, dvc.yaml and data/.gitignore into a new folder."""
    up = Path(os.path.relpath(project, folder)).as_posix()
    params = render(f"{recipe.template}.txt", recipe)
    stages = stages_of(recipe, project, up)
    folder.mkdir(parents=True)
    write(folder / "params.yaml", params.encode())
    write(folder / "dvc.yaml", stages.encode())
    ignored = [*(f"/{name}" for name in MADE), ".*.partial"]
    (folder / "data").mkdir()
    write(folder / "data/.gitignore", ("\n".join(ignored) + "\n").encode())
    load_params(folder / "params.yaml")


def render(template: str, recipe: Recipe) -> str:
    """Return a template with a recipe's values."""
    environment = Environment(
        loader=FunctionLoader(read),
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        keep_trailing_newline=True,
    )
    environment.filters["flow"] = flow
    return environment.get_template(template).render(r=recipe)


def read(template: str) -> str:
    """Return the text of a template."""
    return (files("pipeline.scaffold") / "templates" / template).read_text(encoding="utf-8")


def flow(value: object) -> str:
    """Return a value as YAML on one line."""
    text: str = yaml.safe_dump(
        value, default_flow_style=True, allow_unicode=True, sort_keys=False, width=10**6
    )
    return text.removesuffix("...\n").rstrip("\n")


def relative_folders(
    folders: dict[Split, dict[str, Path]], recipe: Path, project: Path
) -> dict[Split, dict[str, str]]:
    """Return the folders as a recipe names them: relative to it inside the project, else
    absolute."""
    return {
        split: {domain: named_from(recipe, at, project) for domain, at in domains.items()}
        for split, domains in folders.items()
    }


def named_from(recipe: Path, folder: Path, project: Path) -> str:
    """Compute how a file in ``recipe`` names ``folder``; links stay what they are."""
    full, inside = os.path.abspath(folder), os.path.abspath(project)  # noqa: PTH100
    if Path(full).is_relative_to(inside):
        return Path(os.path.relpath(full, recipe)).as_posix()
    return Path(full).as_posix()
