"""A recipe's dvc.yaml: the project's own stages, for another folder."""

from pathlib import Path
from typing import Any

import yaml

from pipeline.errors import UserError
from pipeline.scaffold.outputs import plots, report_deps
from pipeline.scaffold.plan import Recipe
from pipeline.scaffold.wiring import CLASSIFIER, LISTED, load_dvc

SHARED = ("pipeline/", "stages/")  # deps of the project, not of a run's folder

HEAD = """\
# The same stages as the project's dvc.yaml, in this folder; preparation also depends on the files.
# After a change of the models' names in params.yaml: `python -m stages.check --fix` here.
"""
PLOTS = "# For `crossdomain plots`.\n"


def stages_of(recipe: Recipe, project: Path, up: str) -> str:
    """Return the content of dvc.yaml for a recipe's folder, ``up`` from which the project is.

    Raises UserError where the project's dvc.yaml has not the stages that it came with.
    """
    path = project / "dvc.yaml"
    stages: dict[str, Any] = load_dvc(path)["stages"]
    try:
        for stage in stages.values():
            inner = stage.get("do", stage)
            inner["deps"] = lifted(inner["deps"], up)
            if not recipe.needs_classifier and CLASSIFIER in inner["deps"]:
                inner["deps"].remove(CLASSIFIER)
        stages["prepare"]["do"]["deps"] += raw_folders(recipe)
        others = [dep for dep in stages["report"]["deps"] if not LISTED.match(dep)]
        stages["report"]["deps"] = others + report_deps([recipe.name])
    except (KeyError, ValueError, TypeError) as error:
        raise UserError(f"{path}: expected the stages that the project came with") from error
    blocks = [yaml_of({name: stage}) for name, stage in stages.items()]
    body = "\n".join("".join(f"  {line}\n" for line in b.splitlines()) for b in blocks)
    shown = [*plots([recipe.name]), recipe.figure]
    return f"{HEAD}\nstages:\n{body}\n{PLOTS}{yaml_of({'plots': shown})}"


def lifted(deps: list[str], up: str) -> list[str]:
    """Name deps of the root as another folder does."""
    return [f"{up}/{dep}" if dep.startswith(SHARED) else dep for dep in deps]


def raw_folders(recipe: Recipe) -> list[str]:
    """Return the user's folders, as params.yaml names them: whoever changes them there changes them
    here.

    Not what they have in common above them, which could be a whole home folder.
    """
    return [
        f"${{item.folders.{split}.{domain}}}"
        for split, domains in recipe.folders.items()
        for domain in domains
    ]


def yaml_of(content: dict[str, Any]) -> str:
    """Write YAML in blocks, in the order of the dictionary."""
    text: str = yaml.safe_dump(content, sort_keys=False, allow_unicode=True, width=10**6)
    return text
