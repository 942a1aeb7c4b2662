"""The curves that a run logged, sorted into charts."""

import csv
import math
from pathlib import Path

from pipeline.errors import UserError
from pipeline.report.charts import Chart, Points, draw
from pipeline.report.words import spoken

COMPARABLE = 10.0  # curves of one chart differ in size by at most this factor


def read_charts(folder: Path) -> list[Chart]:
    """Read the charts of a run's curves (``plots/metrics/**.tsv`` as DVCLive writes them).

    Curves whose names differ only in their first word (``real_logit_a``, ``fake_logit_a``) share
    a chart, if it can show them both. Raises UserError for a file that is no curve.
    """
    curves = {
        path.relative_to(folder).with_suffix("").as_posix(): read_curve(path)
        for path in sorted(folder.rglob("*.tsv"))
    }
    charts: list[dict[str, Points]] = []
    kinds: list[str] = []
    for name, points in curves.items():
        kind = kind_of(name)
        for chart, of in zip(charts, kinds, strict=True):
            if of == kind and comparable([*chart.values(), points]):
                chart[name] = points
                break
        else:
            charts.append({name: points})
            kinds.append(kind)
    # Losses first: they say whether training went well; logits and parts follow by name.
    charts.sort(key=lambda chart: (not next(iter(chart)).endswith("loss"), next(iter(chart))))
    return [
        draw(
            title_of(list(chart)),
            {spoken(name.rpartition("/")[2]): points for name, points in chart.items()},
        )
        for chart in charts
    ]


def read_curve(path: Path) -> Points:
    """Read the steps and values of one file, in the order of the steps.

    Raises UserError where it is no curve.
    """
    with path.open(encoding="utf-8", newline="") as file:
        reader = csv.reader(file, delimiter="\t")
        try:
            columns = next(reader)
            step = columns.index("step")
            rows = [(float(row[step]), float(row[1 - step])) for row in reader]
        except (StopIteration, ValueError, IndexError) as error:
            raise UserError(f"expected columns step and value in {path}: {error}") from error
    if not rows:
        raise UserError(f"expected a curve in {path}: it has no rows")
    return sorted(rows)


def kind_of(name: str) -> str:
    """Strip a name of its first word: ``real_logit_a`` -> ``logit_a``."""
    folder, _, last = name.rpartition("/")
    return f"{folder}/{last.partition('_')[2] or last}"


def title_of(names: list[str]) -> str:
    """Name a chart by what its curves have in common."""
    if len(names) == 1:
        return spoken(names[0])
    folder, _, kind = kind_of(names[0]).rpartition("/")
    return spoken(f"{folder}/{kind}" if folder else kind)


def comparable(curves: list[Points]) -> bool:
    """Tell whether no curve would be flat on an axis made for another."""
    sizes = [max((abs(v) for _, v in c if math.isfinite(v)), default=0.0) for c in curves]
    return max(sizes) <= COMPARABLE * min(sizes)
