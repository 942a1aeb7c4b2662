"""A batch in parts gives the weights that it gives at once, where samples are treated alone."""

from functools import partial
from typing import Any

import pytest
import tiny
import torch
from torch import Tensor
from torch.optim import SGD
from trainers import trainer

from pipeline.methods import vae
from pipeline.models.vae import reparameterised
from pipeline.samples import Batch, Labelled, Unpaired
from pipeline.training.trainer import Trainer, split

LRS = {"dcgan": 1.0, "vae": 30.0, "cyclegan": 5e-3}
RUNS = tiny.runs()
CASES: dict[str, dict[str, Any]] = {
    "dcgan": {
        "generator": {"kind": "mlp", "width": 16},
        "discriminator": {"kind": "mlp", "width": 16},
        "ema": None,
    },
    "vae": {
        "encoder": {"width": 4, "norm": "none"},
        "decoder": {"width": 4, "norm": "none"},
    },
    "cyclegan": {"pool": 0, "flip": False, "ema": None},
}


def in_parts(name: str, parts: int) -> Trainer:
    return trainer(tiny.shrink(RUNS[name], **CASES[name], batch=4, accumulate=parts))


def trained(name: str, parts: int) -> dict[str, Tensor]:
    """The weights after three steps.

    Nothing is drawn, as each part would draw anew. Plain gradient descent: Adam would make steps of
    full length of the rounding errors that some weights have for a gradient.
    """
    toy = in_parts(name, parts)
    for key, optimizer in toy.optimizers.items():
        toy.optimizers[key] = SGD(
            [p for g in optimizer.param_groups for p in g["params"]], lr=LRS[name]
        )
        toy.lrs[key] = [LRS[name]]
    model = toy.method.model
    if name == "dcgan":
        model.draw = lambda n, generator=None, device=None: torch.ones(n, model.latent)
    for step in range(3):
        toy.take_step(batch(name, step))
    return dict(toy.method.named_parameters())


def batch(name: str, step: int) -> Batch:
    specs = tiny.specs_of(RUNS[name])
    samples = [tiny.sample_of(spec, 4, 10 * step + n) for n, spec in enumerate(specs.values())]
    if len(samples) == 2:
        return Unpaired(*samples)
    return Labelled(samples[0], torch.zeros(4, dtype=torch.int64))


@pytest.mark.parametrize("parts", [2, 4])
@pytest.mark.parametrize("name", CASES)
def test_parts_give_the_weights_of_the_whole(name, parts, monkeypatch):
    monkeypatch.setattr(vae, "reparameterised", partial(reparameterised, noise=torch.ones(1, 1)))
    whole, pieces = trained(name, 1), trained(name, parts)
    start = dict(in_parts(name, 1).method.named_parameters())
    moves = [(whole[key] - value).abs().max() for key, value in start.items()]
    assert sum(move > 1e-4 for move in moves) > 0.5 * len(moves)
    for key, value in whole.items():
        torch.testing.assert_close(pieces[key], value, rtol=0, atol=1e-5, msg=key)


def test_a_batch_is_split_in_order():
    whole = Labelled(torch.arange(6.0).view(6, 1, 1, 1), torch.arange(6))
    parts = split(whole, 3)
    assert [part.y.tolist() for part in parts] == [[0, 1], [2, 3], [4, 5]]
    assert torch.equal(torch.cat([part.x for part in parts]), whole.x)
    assert split(whole, 1) == [whole]


def test_gradients_are_averaged_and_optimisers_step_once():
    toy = in_parts("dcgan", 2)
    steps = dict.fromkeys(toy.optimizers, 0)
    for name, optimizer in toy.optimizers.items():

        def note(*_: Any, name: str = name) -> None:
            steps[name] += 1

        optimizer.register_step_post_hook(note)
    toy.take_step(batch("dcgan", 0))
    assert steps == {"generator": 1, "discriminator": 1}
