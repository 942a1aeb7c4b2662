"""The benchmarks can be started: nothing else in the tests would notice that they can't."""

import importlib
import pkgutil

import pytest

import benchmarks

NAMES = sorted(module.name for module in pkgutil.iter_modules(benchmarks.__path__))
PARTS = {"machine", "plain", "sparse_store", "turns"}


@pytest.mark.parametrize("name", NAMES)
def test_each_imports_and_says_how_it_is_run(name):
    module = importlib.import_module(f"benchmarks.{name}")
    if name not in PARTS:
        assert callable(module.main)
        assert f"python -m benchmarks.{name}" in module.__doc__
