"""python -m stages.judge NAME: trains the classifier that evaluation asks about data set NAME."""

from pipeline.datasets.store import Store
from pipeline.params import load_params
from pipeline.training.trainer import train
from stages.command import block, run_named
from stages.layout import CHECKPOINTS, CURVES, JUDGES, LOGS, PARAMS, PREPARED


def main(name: str) -> None:
    """Trains one judge."""
    params = load_params(PARAMS)
    judge = block(params.judges, "judges", name)
    train(
        judge,
        Store(PREPARED / judge.data),
        JUDGES / name,
        seed=params.seed,
        curves=CURVES / f"judge_{name}",
        scratch=CHECKPOINTS / f"judge_{name}",
        logs=LOGS / f"judge_{name}",
    )


if __name__ == "__main__":
    run_named(main)
