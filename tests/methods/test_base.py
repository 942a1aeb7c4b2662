"""Descriptions of runs, and the sum of an update's losses."""

import pytest
import torch
from pydantic import ValidationError

from pipeline.methods.base import Losses
from pipeline.methods.registry import load_run

RUN = {"method": "vae", "data": "d", "domains": ["x"], "steps": 1}


def test_losses_are_summed_by_their_weights_and_logged_without():
    losses = Losses()
    one, two = torch.tensor(3.0, requires_grad=True), torch.tensor(5.0)
    assert losses.add("one", one) is one
    assert float(losses.add("two", two, 10).detach()) == 53
    losses.add("three", two, torch.tensor(0.5))
    losses.log(seen=torch.tensor(7.0))
    update = losses.update("model")
    assert update.optimizer == "model"
    assert float(update.loss.detach()) == 55.5
    logs = {name: float(value.detach()) for name, value in update.logs.items()}
    assert logs == {"one": 3, "two": 5, "three": 5, "seen": 7}
    update.loss.backward()
    assert float(one.grad) == 1


def test_an_update_needs_a_loss():
    losses = Losses()
    losses.log(seen=torch.tensor(7.0))
    with pytest.raises(ValueError, match="an update needs a loss"):
        losses.update("model")


@pytest.mark.parametrize(("batch", "parts"), [(8, 3), (1, 2), (4, 8)])
def test_parts_must_divide_the_batch(batch, parts):
    words = f"accumulate: found {parts}, allowed: what divides the batch of {batch}"
    with pytest.raises(ValidationError, match=words):
        load_run({**RUN, "batch": batch, "accumulate": parts})
    assert load_run({**RUN, "batch": parts * 2, "accumulate": parts}).accumulate == parts


@pytest.mark.parametrize(("start", "steps"), [(1, 1), (9, 3)])
def test_an_average_begins_before_the_end(start, steps):
    words = f"ema.start: found {start}, allowed: fewer than the {steps} steps"
    with pytest.raises(ValidationError, match=words):
        load_run({**RUN, "steps": steps, "ema": {"decay": 0.9, "start": start}})
    run = load_run({**RUN, "steps": start + 1, "ema": {"decay": 0.9, "start": start}})
    assert run.ema.start == start


def test_pairs_keep_their_colours():
    pix2pix = {"method": "pix2pix", "data": "d", "source": "a", "target": "b", "steps": 1}
    with pytest.raises(ValidationError, match="colour changes one half of a pair alone"):
        load_run({**pix2pix, "colour": 0.5})
    assert load_run({**RUN, "colour": 0.5}).colour == 0.5


def test_another_method_is_refused():
    with pytest.raises(ValidationError, match=r"'stylegan9' .*does not match"):
        load_run({**RUN, "method": "stylegan9"})


def test_a_translator_has_two_domains():
    with pytest.raises(ValidationError, match="source and target are both 'a'"):
        load_run({"method": "cyclegan", "data": "d", "source": "a", "target": "a", "steps": 1})
