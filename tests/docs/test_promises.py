"""Each promise of docs/security.md and docs/reliability.md is held by a test that exists."""

import re

import pytest
import tiny

ROW = re.compile(r"^\| (?!promise|---)(.*) \| (.*) \|$", re.MULTILINE)


@pytest.mark.parametrize("name", ["security", "reliability"])
def test_each_promise_has_its_tests(name: str) -> None:
    text = (tiny.ROOT / f"docs/{name}.md").read_text(encoding="utf-8")
    held = {path.name: path.read_text() for path in (tiny.ROOT / "tests").rglob("test_*.py")}
    rows = ROW.findall(text)
    assert len(rows) >= 10
    for promise, tests in rows:
        files = re.findall(r"`(test_\w+\.py)`", tests)
        assert files, promise
        assert held.keys() >= set(files)
        for test in re.findall(r"`(test_\w+)`", tests):
            assert any(f"def {test}(" in held[file] for file in files), test
