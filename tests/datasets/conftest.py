"""What tests of data sets share."""

from typing import Any

import pytest

from pipeline.datasets import prepare as preparing


@pytest.fixture
def analysed(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """The files that are loaded and analysed from here on: below the root, without their suffix."""
    names: list[str] = []
    analyse = preparing.analyse

    def watched(params: Any, item: Any, **options: Any) -> Any:
        found = analyse(params, item, **options)
        if not found.unchanged:
            names.append(str(item.file.relative_to(params.root).with_suffix("")))
        return found

    monkeypatch.setattr(preparing, "analyse", watched)
    return names
