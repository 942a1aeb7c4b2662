"""Each promise of docs/security.md is held by a test that exists."""

import re

import tiny

TEXT = (tiny.ROOT / "docs/security.md").read_text(encoding="utf-8")
ROW = re.compile(r"^\| (?!promise|---)(.*) \| (.*) \|$", re.MULTILINE)


def test_each_promise_has_its_tests() -> None:
    held = {path.name: path.read_text() for path in (tiny.ROOT / "tests/demo").glob("test_*.py")}
    rows = ROW.findall(TEXT)
    assert len(rows) >= 10
    for promise, tests in rows:
        files = re.findall(r"`(test_\w+\.py)`", tests)
        assert files, promise
        for name in re.findall(r"`(test_\w+)`", tests):
            assert any(f"def {name}(" in held[file] for file in files), name
