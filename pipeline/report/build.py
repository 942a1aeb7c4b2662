"""The report's folder: written whole or not at all."""

import shutil
from pathlib import Path

from pipeline.params import Params
from pipeline.report.groups import groups_of
from pipeline.report.model import Outputs, gather
from pipeline.report.render import ASSETS, Site, asset, pages_of
from pipeline.report.runs import FILE, runs_script
from pipeline.system.files import put_in_place


def build_report(params: Params, outputs: Outputs, out: Path) -> None:
    """Write the report of every model in ``params`` to the folder ``out``, whole or not at all.

    It needs nothing but its folder. Equal inputs give equal bytes in all files but that of `runs`.
    Raises UserError where a model's outputs are missing or damaged.
    """
    partial = out.with_name(f".{out.name}.partial")
    shutil.rmtree(partial, ignore_errors=True)
    try:
        partial.mkdir(parents=True)
        models = [gather(name, params, outputs, partial) for name in params.runs]
        for address, html in pages_of(Site(params.seed, models, groups_of(models))).items():
            write(partial / address, html)
        for name in ASSETS:
            write(partial / name, asset(name))
        write(partial / FILE, runs_script(params.runs, outputs.logs))
        put_in_place(partial, out)
    except BaseException:
        shutil.rmtree(partial, ignore_errors=True)
        raise


def write(path: Path, text: str) -> None:
    """Write a file, and the folder that it lies in."""
    path.parent.mkdir(exist_ok=True)
    path.write_text(text, encoding="utf-8", newline="\n")
