"""GANs with options: of toy size, resumed, and watched for where a step waits for the device."""

import copy
from typing import Any

import tiny
import torch
from trainers import trainer
from waits import Waits

from pipeline.methods.gan import GAN
from pipeline.training.trainer import Trainer

RUN = tiny.runs()["dcgan"]


def build(**fields: Any) -> GAN:
    """The default GAN at a toy size, with other fields."""
    method = tiny.build(tiny.shrink(RUN, **fields))
    assert isinstance(method, GAN)
    return method


def steps(taking: Trainer, count: int) -> None:
    """Take steps of a training on one batch, each of its own seed."""
    for _ in range(count):
        taking.reseed()
        taking.take_step(tiny.batch_of(taking.params))


def resumed(fields: dict[str, Any]) -> None:
    """Assert that a training that was interrupted ends with the same state, bit for bit."""
    run = tiny.shrink(RUN, **fields)
    whole = trainer(run)
    steps(whole, 3)
    state = copy.deepcopy(whole.state())
    again = trainer(run)
    again.step = state["step"]
    again.method.load_state_dict(state["method"])
    for name, optimizer in again.optimizers.items():
        optimizer.load_state_dict(state["optimizers"][name])
    if again.ema is not None:
        again.ema.load_state_dict(state["ema"])
    for one in (whole, again):
        steps(one, 4)
    first, second = whole.method.state_dict(), again.method.state_dict()
    assert first.keys() == second.keys()
    for name, value in first.items():
        assert torch.equal(value, second[name]), name


def without_waiting(fields: dict[str, Any]) -> None:
    """Assert that no step but the first reads a value that a GPU would have to finish first."""
    taking = trainer(tiny.shrink(RUN, **fields))
    steps(taking, 1)
    with Waits() as waits:
        steps(taking, 1)
    # torch's one_hot checks its classes on a processor alone.
    assert [place for place in waits.places if "nn/conditioning.py" not in place] == []
