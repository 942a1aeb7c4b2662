"""python -m stages.prepare NAME: raw files of data set NAME -> data/prepared/NAME."""

from pipeline.datasets.prepare import prepare
from pipeline.params import load_params
from stages.command import block, run_named
from stages.layout import PARAMS, PREPARED


def main(name: str) -> None:
    """Prepare one data set."""
    prepare(block(load_params(PARAMS).datasets, "datasets", name), PREPARED / name)


if __name__ == "__main__":
    run_named(main)
