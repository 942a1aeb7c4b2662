"""python -m stages.train NAME: trains model NAME of params.yaml -> data/models/NAME.

With --profile after the name it takes a few steps only, says what costs how much, and writes a
trace for a browser to data/logs/NAME/trace.json.
"""

from pipeline.datasets.store import Store
from pipeline.inference.finished import FinishedModel, load, read_card
from pipeline.methods.base import RunParams
from pipeline.methods.pretrained import SecondStageRunParams
from pipeline.monitoring.profiling import profile_steps
from pipeline.monitoring.record import Stopwatch
from pipeline.params import load_params
from pipeline.system.hardware import choose_precision
from pipeline.training.train import set_up, train
from stages.command import block, run_named
from stages.layout import CHECKPOINTS, CURVES, DATA, LOGS, MODELS, PARAMS, PREPARED


def main(name: str) -> None:
    """Train one model."""
    stopwatch = Stopwatch()
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
        pretrained=pretrained_of(model),
    )
    stopwatch.record(
        LOGS / name / "training.json",
        read_card(MODELS / name).weights,
        precision=choose_precision(model.precision),
    )


def profile(name: str) -> None:
    """Profile a few steps of one model; no saved state is touched."""
    params = load_params(PARAMS)
    model = block(params.runs, "models", name)
    trainer, feed, _ = set_up(
        model,
        Store(PREPARED / model.data),
        seed=params.seed,
        label="profile",
        scratch=None,
        pretrained=pretrained_of(model),
    )

    def take(count: int) -> None:
        for _ in range(count):
            trainer.reseed()
            trainer.take_step(feed(trainer.step))

    trace = LOGS / name / "trace.json"
    print(profile_steps(take, trace, deterministic=model.deterministic))
    print(f"The trace: {trace}")


def pretrained_of(run: RunParams) -> FinishedModel | None:
    """Load the finished model that a block builds on, where it builds on any."""
    if not isinstance(run, SecondStageRunParams) or run.pretrained is None:
        return None
    return load(DATA / run.pretrained)


if __name__ == "__main__":
    run_named(main, profile=profile)
