"""The outputs of a fabricated run."""

from pathlib import Path

import fabricated
import pytest

from pipeline.params import Params
from pipeline.report.model import Outputs


@pytest.fixture
def params() -> Params:
    return fabricated.params()


@pytest.fixture
def outputs(tmp_path: Path) -> Outputs:
    return fabricated.outputs(tmp_path / "data")
