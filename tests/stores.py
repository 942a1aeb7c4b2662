"""Prepared data sets to read from, where how they are prepared is not what a test is about."""

from pathlib import Path

from pipeline.datasets.prepare import prepare
from pipeline.datasets.source import DatasetParams
from pipeline.datasets.store import Store


def prepared(params: DatasetParams, out: Path) -> Store:
    """The store of a data set, prepared by this process."""
    prepare(params, out, workers=1)
    return Store(out)
