"""The only training loop: it knows no model's name.

Everything random is a function of (seed, step), and everything else is in one state, so a run
that was killed and resumed ends with the same weights, bit for bit, as one that was not.
"""

import copy
import hashlib
from collections.abc import Callable, Iterable, Iterator
from pathlib import Path
from typing import Any, NoReturn

import torch
from lightning_fabric import Fabric
from torch import nn
from torch.nn.utils import get_total_norm

from pipeline.errors import UserError
from pipeline.methods.base import Method, RunParams, Update
from pipeline.monitoring.curves import CurveWriter
from pipeline.monitoring.telemetry import Telemetry
from pipeline.nn.ema import update_ema
from pipeline.nn.memory_format import to_channels_last
from pipeline.samples import Batch
from pipeline.system.distributed import (
    average_gradients,
    newest_common,
    sharing,
    wait_for_all,
)
from pipeline.system.progress import Progress
from pipeline.training.checkpoints import Checkpoints
from pipeline.training.history import History
from pipeline.training.monitor import Monitor
from pipeline.training.statistics import BATCHES, keeps_means, recompute_statistics


class DivergedError(UserError):
    """A loss became NaN or infinite."""

    def __init__(self, message: str, step: int) -> None:
        super().__init__(message)
        self.step = step


class Trainer:
    """A method under way: its optimisers, averaged weights, history and checkpoints."""

    def __init__(
        self,
        fabric: Fabric,
        method: Method[Any],
        params: RunParams,
        *,
        seed: int,
        label: str,
        checkpoints: Checkpoints | None,
    ) -> None:
        """Take ``checkpoints`` None to save nothing and resume nothing."""
        self.fabric, self.params, self.seed = fabric, params, seed
        self.label, self.checkpoints = label, checkpoints
        to_channels_last(method.to(fabric.device))
        self.method = method.train()
        self.optimizers = method.optimizers()
        self.lrs = {
            name: [group["lr"] for group in optimizer.param_groups]
            for name, optimizer in self.optimizers.items()
        }
        self.ema = None if params.ema is None else copy.deepcopy(method.model)
        start = 0 if params.ema is None else params.ema.start
        self.late = {name: max(0, step - start) for name, step in method.beginnings().items()}
        self.history = History()
        self.gradients: dict[str, float] = {}
        """Norms of gradients and learning rates at the last step that was to be logged."""
        self.step = 0

    def fit(
        self,
        batch_of: Callable[[int], Batch],
        curves: Path | None = None,
        logs: Path | None = None,
        monitor: Monitor | None = None,
    ) -> None:
        """Take the steps that are left, from the last checkpoint where there is one.

        Raises DivergedError where a loss became NaN or infinite.
        """
        self.resume()
        writes = self.fabric.is_global_zero
        writer = CurveWriter(curves if writes else None, self.history.rows)
        telemetry = Telemetry(logs if writes else None, self.fabric.device, self.step > 0)
        progress = Progress(
            self.label, self.params.steps, "steps", start=self.step, silent=not writes
        )
        with writer, telemetry, progress:
            while self.step < self.params.steps:
                with telemetry.waiting():
                    self.reseed()
                    batch = batch_of(self.step)
                self.take_step(batch, logged=self.is_due(self.params.log_every, self.step + 1))
                progress.advance(self.history.summary)
                if self.is_due(self.params.log_every, self.step):
                    row = self.history.close_interval(self.step)
                    writer.write(row)
                    telemetry.write(row, self.gradients)
                    self.check_finite()
                if monitor is not None and writes:
                    for warning in monitor(self.step, self.exported(), self.history):
                        progress.say(f"warning: {self.label}, step {self.step}: {warning}")
                if self.step % self.params.checkpoint_every == 0 and self.step < self.params.steps:
                    self.check_finite()
                    self.check_weights()
                    self.save()
            self.check_weights()

    def is_due(self, every: int, step: int) -> bool:
        """Tell whether what happens every so many steps, and at the end, happens after ``step``."""
        return step % every == 0 or step == self.params.steps

    def reseed(self) -> None:
        """Make what this step draws a function of seed, step and process."""
        torch.manual_seed(step_seed(self.seed, self.step, self.fabric.global_rank))

    def take_step(self, batch: Batch, logged: bool = False) -> None:
        """Take one step: every update that the method asks for.

        ``logged``: note the norms of gradients and the learning rates.
        """
        factor = self.params.schedule.factor(self.step, self.params.steps)
        for name, optimizer in self.optimizers.items():
            for group, lr in zip(optimizer.param_groups, self.lrs[name], strict=True):
                group["lr"] = lr * factor
        losses = []
        parts = [self.updates(part) for part in split(batch, self.params.accumulate)]
        while updates := self.apply((next(part, None) for part in parts), len(parts), logged):
            for update in updates:
                self.history.add({f"{update.optimizer}_loss": update.loss, **update.logs})
                losses.append(update.loss)
        self.history.check(self.step, losses)
        self.step += 1
        if self.ema is not None and self.params.ema is not None:
            averaged = self.step - self.params.ema.start
            update_ema(self.ema, self.method.model, self.params.ema.decay, averaged, self.late)

    def updates(self, batch: Batch) -> Iterator[Update]:
        """Iterate over the method's updates, each computed under autocast.

        Autocast is left between them: it caches the weights that it cast, and they have changed.
        """
        updates = self.method.updates(batch, self.step)
        while True:
            with self.fabric.autocast(), sharing(self.fabric.world_size):
                update = next(updates, None)
            if update is None:
                return
            yield update

    def apply(
        self, updates: Iterable[Update | None], parts: int = 1, logged: bool = False
    ) -> list[Update]:
        """Compute the gradients of one optimiser's parameters, and let it step.

        ``updates``: of each of the ``parts`` of a batch; gradients are averaged. Each is computed
        when the one before has no graph any more. Returns them; none where there are none.
        """
        found: list[Update] = []
        for update in updates:
            if update is None:
                continue
            optimizer = self.optimizers[update.optimizer]
            parameters = [
                p for group in optimizer.param_groups for p in group["params"] if p.requires_grad
            ]
            if not found:
                optimizer.zero_grad(set_to_none=True)
            loss = update.loss if parts == 1 else update.loss / parts
            torch.autograd.backward(loss, inputs=parameters)
            found.append(update)
        if found:
            average_gradients(parameters, self.fabric.world_size)
            if logged:
                gradients = [p.grad for p in parameters if p.grad is not None]
                name = found[0].optimizer
                self.gradients[f"gradient_norm/{name}"] = float(get_total_norm(gradients))
                self.gradients[f"lr/{name}"] = float(optimizer.param_groups[0]["lr"])
            optimizer.step()
        return found

    def exported(self) -> nn.Module:
        """Return the model that training is for."""
        return self.method.model if self.ema is None else self.ema

    def finish(self, batch_of: Callable[[int], Batch]) -> nn.Module:
        """Return the model that training was for, ready to be exported.

        The statistics of batch norm are computed anew where its weights are averages, means of
        classes in any case. ``batch_of`` reads whole batches, not a process's share.
        """
        model, averaged = self.exported(), self.ema is not None
        if averaged or keeps_means(model):
            torch.manual_seed(step_seed(self.seed, self.params.steps, self.fabric.global_rank))
            batches = (batch_of(step) for step in range(BATCHES))
            recompute_statistics(model, self.params.domains, batches, averaged)
        return model.eval()

    def check_finite(self) -> None:
        """Raise DivergedError, with the state saved, where a loss became NaN or infinite."""
        step = self.history.first_nonfinite
        if step is not None:
            self.diverge(", ".join(self.history.nonfinite()), step)

    def check_weights(self) -> None:
        """Raise DivergedError, with the state saved, where a weight is NaN or infinite.

        No loss tells of the last update.
        """
        state = self.exported().state_dict()
        wrong = [
            name
            for name, value in state.items()
            if value.is_floating_point() and not bool(torch.isfinite(value).all())
        ]
        if wrong:
            self.diverge(f"{wrong[0]} and {len(wrong) - 1} more weights", self.step - 1)

    def diverge(self, names: str, step: int) -> NoReturn:
        """Save the state and raise DivergedError: what ``names`` lists is no number any more."""
        words = [
            f"{self.label}: {names} became NaN or infinite at step {step}; "
            "lower the learning rate or use precision: fp32"
        ]
        if self.checkpoints is not None:
            self.checkpoints.save("diverged", self.state())
            good = self.checkpoints.steps()
            words += [f"The last good state: {self.checkpoints.path(good[-1])}"] if good else []
            state = self.checkpoints.path("diverged")
            words += [f"The state now, after step {self.step}: {state}"]
        raise DivergedError("\n".join(words), step)

    def state(self) -> dict[str, Any]:
        """Return everything that a killed run resumes from."""
        return {
            "step": self.step,
            "method": self.method.state_dict(),
            "optimizers": {name: o.state_dict() for name, o in self.optimizers.items()},
            "ema": None if self.ema is None else self.ema.state_dict(),
            "history": self.history.state(),
            "threads": torch.get_num_threads(),
        }

    def save(self) -> None:
        """Write the state; the one before goes when every process has written this one."""
        if self.checkpoints is not None:
            self.checkpoints.save(self.step, self.state())
            wait_for_all(self.fabric.world_size)
            self.checkpoints.keep_newest()

    def resume(self) -> None:
        """Take up the newest undamaged state that every process has, if there is one."""
        if self.checkpoints is None:
            return
        step = newest_common(self.checkpoints.intact(), self.fabric.world_size)
        if step is None:
            return
        state = self.checkpoints.load(step, self.fabric.device)
        self.step = state["step"]
        self.method.load_state_dict(state["method"])
        for name, optimizer in self.optimizers.items():
            optimizer.load_state_dict(state["optimizers"][name])
        if self.ema is not None:
            self.ema.load_state_dict(state["ema"])
        self.history.restore(state["history"])
        self.fabric.print(f"{self.label}: resuming at step {self.step}")
        if self.fabric.device.type == "cpu" and state["threads"] != torch.get_num_threads():
            self.fabric.print(
                f"warning: {self.label}: begun with {state['threads']} threads and resumed with "
                f"{torch.get_num_threads()}, which sum in another order: the weights will differ "
                "in their last digits from those of an undisturbed run (set OMP_NUM_THREADS)"
            )

    def forget(self) -> None:
        """Remove the checkpoints of a run that is done."""
        if self.checkpoints is not None:
            self.checkpoints.forget()


def split(batch: Batch, parts: int) -> list[Batch]:
    """Split a batch [N, ...] into parts of equal size."""
    if parts == 1:
        return [batch]
    split_values = [[None] * parts if values is None else values.chunk(parts) for values in batch]
    return [type(batch)(*part) for part in zip(*split_values, strict=True)]


def step_seed(seed: int, step: int, rank: int) -> int:
    """Compute a seed of 63 bits for torch's generators at one step of one process."""
    digest = hashlib.sha256(f"{seed}/{step}/{rank}".encode()).digest()
    return int.from_bytes(digest[:8], "big") >> 1
