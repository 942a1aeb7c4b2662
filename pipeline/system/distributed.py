"""Several processes that train one model: how they agree, and what they say when one is lost."""

import os
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from typing import Any

import torch
import torch.distributed as dist
from torch import Tensor, nn

from pipeline.errors import UserError

in_step: ContextVar[bool] = ContextVar("in_step", default=False)


class PeerLostError(UserError):
    """Another process of the run is gone, so this one can't go on."""

    # gloo's threads still wait for the peer, and C++ aborts where they are taken down.
    at_once = True


def average_gradients(parameters: list[nn.Parameter], world: int) -> None:
    """Average gradients over processes in one flat bucket (StyleGAN2-ADA's way).

    Networks stay unwrapped, so penalties that call ``autograd.grad`` work everywhere. Raises
    PeerLostError where another process is gone.
    """
    if world == 1:
        return
    gradients: list[Tensor] = [p.grad for p in parameters if p.grad is not None]
    flat = torch.cat([gradient.flatten() for gradient in gradients])
    together(lambda: dist.all_reduce(flat))
    flat /= world
    pieces = torch.split(flat, [gradient.numel() for gradient in gradients])
    for gradient, piece in zip(gradients, pieces, strict=True):
        gradient.copy_(piece.view_as(gradient))


@contextmanager
def sharing(world: int) -> Iterator[None]:
    """Let `synced` say in the block whether there are several processes, which all do the same.

    Outside, one of them may draw pictures while others go on, and would wait for them in vain.
    """
    token = in_step.set(world > 1)
    try:
        yield
    finally:
        in_step.reset(token)


def synced() -> bool:
    """Tell whether every process is at this place now, with its share of one batch."""
    return in_step.get()


def all_reduce_mean(values: Tensor) -> Tensor:
    """Return the mean of every process's ``values``, with gradients to those of all.

    To be called by all at once; raises PeerLostError where another process is gone.
    """
    return joint_sum(values) / dist.get_world_size()


class Summed(torch.autograd.Function):
    """See `joint_sum`: a gradient of the sum is that of all processes' losses."""

    @staticmethod
    def forward(ctx: Any, values: Tensor) -> Tensor:
        """Return the same shape."""
        return summed(values)

    @staticmethod
    def backward(ctx: Any, *gradients: Tensor) -> Tensor:
        """Return the same shape; differentiable once more, as penalties on gradients need."""
        return joint_sum(gradients[0])


joint_sum: Callable[[Tensor], Tensor] = Summed.apply
"""`summed`, with gradients."""


def summed(values: Tensor) -> Tensor:
    """Return the sum of every process's ``values``; themselves where there is one alone.

    Raises PeerLostError where another process is gone.
    """
    if not dist.is_initialized():
        return values
    total = values.clone(memory_format=torch.contiguous_format)
    together(lambda: dist.all_reduce(total))
    return total


def broadcast(values: Tensor) -> Tensor:
    """Return the first process's ``values``, in every process.

    Raises PeerLostError as `summed` does.
    """
    if not dist.is_initialized():
        return values
    shared = values.clone()
    together(lambda: dist.broadcast(shared, 0))
    return shared


def newest_common(mine: Iterable[int], world: int) -> int | None:
    """Return the largest number that every process has, or None; they all get the same answer.

    ``mine``: falling; of one process alone no more than the first is asked for.
    """
    if world == 1:
        return next(iter(mine), None)
    everyones: list[Any] = [None] * world
    own = set(mine)
    together(lambda: dist.all_gather_object(everyones, own))
    return max(set.intersection(*everyones), default=None)


def is_first_process() -> bool:
    """Tell whether this is the process of rank 0, also before processes know each other."""
    return int(os.environ.get("RANK", "0")) == 0


def wait_for_all(world: int) -> None:
    """Wait until every process has come here."""
    if world > 1:
        together(dist.barrier)


def together(work: Callable[[], object]) -> None:
    """Call what needs all processes; raise PeerLostError where one is gone."""
    try:
        work()
    except RuntimeError as error:  # gloo's own, and NCCL's DistBackendError
        raise PeerLostError(
            "another process of this run ended or can't be reached (its own message says why); "
            "start the run again and it goes on from the last saved step"
        ) from error
