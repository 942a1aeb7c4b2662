"""python -m stages.train NAME: trains model NAME of params.yaml -> data/models/NAME.

With --profile after the name it takes a few steps only, says what costs how much, and writes a
trace for a browser to data/logs/NAME/trace.json.
"""

from pipeline.datasets.store import Store
from pipeline.params import load_params
from pipeline.profiling import profile_steps
from pipeline.training import train
from stages.command import block, run_named
from stages.layout import CHECKPOINTS, CURVES, LOGS, MODELS, PARAMS, PREPARED


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
        logs=LOGS / name,
    )


def profile(name: str) -> None:
    """Profiles a few steps of one model."""
    params = load_params(PARAMS)
    model = block(params.models, "models", name)
    trace = LOGS / name / "trace.json"
    print(profile_steps(model, Store(PREPARED / model.data), trace, seed=params.seed))
    print(f"The trace: {trace}")


if __name__ == "__main__":
    run_named(main, profile=profile)
