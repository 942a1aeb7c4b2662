"""The only training loop: it knows no model's name.

Everything random is a function of (seed, step), and everything else is in one state, so a run
that was killed and resumed ends with the same weights, bit for bit, as one that was not.
"""

import copy
import hashlib
import logging
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import torch
import torch.distributed
from lightning_fabric import Fabric
from torch import Tensor, nn

from pipeline.augmentation import Augmentation
from pipeline.batches import Batches
from pipeline.checkpoints import export, load_state, run_key, save_state
from pipeline.codecs import ImageCodec
from pipeline.datasets.store import Store
from pipeline.errors import UserError
from pipeline.history import History
from pipeline.machine import choose_precision, process_layout
from pipeline.methods.base import Method, RunParams, Update
from pipeline.previews import preview
from pipeline.progress import Progress
from pipeline.samples import Batch


def train(
    params: RunParams, store: Store, out: Path, *, seed: int, curves: Path, scratch: Path
) -> None:
    """Trains a run's model and leaves it, finished, at ``out``.

    ``curves`` gets the losses as DVCLive plots; ``scratch`` holds the state that a killed run
    resumes from, and is emptied at the end. Raises UserError where the data does not fit the
    run or the losses stop being numbers.
    """
    precision = choose_precision(params.precision)
    logging.getLogger("lightning_fabric").setLevel(logging.WARNING)  # the label says as much
    fabric = Fabric(
        precision="bf16-mixed" if precision == "bf16" else "32-true", **process_layout()
    )
    fabric.launch()
    batches = Batches(
        store,
        params,
        seed=seed,
        device=fabric.device,
        rank=fabric.global_rank,
        world=fabric.world_size,
    )
    specs = {domain: store.codec.spec(domain) for domain in params.domains}
    torch.manual_seed(seed)  # the same first weights in every process
    try:
        method = params.build(specs, store.meta.classes)
        check_size(method, *batches.size)
    except ValueError as error:
        raise UserError(f"{out.name} can't learn from {store.root}: {error}") from error
    run = Run(
        fabric,
        method,
        params,
        seed=seed,
        label=f"train {out.parent.name}/{out.name} ({precision} on {fabric.device.type})",
        state_path=scratch / f"{run_key(params, seed, store.fingerprint)}.pt",
    )
    augment = Augmentation(params, pictures=isinstance(store.codec, ImageCodec))
    run.fit(lambda step: augment(batches(step)), curves)
    if fabric.is_global_zero:
        model = run.exported().eval()
        export(
            out,
            model,
            preview=preview(model, store),
            params=params,
            codec=store.codec,
            classes=store.meta.classes,
            seed=seed,
        )
        run.forget()
    fabric.barrier()


class Run:
    """A method under way: its optimisers, averaged weights, history and saved state."""

    def __init__(
        self,
        fabric: Fabric,
        method: Method,
        params: RunParams,
        *,
        seed: int,
        label: str,
        state_path: Path | None,
    ) -> None:
        self.fabric, self.params, self.seed = fabric, params, seed
        self.label, self.state_path = label, state_path
        self.method = channels_last(method.to(fabric.device)).train()
        self.optimizers = method.optimizers()
        self.rates = {
            name: [group["lr"] for group in optimizer.param_groups]
            for name, optimizer in self.optimizers.items()
        }
        self.average = None if params.ema is None else copy.deepcopy(method.model)
        self.history = History()
        self.step = 0

    def fit(self, batch_of: Callable[[int], Batch], curves: Path | None = None) -> None:
        """Takes the steps that are left, from the saved state where there is one."""
        self.resume()
        writer = self.history.writer(curves if self.fabric.is_global_zero else None)
        steps = self.params.steps
        with writer, Progress(self.label, steps, "steps", start=self.step) as progress:
            while self.step < steps:
                self.take_step(batch_of)
                progress.advance(self.history.summary)
                if self.step % self.params.log_every == 0 or self.step == steps:
                    writer.write(self.history.close_interval(self.step))
                    self.check_finite()
                if self.step % self.params.checkpoint_every == 0 and self.step < steps:
                    self.check_finite()
                    self.save()

    def take_step(self, batch_of: Callable[[int], Batch]) -> None:
        """One step: every update that the method asks for."""
        torch.manual_seed(step_seed(self.seed, self.step, self.fabric.global_rank))
        factor = self.params.schedule.factor(self.step, self.params.steps)
        for name, optimizer in self.optimizers.items():
            for group, rate in zip(optimizer.param_groups, self.rates[name], strict=True):
                group["lr"] = rate * factor
        for update in self.updates(batch_of(self.step)):
            self.apply(update)
            self.history.add({f"{update.optimizer}_loss": update.loss, **update.logs})
        self.step += 1
        self.follow()

    def updates(self, batch: Batch) -> Iterator[Update]:
        """The method's updates, each computed under autocast.

        Autocast is left between them: it caches the weights that it cast, and they have changed.
        """
        updates = self.method.updates(batch, self.step)
        while True:
            with self.fabric.autocast():
                update = next(updates, None)
            if update is None:
                return
            yield update

    def apply(self, update: Update) -> None:
        """Gradients for the parameters of one optimiser, and its step."""
        optimizer = self.optimizers[update.optimizer]
        parameters = [
            p for group in optimizer.param_groups for p in group["params"] if p.requires_grad
        ]
        optimizer.zero_grad(set_to_none=True)
        torch.autograd.backward(update.loss, inputs=parameters)
        average_gradients(parameters, self.fabric.world_size)
        optimizer.step()

    @torch.no_grad()
    def follow(self) -> None:
        """Moves the averaged weights towards the present ones."""
        if self.average is None or self.params.ema is None:
            return
        # Early on a long memory would keep the random first weights: Karras et al. 2024 ramp too.
        decay = min(self.params.ema, self.step / (self.step + 10))
        averaged, present = self.average.state_dict(), self.method.model.state_dict()
        for name, value in present.items():
            if value.is_floating_point():
                averaged[name].lerp_(value, 1 - decay)
            else:
                averaged[name].copy_(value)

    def exported(self) -> nn.Module:
        """The model that training was for."""
        return self.method.model if self.average is None else self.average

    def check_finite(self) -> None:
        """Raises UserError where a loss is no number any more."""
        if lost := self.history.lost():
            raise UserError(
                f"{self.label}: {', '.join(lost)} stopped being a number before step {self.step}; "
                "lower the learning rate or use precision: fp32"
            )

    def save(self) -> None:
        """Writes the state that a killed run resumes from."""
        if self.state_path is None or not self.fabric.is_global_zero:
            return
        state = {
            "step": self.step,
            "method": self.method.state_dict(),
            "optimizers": {name: o.state_dict() for name, o in self.optimizers.items()},
            "average": None if self.average is None else self.average.state_dict(),
            "history": self.history.state(),
        }
        save_state(self.state_path, state)

    def resume(self) -> None:
        """Takes up the saved state, if there is one."""
        path = self.state_path
        state: dict[str, Any] | None = load_state(path, self.fabric.device) if path else None
        if state is None:
            return
        self.step = state["step"]
        self.method.load_state_dict(state["method"])
        for name, optimizer in self.optimizers.items():
            optimizer.load_state_dict(state["optimizers"][name])
        if self.average is not None:
            self.average.load_state_dict(state["average"])
        self.history.restore(state["history"])
        self.fabric.print(f"{self.label}: resuming at step {self.step}")

    def forget(self) -> None:
        """Removes the saved state of a run that is done."""
        if self.state_path is not None:
            self.state_path.unlink(missing_ok=True)


def check_size(method: Method, height: int, width: int) -> None:
    """Raises ValueError where a network can't take training samples of this size.

    Networks say what they take by ``multiple``, ``smallest`` and ``side``.
    """
    for network in method.modules():
        kind = type(network).__name__
        multiple, smallest = getattr(network, "multiple", 1), getattr(network, "smallest", 1)
        side = getattr(network, "side", None)
        if side is not None and (height, width) != (side, side):
            raise ValueError(f"{kind} takes {side}x{side}, but samples are {height}x{width}")
        if height % multiple or width % multiple:
            raise ValueError(
                f"{kind} takes multiples of {multiple}, but samples are {height}x{width}"
            )
        if min(height, width) < smallest:
            raise ValueError(f"{kind} takes {smallest} or more, but samples are {height}x{width}")


def channels_last(method: Method) -> Method:
    """Lays out convolutions' weights so that channels are next to each other in memory."""
    for parameter in method.parameters():
        if parameter.ndim == 4:
            parameter.data = parameter.data.contiguous(memory_format=torch.channels_last)
    return method


def step_seed(seed: int, step: int, rank: int) -> int:
    """A seed of 63 bits for torch's generators at one step of one process."""
    digest = hashlib.sha256(f"{seed}/{step}/{rank}".encode()).digest()
    return int.from_bytes(digest[:8], "big") >> 1


def average_gradients(parameters: list[nn.Parameter], world: int) -> None:
    """Averages gradients over processes in one flat bucket (StyleGAN2-ADA's way).

    Networks stay unwrapped, so penalties that call ``autograd.grad`` work everywhere.
    """
    if world == 1:
        return
    gradients: list[Tensor] = [p.grad for p in parameters if p.grad is not None]
    flat = torch.cat([gradient.flatten() for gradient in gradients])
    torch.distributed.all_reduce(flat)
    flat /= world
    pieces = torch.split(flat, [gradient.numel() for gradient in gradients])
    for gradient, piece in zip(gradients, pieces, strict=True):
        gradient.copy_(piece.view_as(gradient))
