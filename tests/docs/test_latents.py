"""The examples of docs/latents.md run, one after the other."""

import re

import tiny
from exported import export_one

PYTHON = re.compile(r"```python\n(.*?)```", re.DOTALL)


def test_examples_run(tmp_path, monkeypatch):
    export_one(tmp_path / "data/models/vae", tiny.runs()["vae"])
    export_one(tmp_path / "data/classifiers/digits", tiny.runs()["classifier_digits"])
    monkeypatch.chdir(tmp_path)
    names: dict[str, object] = {}
    for example in PYTHON.findall((tiny.ROOT / "docs/latents.md").read_text()):
        exec(compile(example, "docs/latents.md", "exec"), names)
    assert names["way"].shape[:2] == (21, 4)  # the last one of that name
    assert names["rows"].shape[0] == 20
