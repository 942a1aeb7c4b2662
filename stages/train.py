"""python -m stages.train NAME: trains model NAME of params.yaml -> data/models/NAME.

With --profile after the name it takes a few steps only, says what costs how much, and writes a
trace for a browser to data/logs/NAME/trace.json.
"""

from pipeline.datasets.store import Store
from pipeline.inference.finished import FinishedModel, load
from pipeline.methods.base import RunParams, StackedRunParams
from pipeline.monitoring.profiling import profile_steps
from pipeline.params import load_params
from pipeline.training.trainer import train
from stages.command import block, run_named
from stages.layout import CHECKPOINTS, CURVES, DATA, LOGS, MODELS, PARAMS, PREPARED


def main(name: str) -> None:
    """Trains one model."""
    params = load_params(PARAMS)
    model = block(params.runs, "models", name)
    train(
        model,
        Store(PREPARED / model.data),
        MODELS / name,
        seed=params.seed,
        curves=CURVES / name,
        scratch=CHECKPOINTS / name,
        logs=LOGS / name,
        base=base_of(model),
    )


def profile(name: str) -> None:
    """Profiles a few steps of one model."""
    params = load_params(PARAMS)
    model = block(params.runs, "models", name)
    trace = LOGS / name / "trace.json"
    store, base = Store(PREPARED / model.data), base_of(model)
    print(profile_steps(model, store, trace, seed=params.seed, base=base))
    print(f"The trace: {trace}")


def base_of(run: RunParams) -> FinishedModel | None:
    """The finished model that a block stands on, where it stands on any."""
    if not isinstance(run, StackedRunParams) or run.pretrained is None:
        return None
    return load(DATA / run.pretrained)


if __name__ == "__main__":
    run_named(main, profile=profile)
