"""Each stage depends on all code that it imports, but what stands below with a reason."""

from collections.abc import Sequence
from pathlib import Path
from typing import NamedTuple

import pytest
import shipped
import tiny
import yaml
from import_graph import reached

STAGES = frozenset({"check", "prepare", "classifier", "train", "evaluate", "report"})
OWN = {"theory": frozenset({"theory"}), "latent": frozenset({"latent"})}
"""Stages that a recipe has beside them."""


class Exempt(NamedTuple):
    """Imports that a stage need not depend on."""

    stages: frozenset[str]
    importer: str
    """The beginning of the importing file's path."""
    imported: str
    """The beginning of the imported file's path."""
    reason: str


EXEMPT = (
    Exempt(
        STAGES.union(*OWN.values()),
        "",
        "pipeline/__init__.py",
        "Sets how idle threads wait and how large pages are: speed, and no result.",
    ),
    Exempt(
        STAGES.union(*OWN.values()),
        "",
        "pipeline/monitoring",
        "Speed, memory and where time goes are shown while a stage runs; no output holds them.",
    ),
    Exempt(
        frozenset({"prepare"}),
        "pipeline/params.py",
        "pipeline/methods",
        "Reading params.yaml checks every block by its class, but preparation uses those of data "
        "sets alone: a network that changed must not prepare data again.",
    ),
)


def code_of(module: str, exempt: Sequence[Exempt] = EXEMPT) -> set[str]:
    """The files that a stage's result depends on."""
    left_out = [entry for entry in exempt if module in entry.stages]
    return reached(
        tiny.ROOT,
        f"stages.{module}",
        lambda importer, imported: (
            not any(
                importer.startswith(entry.importer) and imported.startswith(entry.imported)
                for entry in left_out
            )
        ),
    )


def code_deps(folder: Path, stage: dict) -> list[str]:
    """A stage's deps in the project's own folders, relative to the root."""
    deps = stage.get("do", stage)["deps"]
    up = "../../" if folder != tiny.ROOT else ""
    inside = ("pipeline/", "stages/")
    return [dep.removeprefix(up) for dep in deps if dep.removeprefix(up).startswith(inside)]


def module_of(stage: dict) -> str:
    """The module below stages/ that a stage runs."""
    command: str = stage.get("do", stage)["cmd"]
    return command.split()[2].removeprefix("stages.")


def covers(dep: str, file: str) -> bool:
    return file == dep or file.startswith(f"{dep}/")


@pytest.fixture(params=shipped.RUNS, ids=lambda path: path.name)
def folder(request: pytest.FixtureRequest) -> Path:
    return request.param


def test_deps_cover_what_is_imported_and_nothing_else(folder):
    stages = yaml.safe_load((folder / "dvc.yaml").read_text())["stages"]
    modules = {module_of(stage) for stage in stages.values()}
    assert modules == STAGES | OWN.get(folder.name, frozenset())
    for name, stage in stages.items():
        code = code_of(module_of(stage))
        deps = code_deps(folder, stage)
        missing = [file for file in sorted(code) if not any(covers(dep, file) for dep in deps)]
        assert not missing, f"{folder / 'dvc.yaml'}: {name} imports what it does not depend on"
        unused = [dep for dep in deps if not any(covers(dep, file) for file in code)]
        assert not unused, f"{folder / 'dvc.yaml'}: {name} depends on what it does not import"
        assert len(set(deps)) == len(deps)
        assert all((tiny.ROOT / dep).exists() for dep in deps)


def test_every_exemption_is_needed():
    for entry in EXEMPT:
        others = [other for other in EXEMPT if other is not entry]
        assert any(code_of(stage, others) != code_of(stage) for stage in entry.stages), entry.reason


def test_every_stage_waits_for_the_check(folder):
    stages = yaml.safe_load((folder / "dvc.yaml").read_text())["stages"]
    checked = stages["check"]["outs"]
    assert "params.yaml" in stages["check"]["deps"]
    for name in stages.keys() - {"check"}:
        assert set(checked) <= set(stages[name].get("do", stages[name])["deps"])


# The graph itself


def test_imports_are_found_wherever_they_stand(tmp_path):
    files = {
        "pipeline/__init__.py": '"""Nothing but words."""\n',
        "pipeline/a.py": "def f():\n    from pipeline.deep import thing\n",
        "pipeline/deep/__init__.py": "from .inner import thing\n",
        "pipeline/deep/inner.py": "from ..other import x\nimport torch\n",
        "pipeline/other.py": "x = 1\n",
        "pipeline/unused.py": "x = 2\n",
        "stages/s.py": "import pipeline.a\n",
    }
    for name, text in files.items():
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).write_text(text)
    inner = {"pipeline/deep/__init__.py", "pipeline/deep/inner.py", "pipeline/other.py"}
    assert reached(tmp_path, "stages.s") == {"stages/s.py", "pipeline/a.py", *inner}
    assert reached(
        tmp_path, "stages.s", lambda importer, imported: importer != "pipeline/a.py"
    ) == {
        "stages/s.py",
        "pipeline/a.py",
    }
