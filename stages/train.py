"""python -m stages.train NAME: trains model NAME of params.yaml -> data/models/NAME."""

from pipeline.datasets.store import Store
from pipeline.params import load_params
from pipeline.training import train
from stages.command import block, run_named
from stages.layout import CHECKPOINTS, CURVES, MODELS, PARAMS, PREPARED


def main(name: str) -> None:
    """Trains one model."""
    params = load_params(PARAMS)
    model = block(params.models, "models", name)
    train(
        model,
        Store(PREPARED / model.data),
        MODELS / name,
        seed=params.seed,
        curves=CURVES / name,
        scratch=CHECKPOINTS / name,
    )


if __name__ == "__main__":
    run_named(main)
