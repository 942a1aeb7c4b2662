"""The report's folder: written whole or not at all."""

from pathlib import Path

from pipeline.params import Params
from pipeline.report.groups import groups_of
from pipeline.report.model import Outputs, gather
from pipeline.report.render import ASSETS, Site, asset, pages_of, runs_page
from pipeline.report.runs import FILE, PAGE, read_runs, runs_script
from pipeline.system.files import made, write


def build_report(params: Params, outputs: Outputs, out: Path) -> None:
    """Write the report of every model in ``params`` to the folder ``out``, whole or not at all.

    It needs nothing but its folder. Equal inputs give equal bytes in all files but those of `runs`.
    Raises UserError where a model's outputs are missing or damaged.
    """
    with made(out) as partial:
        models = [gather(name, params, outputs, partial) for name in params.runs]
        site = Site(params.seed, models, groups_of(models))
        runs = read_runs(params.runs, outputs.logs)
        files = {
            **pages_of(site),
            **{name: asset(name) for name in ASSETS},
            FILE: runs_script(runs),
            PAGE: runs_page(site, runs),
        }
        for address, text in files.items():
            path = partial / address
            path.parent.mkdir(exist_ok=True)
            write(path, text.encode())
