"""The lists that dvc.yaml has of each model: DVC's templates make stages but no lists."""

from typing import Any

OUTPUTS = ("data/models/{}", "data/evaluation/{}", "data/curves/{}")
"""Outputs that the report waits for."""

CURVES, SAMPLES = "data/curves/{}/plots/metrics", "data/curves/{}/samples"
"""Plots of `dvc plots`: losses over steps, and pictures of how the model came about."""

Item = dict[str, Any] | str
"""An entry of one of dvc.yaml's lists: a path, or a path with its options."""


def report_deps(names: list[str]) -> list[str]:
    """Return the outputs of models that the report waits for, kind by kind."""
    return [kind.format(name) for kind in OUTPUTS for name in names]


def plots(names: list[str]) -> list[Item]:
    """Return the plots of models as dvc.yaml has them, kind by kind."""
    curves: list[Item] = [{CURVES.format(name): {"x": "step"}} for name in names]
    return [*curves, *(SAMPLES.format(name) for name in names)]


def place(item: Item) -> str:
    """Return the path that an entry names."""
    return item if isinstance(item, str) else str(next(iter(item)))
