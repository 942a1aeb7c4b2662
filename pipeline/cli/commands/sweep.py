"""`crossdomain sweep`: a metric of DVC experiments over the parameter that they vary."""

import json
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any, NamedTuple

from pipeline.errors import UserError
from pipeline.evaluation.metric_table import METRICS
from pipeline.evaluation.results import MODEL, RESULTS, Rows
from pipeline.report.baselines import baseline
from pipeline.report.words import spoken
from pipeline.scaffold.wiring import look_up
from pipeline.system.files import make_folder, write

PARAMS = "params.yaml"
EVALUATION = "data/evaluation"
STAGES = {"models": "evaluate", "second_stage": "evaluate_second_stage"}
"""The groups of params.yaml that a model may be in, and the stages that evaluate it."""
WIDE = 8  # times the least: from there on values are drawn on a logarithmic axis


class Point(NamedTuple):
    """One experiment."""

    value: float
    """Of the parameter."""
    rows: Rows
    """The metric of the model and of its baselines."""


def run(model: str, parameter: str, metric: str, out: Path) -> str:
    """Draw ``out``.png and write ``out``.tsv; return what was found.

    Raises UserError where there are no experiments with different values.
    """
    found, folder = experiments(), below_root()
    group = group_of(found, model, folder)
    block = f"{group}.{model}"
    points = sorted(points_of(found, block, parameter, metric, folder), key=lambda p: p.value)
    if len({point.value for point in points}) < 2:
        values = ", ".join(f"{point.value:g}" for point in points) or "none"
        raise UserError(
            f"expected experiments with two values or more of {block}.{parameter} and with "
            f"{metric} in {EVALUATION}/{model}/{RESULTS}, found: {values}. To make some: dvc exp "
            f"run --queue -S '{block}.{parameter}=2,5,16,64' {STAGES[group]}@{model}; "
            "dvc queue start"
        )
    make_folder(out.parent)
    rows, plot = (out.with_name(f"{out.name}{ending}") for ending in (".tsv", ".png"))
    table = tsv(points, parameter)
    write(rows, table.encode())
    draw(plot, points, spoken(f"{model}: {parameter}"), metric)
    return f"{table}\n{plot}, {rows}"


def experiments() -> list[dict[str, Any]]:
    """Return what ``dvc exp show`` tells of this folder; raise UserError where it can't."""
    command = [sys.executable, "-m", "dvc", "exp", "show", "--json"]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    if done.returncode:
        raise UserError(f"dvc exp show failed: {done.stderr.strip()}")
    found: list[dict[str, Any]] = json.loads(done.stdout)
    return found


def group_of(found: list[dict[str, Any]], model: str, folder: Path) -> str:
    """Return the group of params.yaml that has the model in one of the revisions; else models."""
    known = [params_of(revision, folder) for revision in revisions(found)]
    groups = (group for group in STAGES for params in known if look_up(params, f"{group}.{model}"))
    return next(groups, "models")


def params_of(revision: dict[str, Any], folder: Path) -> object:
    """Return the params.yaml of a revision."""
    return revision["data"]["params"].get((folder / PARAMS).as_posix(), {}).get("data")


def points_of(
    found: list[dict[str, Any]], block: str, parameter: str, metric: str, folder: Path
) -> Iterator[Point]:
    """Yield the points of the newest commit and of its experiments.

    ``block``: the model's in params.yaml, as models.NAME. ``folder``: this one, below the
    repository's root.
    """
    model = block.partition(".")[2]
    for revision in revisions(found):
        value = look_up(params_of(revision, folder), f"{block}.{parameter}")
        if not isinstance(value, int | float):
            continue
        found_there = results(revision["rev"], folder / EVALUATION / model / RESULTS)
        rows = look_up(found_there, f"tasks.{metric}.values")
        if isinstance(rows, dict):
            yield Point(float(value), {name: float(number) for name, number in rows.items()})


def revisions(found: list[dict[str, Any]]) -> Iterator[dict[str, Any]]:
    """Yield each commit and its experiments that came to an end.

    Not the workspace, which is one of them or half done.
    """
    for commit in found[1:]:
        experiments = [rev for group in commit["experiments"] or [] for rev in group["revs"]]
        yield from (rev for rev in [commit, *experiments] if rev["data"])


def results(revision: str, file: Path) -> object:
    """Read an evaluation's results at a revision from DVC's cache; None if they aren't there."""
    import dvc.api
    from dvc.exceptions import DvcException

    try:
        return json.loads(dvc.api.read(file.as_posix(), rev=revision, mode="r", encoding="utf-8"))
    except (DvcException, OSError, ValueError):
        return None


def below_root() -> Path:
    """Return this folder, relative to that of the repository."""
    from dvc.repo import Repo

    return Path.cwd().relative_to(Repo.find_root())


def tsv(points: list[Point], parameter: str) -> str:
    """Return a row a point, a column the parameter, the model and each baseline."""
    names = list(dict.fromkeys(name for point in points for name in point.rows))
    lines = ["\t".join([parameter, *names])]
    for point in points:
        cells = [f"{point.value:g}", *(f"{point.rows.get(name, '')}" for name in names)]
        lines.append("\t".join(cells))
    return "\n".join(lines) + "\n"


def draw(path: Path, points: list[Point], title: str, metric: str) -> None:
    """Draw the model's values over the parameter's, and its baselines' as dashed lines."""
    import matplotlib

    matplotlib.use("agg")
    from matplotlib import pyplot as plt

    figure, axis = plt.subplots(figsize=(6, 3.6), layout="constrained")
    for name in dict.fromkeys(name for point in points for name in point.rows):
        seen = [(p.value, p.rows[name]) for p in points if name in p.rows]
        style = "o-" if name == MODEL else "--"
        axis.plot(*zip(*seen, strict=True), style, label=baseline(name).title)
    values = [point.value for point in points]
    if values[0] > 0 and values[-1] >= WIDE * values[0]:
        axis.set_xscale("log", base=2)
    axis.set_xticks(sorted(set(values)), [f"{value:g}" for value in sorted(set(values))])
    described = METRICS.get(metric.rpartition(".")[2])
    axis.set_ylabel(described.title if described else metric, fontsize=8)
    axis.set_title(title, fontsize=9, loc="left")
    axis.set_ylim(bottom=min(0.0, axis.get_ylim()[0]))
    axis.legend(fontsize=8)
    figure.savefig(path, dpi=110, metadata={"Software": None})
    plt.close(figure)
