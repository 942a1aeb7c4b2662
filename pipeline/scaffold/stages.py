"""A recipe's dvc.yaml: the project's own stages, for another folder."""

from pathlib import Path
from typing import Any

import yaml

from pipeline.errors import UserError
from pipeline.scaffold.plan import Recipe

SHARED = ("pipeline/", "stages/")  # deps of the project, not of a run's folder
KINDS = ("data/models/{}", "data/metrics/{}.json", "data/evaluation/{}", "data/curves/{}")

HEAD = """\
# The same stages as the project's dvc.yaml, in this folder; preparation also depends on the files.
# A second model in params.yaml needs no line but its outputs among the report's deps.
"""
PLOTS = "# For `dvc plots show` and `dvc plots diff`.\n"


def stages_of(recipe: Recipe, project: Path, up: str) -> str:
    """The content of dvc.yaml for a recipe's folder, ``up`` from which the project is.

    Raises UserError where the project's dvc.yaml has not the stages that it came with.
    """
    path = project / "dvc.yaml"
    stages: dict[str, Any] = yaml.safe_load(path.read_text(encoding="utf-8"))["stages"]
    if not recipe.judged:
        stages.pop("classifier", None)
    try:
        for name in stages.keys() - {"report"}:
            stages[name]["do"]["deps"] = lifted(stages[name]["do"]["deps"], up)
        stages["prepare"]["do"]["deps"] += raw_folders(recipe)
        if not recipe.judged:
            stages["evaluate"]["do"]["deps"].remove("data/classifiers/${item.data}")
        code = [dep for dep in stages["report"]["deps"] if dep.startswith(SHARED)]
        made = [kind.format(recipe.name) for kind in KINDS]
        stages["report"]["deps"] = lifted(code, up) + made
    except (KeyError, ValueError, TypeError) as error:
        raise UserError(f"{path}: expected the stages that the project came with") from error
    blocks = [yaml_of({name: stage}) for name, stage in stages.items()]
    inner = "\n".join("".join(f"  {line}\n" for line in b.splitlines()) for b in blocks)
    return f"{HEAD}\nstages:\n{inner}\n{PLOTS}{yaml_of({'plots': plots(recipe)})}"


def lifted(deps: list[str], up: str) -> list[str]:
    """Deps of the root, as another folder names them."""
    return [f"{up}/{dep}" if dep.startswith(SHARED) else dep for dep in deps]


def raw_folders(recipe: Recipe) -> list[str]:
    """The user's folders, as params.yaml names them: whoever changes them there changes them here.

    Not what they have in common above them, which could be a whole home folder.
    """
    return [
        f"${{item.folders.{split}.{domain}}}"
        for split, domains in recipe.folders.items()
        for domain in domains
    ]


def plots(recipe: Recipe) -> list[Any]:
    """Curves, pictures of how the model came about, and of what it makes."""
    curves = f"data/curves/{recipe.name}"
    return [{f"{curves}/plots/metrics": {"x": "step"}}, f"{curves}/samples", recipe.figure]


def yaml_of(content: dict[str, Any]) -> str:
    """YAML in blocks, in the order of the dictionary."""
    text: str = yaml.safe_dump(content, sort_keys=False, allow_unicode=True, width=10**6)
    return text
