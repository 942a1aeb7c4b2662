"""The page: gathers what a run left and renders it."""

import inspect
import math
import shutil
from dataclasses import dataclass
from importlib.resources import files
from pathlib import Path
from urllib.parse import quote

import yaml
from jinja2 import Environment, StrictUndefined
from markupsafe import Markup
from safetensors import SafetensorError, safe_open

from pipeline.errors import UserError
from pipeline.evaluation.headline import CEILINGS, RESULTS
from pipeline.evaluation.results import MODEL
from pipeline.methods.base import RunParams
from pipeline.methods.runs import TranslatorRunParams
from pipeline.params import Params
from pipeline.report.charts import Chart
from pipeline.report.comparisons import (
    Comparison,
    baseline,
    headline,
    number,
    read_comparisons,
    spoken,
)
from pipeline.report.curves import read_charts
from pipeline.report.figures import Figures, copy_figures
from pipeline.report.progress import Progress, read_progress
from pipeline.system.files import put_in_place

BUFFERS = ("running_mean", "running_var", "num_batches_tracked")  # counted, not trained


@dataclass(frozen=True)
class Outputs:
    """The folders that a run's stages fill."""

    models: Path
    evaluation: Path
    curves: Path


@dataclass(frozen=True)
class Task:
    """The comparisons of one task: a row a metric, a column the model and each baseline."""

    title: str
    baselines: list[str]
    comparisons: list[Comparison]


@dataclass(frozen=True)
class Section:
    """One model of the page."""

    name: str
    anchor: str
    method: str
    domains: str
    run: RunParams
    parameters: int
    block: str
    """The whole block of params.yaml, with what was left to its defaults."""
    figures: Figures
    charts: list[Chart]
    progress: Progress
    tasks: list[Task]
    headline: Comparison | None
    better: int
    compared: int
    baselines: list[str]


def build_report(params: Params, outputs: Outputs, out: Path) -> None:
    """Write the report of every model in ``params`` to the folder ``out``, whole or not at all.

    ``out/index.html`` needs nothing but ``out/media``; equal inputs give equal bytes. Raises
    UserError where a model's outputs are missing or damaged.
    """
    partial = out.with_name(f".{out.name}.partial")
    shutil.rmtree(partial, ignore_errors=True)
    try:
        partial.mkdir(parents=True)
        sections = [gather(name, run, outputs, partial) for name, run in params.runs.items()]
        (partial / "index.html").write_text(render(params, sections), encoding="utf-8")
        put_in_place(partial, out)
    except BaseException:
        shutil.rmtree(partial, ignore_errors=True)
        raise


def gather(name: str, run: RunParams, outputs: Outputs, root: Path) -> Section:
    """Gather everything about one model; its pictures and sounds are copied below ``root``.

    Raises UserError where something is missing or damaged.
    """
    weights = outputs.models / name / "model.safetensors"
    figures = outputs.evaluation / name
    results = figures / RESULTS
    curves = outputs.curves / name / "plots" / "metrics"
    for path, stage in (
        (weights, "train"),
        (curves, "train"),
        (results, "evaluate"),
    ):
        if not path.exists():
            raise UserError(f"expected what stage {stage} leaves of model '{name}' at {path}")
    comparisons = read_comparisons(results)
    compared = [c for c in comparisons if c.outcome is not None]
    return Section(
        name=name,
        anchor="model-" + quote(name, safe=""),
        method=describe_method(run),
        domains=(" → " if isinstance(run, TranslatorRunParams) else ", ").join(run.domains),
        run=run,
        parameters=count_parameters(weights),
        block=yaml.safe_dump(run.model_dump(mode="json"), sort_keys=False),
        figures=copy_figures(figures, root / "media" / name, root),
        charts=read_charts(curves),
        progress=read_progress(outputs.curves / name, root / "media" / name / "previews", root),
        tasks=group_by_task(comparisons),
        headline=headline(comparisons),
        better=sum(c.outcome == "better" for c in compared),
        compared=len(compared),
        baselines=list_baselines(comparisons),
    )


def group_by_task(comparisons: list[Comparison]) -> list[Task]:
    """Group comparisons by their tasks, in the order of the results."""
    groups: dict[str, list[Comparison]] = {}
    for comparison in comparisons:
        groups.setdefault(comparison.task, []).append(comparison)
    return [Task(spoken(name), list_baselines(group), group) for name, group in groups.items()]


def list_baselines(comparisons: list[Comparison]) -> list[str]:
    """List the baselines of some comparisons as they first come, ceilings last."""
    names = dict.fromkeys(name for c in comparisons for name in c.rows if name != MODEL)
    return sorted(names, key=lambda name: name in CEILINGS)


def describe_method(run: RunParams) -> str:
    """Take the first sentence of the method's own file."""
    module = inspect.getmodule(type(run))
    words = inspect.getdoc(module) or ""
    return words.partition("\n\n")[0].replace("\n", " ")


def count_parameters(path: Path) -> int:
    """Count the trained values in a safetensors file by its header alone.

    Raises UserError where it can't be read as weights.
    """
    try:
        with safe_open(path, framework="np") as file:
            return sum(
                math.prod(file.get_slice(key).get_shape())
                for key in file.keys()  # noqa: SIM118 - not a mapping
                if not key.endswith(BUFFERS)
            )
    except (SafetensorError, OSError) as error:
        raise UserError(f"{path} can't be read as weights: {error}") from error


def render(params: Params, sections: list[Section]) -> str:
    """Render the page as HTML, with its style inside."""
    environment = Environment(
        autoescape=True, undefined=StrictUndefined, trim_blocks=True, lstrip_blocks=True
    )
    environment.filters["number"] = number
    environment.filters["spoken"] = spoken
    package = files("pipeline.report")
    template = environment.from_string((package / "template.html").read_text(encoding="utf-8"))
    style = Markup((package / "style.css").read_text(encoding="utf-8"))
    html = template.render(
        params=params,
        sections=sections,
        style=style,
        baseline=baseline,
        MODEL=MODEL,
        CEILINGS=CEILINGS,
    )
    return html.rstrip() + "\n"
