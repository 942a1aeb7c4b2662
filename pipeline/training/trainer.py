"""The only training loop: it knows no model's name.

Everything random is a function of (seed, step), and everything else is in one state, so a run
that was killed and resumed ends with the same weights, bit for bit, as one that was not.
"""

import copy
import hashlib
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import torch
from lightning_fabric import Fabric
from torch import nn
from torch.nn.utils import get_total_norm

from pipeline.datasets.store import Store
from pipeline.errors import UserError, listing
from pipeline.inference.finished import FinishedModel
from pipeline.methods.base import Method, RunParams, StackedMethod, StackedRunParams, Update
from pipeline.monitoring.telemetry import Telemetry
from pipeline.nn.ema import update_ema
from pipeline.nn.memory_format import to_channels_last
from pipeline.nn.shapes import check_size
from pipeline.samples import Batch
from pipeline.system.distributed import average_gradients, newest_common, sharing, wait_for_all
from pipeline.system.hardware import choose_precision, start_fabric
from pipeline.system.progress import Progress
from pipeline.training.checkpoints import Checkpoints, export, foundation_of, run_key
from pipeline.training.history import History
from pipeline.training.monitor import Monitor
from pipeline.training.prefetch import Feed


class DivergedError(UserError):
    """A loss is no number any more."""

    def __init__(self, message: str, step: int) -> None:
        super().__init__(message)
        self.step = step


def train(
    params: RunParams,
    store: Store,
    out: Path,
    *,
    seed: int,
    curves: Path,
    scratch: Path,
    logs: Path | None = None,
    base: FinishedModel | None = None,
) -> None:
    """Trains a run's model and leaves it, finished, at ``out``.

    ``curves`` gets the losses as DVCLive plots, pictures of how the model came about and the
    warnings; ``scratch`` holds the states that a killed run resumes from, and is emptied at the
    end; ``logs`` gets losses, speed, memory, rates, gradient norms and the newest picture;
    ``base`` is what the run stands on. Raises UserError where the data does not fit the run or the
    losses stop being numbers.
    """
    label = f"{out.parent.name}/{out.name}"
    run, feed = set_up(params, store, seed=seed, label=label, scratch=scratch, base=base)
    params = run.params
    assert run.states is not None
    watch = Monitor(params, store, run.states.folder / "samples", logs and logs / "samples.png")
    try:
        run.fit(feed, curves, logs, watch)
    except DivergedError as error:
        names = listing(feed.batches.names(error.step))
        raise UserError(f"{error}\nThe batch of step {error.step}:\n{names}") from error
    if run.fabric.is_global_zero:
        watch.leave(curves, run.history)
        model = run.exported().eval()
        export(
            out,
            model,
            preview=watch.draw(watch.look(model)),
            params=params,
            codec=store.codec,
            classes=store.meta.classes,
            seed=seed,
        )
    wait_for_all(run.fabric.world_size)
    run.forget()


def set_up(
    params: RunParams,
    store: Store,
    *,
    seed: int,
    label: str,
    scratch: Path | None,
    base: FinishedModel | None = None,
) -> tuple["Trainer", Feed]:
    """A run at its first step and what it reads; raises UserError where the data does not fit.

    ``scratch`` None: the run neither saves states nor resumes. ``base``: the finished model that
    the run stands on.
    """
    params = grounded(params, base)
    fabric = start_fabric(params.precision, deterministic=params.deterministic)
    rank, world = fabric.global_rank, fabric.world_size
    feed = Feed(store, params, seed=seed, device=fabric.device, rank=rank, world=world)
    torch.manual_seed(seed)  # the same first weights in every process
    try:
        specs = {domain: store.codec.spec(domain) for domain in params.domains}
        method = params.build(specs, store.meta.classes)
        if isinstance(method, StackedMethod) and base is not None:
            method.stand_on(base.model)
        check_size(method, *feed.batches.size)
    except ValueError as error:
        raise UserError(f"{label} can't learn from {store.root}: {error}") from error
    precision = choose_precision(params.precision)
    key = run_key(params, seed, store.fingerprint)
    run = Trainer(
        fabric,
        method,
        params,
        seed=seed,
        label=f"train {label} ({precision} on {fabric.device.type})",
        states=None if scratch is None else Checkpoints(scratch / key, rank, world),
    )
    return run, feed


def grounded(params: RunParams, base: FinishedModel | None) -> RunParams:
    """A block that knows what it stands on, where it stands on anything."""
    if base is None or not isinstance(params, StackedRunParams):
        return params
    return params.model_copy(update={"foundation": foundation_of(base.card, base.model)})


class Trainer:
    """A method under way: its optimisers, averaged weights, history and saved states."""

    def __init__(
        self,
        fabric: Fabric,
        method: Method,
        params: RunParams,
        *,
        seed: int,
        label: str,
        states: Checkpoints | None,
    ) -> None:
        """``states`` None: nothing is saved, and nothing resumed."""
        self.fabric, self.params, self.seed = fabric, params, seed
        self.label, self.states = label, states
        to_channels_last(method.to(fabric.device))
        self.method = method.train()
        self.optimizers = method.optimizers()
        self.rates = {
            name: [group["lr"] for group in optimizer.param_groups]
            for name, optimizer in self.optimizers.items()
        }
        self.average = None if params.ema is None else copy.deepcopy(method.model)
        self.history = History()
        self.signs: dict[str, float] = {}
        self.step = 0

    def fit(
        self,
        batch_of: Callable[[int], Batch],
        curves: Path | None = None,
        logs: Path | None = None,
        watch: Monitor | None = None,
    ) -> None:
        """Takes the steps that are left, from the saved state where there is one.

        Raises DivergedError where a loss is no number any more.
        """
        self.resume()
        writes = self.fabric.is_global_zero
        writer = self.history.writer(curves if writes else None)
        telemetry = Telemetry(logs if writes else None, self.fabric.device, self.step > 0)
        progress = Progress(
            self.label, self.params.steps, "steps", start=self.step, silent=not writes
        )
        with writer, telemetry, progress:
            while self.step < self.params.steps:
                with telemetry.waiting():
                    self.reseed()
                    batch = batch_of(self.step)
                self.take_step(batch, watched=self.is_due(self.params.log_every, self.step + 1))
                progress.advance(self.history.summary)
                if self.is_due(self.params.log_every, self.step):
                    row = self.history.close_interval(self.step)
                    writer.write(row)
                    telemetry.write(row, self.signs)
                    self.check_finite()
                if watch is not None and writes:
                    for warning in watch(self.step, self.exported(), self.history):
                        progress.say(f"warning: {self.label}, step {self.step}: {warning}")
                if self.step % self.params.checkpoint_every == 0 and self.step < self.params.steps:
                    self.check_finite()
                    self.save()

    def is_due(self, every: int, step: int) -> bool:
        """Whether what happens every so many steps, and at the end, happens after ``step``."""
        return step % every == 0 or step == self.params.steps

    def reseed(self) -> None:
        """Makes what this step draws a function of seed, step and process."""
        torch.manual_seed(step_seed(self.seed, self.step, self.fabric.global_rank))

    def take_step(self, batch: Batch, watched: bool = False) -> None:
        """One step: every update that the method asks for; ``watched`` notes its vital signs."""
        factor = self.params.schedule.factor(self.step, self.params.steps)
        for name, optimizer in self.optimizers.items():
            for group, rate in zip(optimizer.param_groups, self.rates[name], strict=True):
                group["lr"] = rate * factor
        losses = []
        for update in self.updates(batch):
            self.apply(update, watched)
            self.history.add({f"{update.optimizer}_loss": update.loss, **update.logs})
            losses.append(update.loss)
        self.history.watch(self.step, losses)
        self.step += 1
        if self.average is not None and self.params.ema is not None:
            update_ema(self.average, self.method.model, self.params.ema, self.step)

    def updates(self, batch: Batch) -> Iterator[Update]:
        """The method's updates, each computed under autocast.

        Autocast is left between them: it caches the weights that it cast, and they have changed.
        """
        updates = self.method.updates(batch, self.step)
        while True:
            with self.fabric.autocast(), sharing(self.fabric.world_size):
                update = next(updates, None)
            if update is None:
                return
            yield update

    def apply(self, update: Update, watched: bool = False) -> None:
        """Gradients for the parameters of one optimiser, and its step."""
        optimizer = self.optimizers[update.optimizer]
        parameters = [
            p for group in optimizer.param_groups for p in group["params"] if p.requires_grad
        ]
        optimizer.zero_grad(set_to_none=True)
        torch.autograd.backward(update.loss, inputs=parameters)
        average_gradients(parameters, self.fabric.world_size)
        if watched:
            gradients = [p.grad for p in parameters if p.grad is not None]
            name = update.optimizer
            self.signs[f"gradient_norm/{name}"] = float(get_total_norm(gradients))
            self.signs[f"rate/{name}"] = float(optimizer.param_groups[0]["lr"])
        optimizer.step()

    def exported(self) -> nn.Module:
        """The model that training was for."""
        return self.method.model if self.average is None else self.average

    def check_finite(self) -> None:
        """Raises DivergedError, with the state saved, where a loss is no number any more."""
        step = self.history.first_lost
        if step is None:
            return
        names = ", ".join(self.history.lost())
        words = [
            f"{self.label}: {names} stopped being a number at step {step}; "
            "lower the learning rate or use precision: fp32"
        ]
        if self.states is not None:
            self.states.save("diverged", self.state())
            good = self.states.steps()
            words += [f"The last good state: {self.states.path(good[-1])}"] if good else []
            words += [f"The state now, after step {self.step}: {self.states.path('diverged')}"]
        raise DivergedError("\n".join(words), step)

    def state(self) -> dict[str, Any]:
        """Everything that a killed run resumes from."""
        return {
            "step": self.step,
            "method": self.method.state_dict(),
            "optimizers": {name: o.state_dict() for name, o in self.optimizers.items()},
            "average": None if self.average is None else self.average.state_dict(),
            "history": self.history.state(),
        }

    def save(self) -> None:
        """Writes the state; the one before goes when every process has written this one."""
        if self.states is not None:
            self.states.save(self.step, self.state())
            wait_for_all(self.fabric.world_size)
            self.states.keep_only(self.step)

    def resume(self) -> None:
        """Takes up the newest state that every process has, if there is one."""
        if self.states is None:
            return
        step = newest_common(self.states.steps(), self.fabric.world_size)
        if step is None:
            return
        state = self.states.load(step, self.fabric.device)
        self.step = state["step"]
        self.method.load_state_dict(state["method"])
        for name, optimizer in self.optimizers.items():
            optimizer.load_state_dict(state["optimizers"][name])
        if self.average is not None:
            self.average.load_state_dict(state["average"])
        self.history.restore(state["history"])
        self.fabric.print(f"{self.label}: resuming at step {self.step}")

    def forget(self) -> None:
        """Removes the saved states of a run that is done."""
        if self.states is not None:
            self.states.forget()


def step_seed(seed: int, step: int, rank: int) -> int:
    """A seed of 63 bits for torch's generators at one step of one process."""
    digest = hashlib.sha256(f"{seed}/{step}/{rank}".encode()).digest()
    return int.from_bytes(digest[:8], "big") >> 1
