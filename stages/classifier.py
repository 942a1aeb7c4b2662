"""python -m stages.classifier NAME: trains the classifier that evaluation asks about data set
NAME."""

from pipeline.datasets.store import Store
from pipeline.params import load_params
from pipeline.training.train import train
from stages.command import block, run_named
from stages.layout import CHECKPOINTS, CLASSIFIERS, CURVES, LOGS, PARAMS, PREPARED


def main(name: str) -> None:
    """Train one classifier."""
    params = load_params(PARAMS)
    classifier = block(params.classifiers, "classifiers", name)
    train(
        classifier,
        Store(PREPARED / classifier.data),
        CLASSIFIERS / name,
        seed=params.seed,
        curves=CURVES / f"classifier_{name}",
        scratch=CHECKPOINTS / f"classifier_{name}",
        logs=LOGS / f"classifier_{name}",
    )


if __name__ == "__main__":
    run_named(main)
