"""One model of the report: gathers what its stages left."""

import inspect
import math
from dataclasses import dataclass
from pathlib import Path

import yaml
from safetensors import SafetensorError, safe_open

from pipeline.errors import UserError
from pipeline.evaluation.protocol import shown
from pipeline.evaluation.results import RESULTS, Results
from pipeline.inference.finished import read_card
from pipeline.methods.base import RunParams
from pipeline.methods.runs import TranslatorRunParams
from pipeline.params import Params
from pipeline.report.charts import Chart
from pipeline.report.curves import read_charts
from pipeline.report.figures import Figures, Media, copy_figures
from pipeline.report.progress import Progress, read_progress
from pipeline.report.reading import read_evaluation
from pipeline.report.sections import Section, sections_of
from pipeline.report.tasks import ARROW, Task, describe_task
from pipeline.report.verdicts import Decision, lead

BUFFERS = ("running_mean", "running_var", "num_batches_tracked")  # counted, not trained
WEIGHTS = "model.safetensors"


@dataclass(frozen=True)
class Outputs:
    """The folders that a run's stages fill."""

    models: Path
    evaluation: Path
    curves: Path
    logs: Path


@dataclass(frozen=True)
class Model:
    """One model of the report."""

    name: str
    page: str
    """The address of its page, relative to the report's folder."""
    method: str
    domains: str
    run: RunParams
    parameters: int
    weights: str
    """The fingerprint of the weights that lie there now, as its card has it."""
    block: str
    """The whole block of params.yaml, with what was left to its defaults."""
    data_block: str
    evaluation: Results
    figures: Figures
    charts: list[Chart]
    progress: Progress
    tasks: list[Task]
    sections: list[Section]

    @property
    def decisions(self) -> list[Decision]:
        """The verdicts on its tasks."""
        return [decision for section in self.sections for decision in section.decisions]

    @property
    def lead(self) -> Decision | None:
        """The verdict that stands for the model."""
        return lead(self.decisions)

    @property
    def others(self) -> list[Decision]:
        """The verdicts that don't."""
        first = self.lead
        return [decision for decision in self.decisions if decision is not first]

    @property
    def warnings(self) -> list[str]:
        """Problems of the run, in words."""
        measured = str(self.evaluation.protocol["weights"])
        if measured == self.weights:
            return self.progress.warnings
        stale = (
            f"the numbers are of other weights ({shown(measured)}) than those that lie there "
            f"now ({shown(self.weights)}): evaluate again"
        )
        return [stale, *self.progress.warnings]


def gather(name: str, params: Params, outputs: Outputs, root: Path) -> Model:
    """Gather everything about one model; its pictures and sounds are copied below ``root``.

    Raises UserError where something is missing or damaged.
    """
    run = params.runs[name]
    weights = outputs.models / name / WEIGHTS
    figures = outputs.evaluation / name
    results = figures / RESULTS
    curves = outputs.curves / name / "plots" / "metrics"
    media = root / "media" / name
    for path, stage in (
        (weights, "train"),
        (curves, "train"),
        (results, "evaluate"),
    ):
        if not path.exists():
            raise UserError(f"expected what stage {stage} leaves of model '{name}' at {path}")
    evaluation = read_evaluation(results)
    copied = copy_figures(Media(figures, media, root))
    tasks = [describe_task(task, run) for task in evaluation.tasks]
    return Model(
        name=name,
        page=f"models/{name}.html",
        method=describe_method(run),
        domains=(ARROW if isinstance(run, TranslatorRunParams) else ", ").join(run.domains),
        run=run,
        parameters=count_parameters(weights),
        weights=fingerprint(outputs.models / name),
        block=as_yaml(run.model_dump(mode="json")),
        data_block=as_yaml(params.datasets[run.data].model_dump(mode="json")),
        evaluation=evaluation,
        figures=copied,
        charts=read_charts(curves),
        progress=read_progress(outputs.curves / name, media / "previews", root),
        tasks=tasks,
        sections=sections_of(tasks, evaluation, copied),
    )


def describe_method(run: RunParams) -> str:
    """Take the first sentence of the method's own file."""
    module = inspect.getmodule(type(run))
    words = inspect.getdoc(module) or ""
    return words.partition("\n\n")[0].replace("\n", " ")


def as_yaml(block: object) -> str:
    """Write a block as params.yaml has it."""
    text: str = yaml.safe_dump(block, sort_keys=False, allow_unicode=True)
    return text


def fingerprint(folder: Path) -> str:
    """Return the fingerprint of a finished model's weights.

    Raises UserError where its card can't be read.
    """
    try:
        return read_card(folder).weights
    except (ValueError, OSError) as error:
        raise UserError(f"{folder} holds no finished model; train again ({error})") from error


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
