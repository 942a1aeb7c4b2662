"""Templates filled with a run's models: the pages as HTML."""

from dataclasses import dataclass
from importlib.resources import files

from jinja2 import Environment, PackageLoader, StrictUndefined

from pipeline.evaluation.metric_table import CEILINGS
from pipeline.evaluation.results import MODEL
from pipeline.report.baselines import baseline
from pipeline.report.comparisons import title_of_metric
from pipeline.report.groups import Group
from pipeline.report.model import Model
from pipeline.report.overview import rows_of, tally
from pipeline.report.runs import PAGE, Facts, Runs
from pipeline.report.runs import rows_of as rows_of_runs
from pipeline.report.scales import scale_of
from pipeline.report.sections import further_clips, further_pictures
from pipeline.report.tasks import kinds_of
from pipeline.report.words import breakable, counted, enumerated, spoken

ASSETS = ("style.css", "script.js")
INDEX = "index.html"


@dataclass(frozen=True)
class Site:
    """All that the pages show."""

    seed: int
    models: list[Model]
    groups: list[Group]


def pages_of(site: Site) -> dict[str, str]:
    """Render every page: its address, relative to the report's folder -> HTML."""
    environment = environment_of(site)
    rows = rows_of(site.models, site.groups)
    pages = {
        INDEX: page(
            environment,
            "overview.html",
            INDEX,
            rows=rows,
            tally=tally(rows),
            kinds=kinds_of([task for model in site.models for task in model.tasks]),
        )
    }
    for at, row in enumerate(rows):
        model = row.model
        pages[model.page] = page(
            environment,
            "model.html",
            model.page,
            model=model,
            further=further_pictures(model.sections, model.figures),
            heard=further_clips(model.tasks, model.figures),
            groups=row.groups,
            before=site.models[at - 1] if at else None,
            after=site.models[at + 1] if at + 1 < len(site.models) else None,
        )
    for group in site.groups:
        pages[group.page] = page(environment, "comparison.html", group.page, group=group)
    return pages


def runs_page(site: Site, runs: Runs) -> str:
    """Render the page of what differs from run to run, for whoever runs no scripts."""
    told = {model.name: rows_of_runs(logged(model, runs)) for model in site.models}
    return page(environment_of(site), "runs.html", PAGE, told=told)


def logged(model: Model, runs: Runs) -> dict[str, Facts]:
    """Look up the facts of a model's runs, by stage; the precision of its numbers beside them."""
    found = runs.get(model.weights, {}).get(model.name, {})
    precision = {"precision": model.evaluation.protocol["precision"]}
    return {
        stage: {**precision, **facts} if stage == "evaluation" else facts
        for stage, facts in found.items()
    }


def environment_of(site: Site) -> Environment:
    """Set up the templates with what all of them use."""
    environment = Environment(
        loader=PackageLoader("pipeline.report"),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    environment.filters |= {
        "breakable": breakable,
        "counted": counted,
        "enumerated": enumerated,
        "spoken": spoken,
        "title_of_metric": title_of_metric,
    }
    environment.tests["described"] = lambda name: bool(baseline(name).words)
    environment.globals |= {
        "CEILINGS": CEILINGS,
        "MODEL": MODEL,
        "RUNS": PAGE,
        "baseline": baseline,
        "scale_of": scale_of,
        "site": site,
    }
    return environment


def page(environment: Environment, template: str, here: str, **context: object) -> str:
    """Render one page, whose address is ``here``."""
    up = "../" * here.count("/")
    return environment.get_template(template).render(here=here, up=up, **context).rstrip() + "\n"


def asset(name: str) -> str:
    """Read a file that the pages load."""
    return (files("pipeline.report") / name).read_text(encoding="utf-8")
