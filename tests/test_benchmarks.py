"""The benchmarks can be started: nothing else in the tests would notice that they can't."""

import importlib
import pkgutil
from copy import deepcopy
from functools import partial

import pytest
import tiny
import torch
from torch.optim import Adam

import benchmarks
from benchmarks.plain import STEPS, plain_step
from benchmarks.train_step import CASES
from benchmarks.turns import race
from pipeline.methods.registry import load_run
from pipeline.samples import DatasetSpec
from pipeline.scaffold.cost import random_batch

NAMES = sorted(module.name for module in pkgutil.iter_modules(benchmarks.__path__))
PARTS = {"machine", "plain", "sparse_store", "turns"}


@pytest.mark.parametrize("name", NAMES)
def test_each_imports_and_says_how_it_is_run(name):
    module = importlib.import_module(f"benchmarks.{name}")
    if name not in PARTS:
        assert callable(module.main)
        assert f"python -m benchmarks.{name}" in module.__doc__


@pytest.mark.parametrize("name", CASES)
def test_the_plain_steps_compute_our_losses(name, monkeypatch):
    monkeypatch.setattr(Adam, "step", lambda self: None)  # ours are not stepped either
    block, spec = CASES[name]
    toy = tiny.TOYS.get(block["method"], {})
    # A codebook that waits for its first batch is another one afterwards; growth fits 32 pixels.
    published = {key: block[key] for key in ("quantiser", "growth") if key in block}
    run = tiny.shrink(load_run(block), **{**toy, **published})
    height = tiny.SIDE if spec.width is None else 32
    spec = spec.model_copy(update={"height": height, "width": spec.width and height})
    data = DatasetSpec(specs=dict.fromkeys(run.domains, spec))
    batch = random_batch(run, data)
    method = run.build(run.select(data)).eval()  # without dropout and noise
    torch.manual_seed(1)
    expected = plain_step(deepcopy(method), bf16=False)(batch)  # a queue of samples grows
    for parameter in method.parameters():
        parameter.requires_grad_(True)
    torch.manual_seed(1)
    found = {update.optimizer: update.loss for update in method.updates(batch, 0)}
    (learns,) = found.keys() - {"discriminator", "discriminators"}
    torch.testing.assert_close(found[learns], expected, rtol=1e-4, atol=1e-5)


def test_every_method_that_is_measured_has_a_plain_step():
    methods = {type(tiny.build(run)) for run in tiny.runs().values()}
    # `DBVAE` is measured by nothing: its updates are those of `VAE` and of the classifier.
    without = {"ClassifierMethod", "DBVAE"}
    assert {method.__name__ for method in methods - STEPS.keys()} == without


@pytest.mark.parametrize(
    ("name", "fields"),
    [
        ("vqgan", {"quantiser": {}, "warmup": 0}),
        ("code_prior", {}),
        ("projected_gan_16", {"diffaugment": []}),
    ],
)
def test_the_plain_steps_of_second_stages_compute_our_losses(name, fields, monkeypatch):
    monkeypatch.setattr(Adam, "step", lambda self: None)  # ours are not stepped either
    run = tiny.shrink(tiny.runs()[name], **fields)
    method, batch = tiny.build(run).eval(), tiny.batch_of(run)
    for parameter in method.model.parameters():
        parameter.data.add_(0.05 * torch.randn_like(parameter))
    torch.manual_seed(1)
    expected = plain_step(deepcopy(method), bf16=False)(batch)  # a queue of samples grows
    torch.manual_seed(1)
    found = {update.optimizer: update.loss for update in method.updates(batch, 0)}
    (learns,) = found.keys() - {"discriminator", "discriminators"}
    torch.testing.assert_close(found[learns], expected, rtol=1e-4, atol=1e-5)


def test_a_competitor_that_is_lost_is_named():
    with pytest.raises(RuntimeError, match="'seven' was lost"):
        race(partial(partial, int), ("7", "seven"), turns=1, seconds=0.0)  # int("seven") fails
