"""The tutorial of docs/architecture.md works as it is written."""

import json
import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
import tiny
import yaml

TEXT = (tiny.ROOT / "docs/architecture.md").read_text(encoding="utf-8")

RUN = """
import json
from pathlib import Path
from pipeline.datasets.digits import DigitsParams
from pipeline.datasets.prepare import prepare
from pipeline.datasets.store import Store
from pipeline.inference.finished import load
from pipeline.methods.registry import load_run
from pipeline.training.train import train

prepare(DigitsParams(size=16), Path("digits"), workers=1)
block = json.loads(Path("block.json").read_text())
train(load_run(block), Store(Path("digits")), Path("denoising"), seed=1,
      curves=Path("curves"), scratch=Path("scratch"))
finished = load(Path("denoising"))
print(json.dumps([type(finished.params).__name__, finished.capabilities]))
"""


def blocks(language: str) -> list[str]:
    """The document's blocks of code in a language."""
    return re.findall(rf"```{language}\n(.*?)```", TEXT, re.DOTALL)


@pytest.fixture
def copy(tmp_path: Path) -> Path:
    """The library with the tutorial's file and the line that names it."""
    ignore = shutil.ignore_patterns("__pycache__")
    shutil.copytree(tiny.ROOT / "pipeline", tmp_path / "pipeline", ignore=ignore)
    methods = tmp_path / "pipeline/methods"
    (code,) = blocks("python")
    (methods / "denoising.py").write_text(code)
    registry = (methods / "registry.py").read_text()
    (diff,) = blocks("diff")
    added = [line[1:] for line in diff.splitlines() if line.startswith("+")]
    imported, member = added
    registry = registry.replace(
        "from pipeline.methods.gan", f"{imported}\nfrom pipeline.methods.gan"
    )
    first = "    | AutoencoderParams\n"
    assert first in registry
    registry = registry.replace(first, f"{first}{member}\n")
    (methods / "registry.py").write_text(registry)
    return tmp_path


def test_the_tutorials_method_trains_and_is_finished(copy):
    (block,) = blocks("yaml")
    raw = {**yaml.safe_load(block)["denoising"], "steps": 4, "batch": 4}
    (copy / "block.json").write_text(json.dumps(raw))
    done = subprocess.run(
        [sys.executable, "-c", RUN],
        cwd=copy,
        env={**os.environ, "PYTHONPATH": str(copy), "OMP_NUM_THREADS": "1"},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    name, can = json.loads(done.stdout.splitlines()[-1])
    assert (name, can) == ("DenoisingParams", ["reconstruct", "latent"])


def test_every_file_and_folder_that_it_names_is_there():
    named = set(re.findall(r"`((?:[a-z_]+/)+[a-z_]*(?:\.py)?)(?::[^`]*)?`", TEXT))
    assert len(named) > 25
    for name in named - {"pipeline/methods/denoising.py"}:
        assert any((root / name).exists() for root in (tiny.ROOT, tiny.ROOT / "pipeline")), name
