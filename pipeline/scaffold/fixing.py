"""Change the lists of a dvc.yaml in place: every other line, comments too, stays as it is."""

from pathlib import Path

import yaml

from pipeline.errors import UserError
from pipeline.params import load_params
from pipeline.scaffold.outputs import Item, place
from pipeline.scaffold.wiring import Change, as_yaml, changes_of, load_dvc
from pipeline.system.files import replace
from pipeline.system.yaml_files import compose_yaml


def fix(folder: Path) -> list[Change]:
    """Rewrite what depends on the models' names in a folder's dvc.yaml; return what changed."""
    path = folder / "dvc.yaml"
    changes = changes_of(load_params(folder / "params.yaml"), load_dvc(path))
    text = path.read_text(encoding="utf-8")
    for change in changes:
        text = applied(text, change)
    if changes:
        replace(path, text.encode())
    return changes


def applied(text: str, change: Change) -> str:
    """Return a dvc.yaml's text with one list changed.

    What is new stands behind its own kind. Raises UserError where the list is not written with an
    entry a line.
    """
    found = list_at(compose_yaml(text), change.where)
    lines = text.splitlines()
    spans = [(node.start_mark.line, last_line(node)) for node in found.value]
    if found.flow_style or not spans or len({first for first, _ in spans}) < len(spans):
        where = ".".join(change.where)
        raise UserError(f"dvc.yaml: expected an entry a line in {where}; change it by hand")
    names = [named(node) for node in found.value]
    indent = lines[spans[0][0]].partition("-")[0]
    added: dict[int, list[str]] = {}
    for item in change.add:
        at = spans[anchor(names, item)][1]
        added.setdefault(at, []).append(f"{indent}- {as_yaml(item)}")
    dropped = {
        number
        for (first, last), name in zip(spans, names, strict=True)
        if name in change.remove
        for number in range(first, last + 1)
    }
    changed: list[str] = []
    for number, line in enumerate(lines):
        changed += [] if number in dropped else [line]
        changed += added.get(number, [])
    return "\n".join(changed) + "\n"


def anchor(names: list[str], item: Item) -> int:
    """Find the entry behind which a new one goes: the last of its kind, or the last of all."""
    wanted = kind(place(item))
    alike = [number for number, name in enumerate(names) if kind(name) == wanted]
    return alike[-1] if alike else len(names) - 1


def kind(path: str) -> tuple[str, ...]:
    """Return a path less the part that is a model's name: data/curves/NAME/samples."""
    parts = path.split("/")
    return (*parts[:2], *parts[3:])


def list_at(node: yaml.Node | None, where: tuple[str, ...]) -> yaml.SequenceNode:
    """Find the list that keys lead to; raises UserError where there is none."""
    for key in where:
        pairs = node.value if isinstance(node, yaml.MappingNode) else []
        node = next((value for name, value in pairs if name.value == key), None)
    if not isinstance(node, yaml.SequenceNode):
        raise UserError(f"dvc.yaml: expected a list at {'.'.join(where)}")
    return node


def named(node: yaml.Node) -> str:
    """Return the path that an entry names."""
    if isinstance(node, yaml.MappingNode):
        return str(node.value[0][0].value)
    return str(node.value)


def last_line(node: yaml.Node) -> int:
    """Return an entry's last line; a block's own end mark is where the next entry begins."""
    if isinstance(node, yaml.MappingNode) and not node.flow_style and node.value:
        return last_line(node.value[-1][1])
    if isinstance(node, yaml.SequenceNode) and not node.flow_style and node.value:
        return last_line(node.value[-1])
    return int(node.end_mark.line)
