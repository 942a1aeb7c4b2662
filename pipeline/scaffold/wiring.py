"""The check that a folder's dvc.yaml fits its params.yaml, and the lines that make it fit."""

import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any, NamedTuple

from pipeline.errors import UserError
from pipeline.params import GROUPS, Params, load_params
from pipeline.scaffold.fitting import misfits
from pipeline.scaffold.outputs import OUTPUTS, Item, place, plots, report_deps
from pipeline.system.yaml_files import read_yaml

FIX = "python -m stages.check --fix"

CLASSIFIER, VOCODER = "data/classifiers/${item.data}", "data/models/${vocoder}"

PLACEHOLDER = re.compile(r"\$\{item\.([^}]+)\}")
LISTED = re.compile(rf"(?:{'|'.join(re.escape(kind[:-2]) for kind in OUTPUTS)}|data/metrics/)")
"""Outputs of models among the report's deps."""
PLOTTED = re.compile(r"data/(?:curves|evaluation)/([^/]+)/.")


class Change(NamedTuple):
    """Entries that one of dvc.yaml's lists lacks or has too many."""

    where: tuple[str, ...]
    """The keys that lead to the list."""
    add: list[Item]
    remove: list[str]

    def words(self) -> str:
        """Name the list, and the lines to add to it and to remove."""
        lines = [f"{'.'.join(self.where)} in dvc.yaml:"]
        lines += [f"  add     - {as_yaml(item)}" for item in self.add]
        lines += [f"  remove  - {item}" for item in self.remove]
        return "\n".join(lines)


def check_run(folder: Path) -> Params:
    """Check the params.yaml and the dvc.yaml of a folder, and return the parameters.

    Raises UserError with every mistake: the keys of params.yaml that are wrong, the runs that do
    not fit their data sets, or the lines that dvc.yaml lacks or has too many.
    """
    params = load_params(folder / "params.yaml")
    if found := list(misfits(params)):
        raise UserError(f"{folder / 'params.yaml'}:\n" + "\n".join(found))
    raw = read_yaml(folder / "params.yaml")
    content = load_dvc(folder / "dvc.yaml")
    stages: dict[str, Any] = content["stages"]
    changes = changes_of(params, content)
    found = [
        *unserved_groups(params, raw, stages),
        *missing_keys(raw, stages),
        *unread_evaluation(raw, stages),
        *misfit_classifiers(params, stages),
        *misfit_vocoders(params, stages),
        *(change.words() for change in changes),
    ]
    if found:
        hint = f"\n`{FIX}` in that folder changes these lists." if changes else ""
        listed = "\n".join(found)
        raise UserError(f"{folder / 'dvc.yaml'} does not fit params.yaml:\n{listed}{hint}")
    return params


def changes_of(params: Params, content: dict[str, Any]) -> list[Change]:
    """Return what the lists of all models need in a dvc.yaml's content; nothing where they fit.

    A dvc.yaml without a report, or without plots, has no such list.
    """
    names = list(params.runs)
    changes = []
    if "report" in content["stages"]:
        changes.append(report_change(content["stages"]["report"].get("deps") or [], names))
    if content.get("plots"):
        changes.append(plots_change(content["plots"], params))
    return [change for change in changes if change.add or change.remove]


def report_change(deps: list[str], names: list[str]) -> Change:
    """Compare the report's deps with the outputs of the models."""
    listed = [dep for dep in deps if LISTED.match(dep)]
    wanted = report_deps(names)
    add: list[Item] = [dep for dep in wanted if dep not in listed]
    remove = [dep for dep in listed if dep not in wanted]
    return Change(("stages", "report", "deps"), add, remove)


def plots_change(listed: list[Item], params: Params) -> Change:
    """Compare the plots with those of the models; others of them, and of classifiers, may stay."""
    shown = [place(item) for item in listed]
    add = [item for item in plots(list(params.runs)) if place(item) not in shown]
    known = {*params.runs, *(f"classifier_{name}" for name in params.classifiers)}
    matches = {item: PLOTTED.match(item) for item in shown}
    stale = [item for item, found in matches.items() if found and found[1] not in known]
    return Change(("plots",), add, stale)


def unserved_groups(params: Params, raw: dict[str, Any], stages: dict[str, Any]) -> Iterator[str]:
    """Name groups of blocks that no stage runs, and groups that are missing but run."""
    served = {group_of(stage): name for name, stage in stages.items()}
    for group in GROUPS:
        blocks = getattr(params, group)
        if blocks and group not in served:
            yield (
                f"{group}: no stage of dvc.yaml runs these blocks ({', '.join(blocks)}): copy "
                f"those with `foreach: ${{{group}}}` from the project's dvc.yaml, or remove them"
            )
        if group in served and group not in raw:
            yield (
                f"{group}: missing in params.yaml, but {served[group]} in dvc.yaml runs its "
                f"blocks: add `{group}: {{}}`"
            )


def missing_keys(raw: dict[str, Any], stages: dict[str, Any]) -> Iterator[str]:
    """Name keys that a stage asks of each block and that a block has not."""
    for name, stage in stages.items():
        group = group_of(stage)
        asked = dict.fromkeys(PLACEHOLDER.findall(str(stage.get("do"))))
        for block, content in (raw.get(group) or {}).items():
            for key in asked:
                if look_up(content, key) is None:
                    yield (
                        f"{group}.{block}.{key}: missing in params.yaml, but {name} in dvc.yaml "
                        f"names ${{item.{key}}}: add the key, or remove that line"
                    )


def unread_evaluation(raw: dict[str, Any], stages: dict[str, Any]) -> Iterator[str]:
    """Name evaluations that do not follow ``evaluation`` of params.yaml, or seek it in vain."""
    for name, stage in evaluations(stages):
        follows = "evaluation" in (stage["do"].get("params") or [])
        if follows and "evaluation" not in raw:
            yield (
                f"evaluation: missing in params.yaml, but {name} in dvc.yaml follows it: add "
                "`evaluation: {}`"
            )
        if not follows and raw.get("evaluation"):
            yield f"evaluation: add `- evaluation` among the params of {name} in dvc.yaml"


def misfit_classifiers(params: Params, stages: dict[str, Any]) -> Iterator[str]:
    """Name models whose evaluation waits for a classifier in vain, or does not wait for one."""
    for name, stage in evaluations(stages):
        waits, group = CLASSIFIER in deps_of(stage), group_of(stage)
        line = f"`- {CLASSIFIER}` among the deps of {name} in dvc.yaml"
        for model, run in getattr(params, group).items():
            if waits and run.data not in params.classifiers:
                yield (
                    f"{group}.{model}: found no classifier of '{run.data}': add "
                    f"classifiers.{run.data} to params.yaml, or remove {line}"
                )
            elif not waits and run.data in params.classifiers:
                yield f"{group}.{model}: evaluation asks classifiers.{run.data}: add {line}"


def misfit_vocoders(params: Params, stages: dict[str, Any]) -> Iterator[str]:
    """Name evaluations that wait for a vocoder in vain, or do not wait for one."""
    for name, stage in evaluations(stages):
        if (VOCODER in deps_of(stage)) != (params.vocoder is not None):
            verb = "remove" if params.vocoder is None else "add"
            line = f"`- {VOCODER}` among the deps of {name} in dvc.yaml"
            yield f"vocoder: found {params.vocoder!r}: {verb} {line}"


def evaluations(stages: dict[str, Any]) -> Iterator[tuple[str, dict[str, Any]]]:
    """Yield the stages that evaluate models."""
    for name, stage in stages.items():
        if group_of(stage) and "stages.evaluate" in stage["do"].get("cmd", ""):
            yield name, stage


def group_of(stage: dict[str, Any]) -> str:
    """Return the group of params.yaml whose blocks a stage runs; "" for any other stage."""
    found = re.fullmatch(r"\$\{(\w+)\}", str(stage.get("foreach")))
    return found[1] if found else ""


def deps_of(stage: dict[str, Any]) -> list[str]:
    """Return the deps of a stage that runs the blocks of a group."""
    return stage["do"].get("deps") or []


def look_up(block: Any, path: str) -> object:
    """Return what stands at a dotted path in a block; None where nothing does."""
    for key in path.split("."):
        block = block.get(key) if isinstance(block, dict) else None
    return block


def as_yaml(item: Item) -> str:
    """Write an entry of a list on one line."""
    if isinstance(item, str):
        return item
    options = ", ".join(f"{key}: {value}" for key, value in item[place(item)].items())
    return f"{place(item)}: {{{options}}}"


def load_dvc(path: Path) -> dict[str, Any]:
    """Read a dvc.yaml; raises UserError where it is none."""
    try:
        content = read_yaml(path)
    except FileNotFoundError as error:
        raise UserError(f"expected the stages at {path}: there is no such file") from error
    except ValueError as error:
        raise UserError(f"{path} is not YAML: {error}") from error
    if not isinstance(content, dict) or not isinstance(content.get("stages"), dict):
        raise UserError(f"{path}: expected the key stages with the stages below it")
    for name, stage in content["stages"].items():
        inner = stage.get("do", stage) if isinstance(stage, dict) else None
        if not isinstance(inner, dict) or not isinstance(inner.get("deps") or [], list):
            raise UserError(f"{path}: expected a block with a list of deps at stages.{name}")
    return content
