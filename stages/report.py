"""python -m stages.report: what every model of params.yaml makes -> data/report/index.html."""

from pipeline.params import load_params
from pipeline.report import Outputs, build_report
from stages.command import run
from stages.layout import CURVES, EVALUATION, MODELS, PARAMS, REPORT


def main() -> None:
    """Build the report of the run."""
    outputs = Outputs(models=MODELS, evaluation=EVALUATION, curves=CURVES)
    build_report(load_params(PARAMS), outputs, REPORT)


if __name__ == "__main__":
    run(main)
