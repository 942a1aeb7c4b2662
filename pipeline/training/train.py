"""From a block of params.yaml and a prepared data set to a finished model."""

from contextlib import nullcontext
from pathlib import Path

import torch

from pipeline.datasets.store import Store
from pipeline.errors import UserError, listing
from pipeline.inference.finished import FinishedModel, export
from pipeline.methods.base import RunParams
from pipeline.models.card import Pretrained
from pipeline.samples import DatasetSpec
from pipeline.system.distributed import is_first_process, wait_for_all
from pipeline.system.files import check_folder
from pipeline.system.hardware import choose_precision, start_fabric
from pipeline.system.lock import locked
from pipeline.training.checkpoints import Checkpoints, run_key
from pipeline.training.monitor import Monitor
from pipeline.training.prefetch import Feed
from pipeline.training.readers import reader_of
from pipeline.training.trainer import DivergedError, Trainer
from pipeline.training.typical_inputs import typical_inputs


def train(
    params: RunParams,
    store: Store,
    out: Path,
    *,
    seed: int,
    curves: Path,
    scratch: Path,
    logs: Path | None = None,
    pretrained: FinishedModel | None = None,
) -> None:
    """Train a run's model and leave it, finished, at ``out``.

    Args:
        params: the run's block.
        store: its data set.
        out: the finished model's folder.
        seed: of everything random.
        curves: gets the losses as DVCLive plots, previews over the steps, and the warnings.
        scratch: holds the checkpoints that a killed run resumes from; emptied at the end.
        logs: gets losses, speed, memory, learning rates, gradient norms and the newest preview.
        pretrained: the finished model that the run builds on.

    Raises UserError where the data does not fit the run, a loss or a weight became NaN or infinite,
    or another process trains the same model.
    """
    check_folder(out)  # before the hours that training may take
    label = f"{out.parent.name}/{out.name}"
    lock = out.with_name(f".{out.name}.lock")
    with locked(lock, f"training of {label}") if is_first_process() else nullcontext():
        trainer, feed, data = set_up(
            params, store, seed=seed, label=label, scratch=scratch, pretrained=pretrained
        )
        assert trainer.checkpoints is not None
        folder = trainer.checkpoints.folder / "samples"
        newest = logs and logs / "samples.png"
        monitor = Monitor(params, store, data, folder, newest, trainer.method.logits)
        try:
            trainer.fit(feed, curves, logs, monitor)
        except DivergedError as error:
            names = listing(feed.reader.names(error.step))
            raise UserError(f"{error}\nThe batch of step {error.step}:\n{names}") from error
        if trainer.fabric.is_global_zero:
            monitor.leave(curves, trainer.history)
            whole = reader_of(store, params, seed=seed, device=trainer.fabric.device)
            model = trainer.finish(Feed(whole))
            export(
                out,
                model,
                params=params,
                data=data,
                codec=store.codec,
                seed=seed,
                pretrained=None if pretrained is None else pretrained.card,
                preview=monitor.draw(monitor.preview(model)),
                typical=typical_inputs(model, whole.domains, store.codec),
            )
        wait_for_all(trainer.fabric.world_size)
        trainer.forget()


def set_up(
    params: RunParams,
    store: Store,
    *,
    seed: int,
    label: str,
    scratch: Path | None,
    pretrained: FinishedModel | None = None,
) -> tuple[Trainer, Feed, DatasetSpec]:
    """Make a run at its first step, what it reads, and what its networks are built from.

    ``scratch`` None: the run neither saves checkpoints nor resumes. Raises UserError where the
    data does not fit the run.
    """
    fabric = start_fabric(params.precision, deterministic=params.deterministic)
    rank, world = fabric.global_rank, fabric.world_size
    reader = reader_of(store, params, seed=seed, device=fabric.device, rank=rank, world=world)
    below = None if pretrained is None else Pretrained(pretrained.model, pretrained.card)
    torch.manual_seed(seed)  # the same first weights in every process
    try:
        method = params.build_for(store.spec, below)
    except ValueError as error:
        raise UserError(f"{label} can't learn from {store.root}: {error}") from error
    precision = choose_precision(params.precision)
    key = run_key(params, seed, store.fingerprint, "" if below is None else below.card.weights)
    trainer = Trainer(
        fabric,
        method,
        params,
        seed=seed,
        label=f"train {label} ({precision} on {fabric.device.type})",
        checkpoints=None if scratch is None else Checkpoints(scratch / key, rank, world),
    )
    return trainer, Feed(reader), params.select(store.spec)
