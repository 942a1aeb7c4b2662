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
from pipeline.evaluation.headline import RESULTS
from pipeline.evaluation.results import MODEL
from pipeline.methods.base import RunParams, TranslatorRunParams
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
from pipeline.report.course import Course, read_course
from pipeline.report.curves import read_charts
from pipeline.report.figures import Figures, copy_exhibits

BUFFERS = ("running_mean", "running_var", "num_batches_tracked")  # counted, not learnt


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
    course: Course
    tasks: list[Task]
    headline: Comparison | None
    better: int
    judged: int
    baselines: list[str]


def build_report(params: Params, outputs: Outputs, out: Path) -> None:
    """Writes the report of every model in ``params`` to the folder ``out``, whole or not at all.

    ``out/index.html`` needs nothing but ``out/media``; equal inputs give equal bytes. Raises
    UserError where a model's outputs are missing or damaged.
    """
    partial = out.with_name(f".{out.name}.partial")
    shutil.rmtree(partial, ignore_errors=True)
    try:
        partial.mkdir(parents=True)
        sections = [gather(name, run, outputs, partial) for name, run in params.runs.items()]
        (partial / "index.html").write_text(render(params, sections), encoding="utf-8")
        shutil.rmtree(out, ignore_errors=True)
        partial.rename(out)
    except BaseException:
        shutil.rmtree(partial, ignore_errors=True)
        raise


def gather(name: str, run: RunParams, outputs: Outputs, root: Path) -> Section:
    """Everything about one model; its pictures and sounds are copied below ``root``."""
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
    judged = [c for c in comparisons if c.verdict is not None]
    return Section(
        name=name,
        anchor="model-" + quote(name, safe=""),
        method=method_in_words(run),
        domains=(" → " if isinstance(run, TranslatorRunParams) else ", ").join(run.domains),
        run=run,
        parameters=count_parameters(weights),
        block=yaml.safe_dump(run.model_dump(mode="json"), sort_keys=False),
        figures=copy_exhibits(figures, root / "media" / name, root),
        charts=read_charts(curves),
        course=read_course(outputs.curves / name, root / "media" / name / "course", root),
        tasks=by_task(comparisons),
        headline=headline(comparisons),
        better=sum(c.verdict == "better" for c in judged),
        judged=len(judged),
        baselines=rivals_of(comparisons),
    )


def by_task(comparisons: list[Comparison]) -> list[Task]:
    """Comparisons under the titles of their tasks, in the order of the results."""
    groups: dict[str, list[Comparison]] = {}
    for comparison in comparisons:
        groups.setdefault(comparison.task, []).append(comparison)
    return [Task(spoken(name), rivals_of(group), group) for name, group in groups.items()]


def rivals_of(comparisons: list[Comparison]) -> list[str]:
    """The baselines of some comparisons: baselines as they first come, then ceilings."""
    names = dict.fromkeys(name for c in comparisons for name in c.rows if name != MODEL)
    return sorted(names, key=lambda name: baseline(name).ceiling)


def method_in_words(run: RunParams) -> str:
    """The first sentence of the method's own file."""
    module = inspect.getmodule(type(run))
    words = inspect.getdoc(module) or ""
    return words.partition("\n\n")[0].replace("\n", " ")


def count_parameters(path: Path) -> int:
    """Learnt values in a safetensors file; reads its header alone."""
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
    """The page as HTML, with its style inside."""
    environment = Environment(
        autoescape=True, undefined=StrictUndefined, trim_blocks=True, lstrip_blocks=True
    )
    environment.filters["number"] = number
    environment.filters["spoken"] = spoken
    package = files("pipeline.report")
    template = environment.from_string((package / "template.html").read_text(encoding="utf-8"))
    style = Markup((package / "style.css").read_text(encoding="utf-8"))
    html = template.render(
        params=params, sections=sections, style=style, baseline=baseline, MODEL=MODEL
    )
    return html.rstrip() + "\n"
