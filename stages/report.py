"""python -m stages.report: what every model of params.yaml makes -> data/report/index.html."""

import os
from pathlib import Path

from pipeline.params import load_params
from pipeline.report.build import build_report
from pipeline.report.model import Outputs
from stages.command import run
from stages.layout import CURVES, EVALUATION, LOGS, MODELS, PARAMS, REPORT


def main() -> None:
    """Build the report of the run, and say where it is."""
    outputs = Outputs(models=MODELS, evaluation=EVALUATION, curves=CURVES, logs=LOGS)
    build_report(load_params(PARAMS), outputs, REPORT)
    print(f"The report: {seen_from_root(REPORT / 'index.html')}")


def seen_from_root(path: Path) -> str:
    """Name a path as from the project's folder, where DVC runs this below it."""
    root = Path(os.environ.get("DVC_ROOT") or ".").resolve()
    whole = path.resolve()
    return (whole.relative_to(root) if whole.is_relative_to(root) else path).as_posix()


if __name__ == "__main__":
    run(main)
