"""Batch norm's statistics, computed anew for averaged weights."""

from pathlib import Path

import pytest
import tiny
import torch
from exported import export_model
from torch import Tensor, nn
from trainers import trainer

from pipeline.backbones.projected import FrozenFeatures
from pipeline.methods.base import RunParams
from pipeline.nn.normalisation import BatchNorm
from pipeline.samples import Labelled
from pipeline.training.statistics import BATCHES, recompute_statistics
from pipeline.training.trainer import step_seed

RUNS = tiny.runs()


def batches(run: RunParams):
    """Batches that differ by their steps, in brightness too."""
    whole = tiny.batch_of(run)

    def batch_of(step: int):
        first, *others = whole
        return type(whole)((first * (0.2 + (step % 7) / 10)).clamp(-1, 1), *others)

    return batch_of


def norms(model: nn.Module) -> list[BatchNorm]:
    return [layer for layer in model.modules() if isinstance(layer, BatchNorm)]


def test_running_statistics_become_the_means_of_the_batches():
    norm = BatchNorm(2)
    norm.running_mean.fill_(9)
    x = [torch.randn(3, 2, 4, 4) * scale + scale for scale in (1.0, 2.0, 5.0)]

    class Model(nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.norm = norm

    norm.eval()
    norm.collect()
    for batch in x:  # normalised by its own statistics, whatever the mode
        y = norm(batch)
        torch.testing.assert_close(y.mean((0, 2, 3)), torch.zeros(2), atol=1e-5, rtol=0)
    assert float(norm.running_mean[0]) == 9
    norm.finish()
    means = torch.stack([batch.mean((0, 2, 3)) for batch in x]).mean(dim=0)
    variances = torch.stack([batch.var((0, 2, 3)) for batch in x]).mean(dim=0)
    torch.testing.assert_close(norm.running_mean, means)
    torch.testing.assert_close(norm.running_var, variances)
    # From now on as ever.
    expected = (x[0] - means[:, None, None]) / (variances[:, None, None] + norm.eps).sqrt()
    torch.testing.assert_close(norm(x[0]), expected)


def test_nothing_is_kept_where_nothing_was_met():
    norm = BatchNorm(2)
    before = norm.running_mean.clone()
    norm.collect()
    norm.finish()
    assert torch.equal(norm.running_mean, before)
    assert norm.collected is None


def test_without_batch_norm_no_batch_is_read():
    def reading():
        raise AssertionError
        yield

    recompute_statistics(nn.Linear(2, 2), ("x",), reading())


def test_with_frozen_weights_they_are_those_of_the_batches():
    still = {"lr": 1e-30}
    run = tiny.shrink(
        RUNS["autoencoder"],
        encoder={"width": 2, "norm": "batch"},
        decoder={"width": 2, "norm": "batch"},
        ema={"decay": 0.9},
        optimizer=still,
        steps=3,
    )
    toy = trainer(run)
    batch_of = batches(toy.params)
    seen: dict[int, list[Tensor]] = {}
    for number, norm in enumerate(norms(toy.ema)):
        inputs = seen.setdefault(number, [])
        norm.register_forward_pre_hook(lambda _, args, to=inputs: to.append(args[0].detach()))
    toy.fit(batch_of)
    model = toy.finish(batch_of)
    assert not model.training
    assert len(norms(model)) >= 2
    for number, norm in enumerate(norms(model)):
        assert len(seen[number]) == BATCHES
        means = torch.stack([x.mean((0, 2, 3)) for x in seen[number]]).mean(dim=0)
        variances = torch.stack([x.var((0, 2, 3)) for x in seen[number]]).mean(dim=0)
        torch.testing.assert_close(norm.running_mean, means, rtol=1e-4, atol=1e-5)
        torch.testing.assert_close(norm.running_var, variances, rtol=1e-4, atol=1e-5)


def batch_normed() -> list[str]:
    return [name for name, run in RUNS.items() if norms(trainer_model(run))]


def trainer_model(run: RunParams) -> nn.Module:
    return run.build_model(tiny.data_of(run), tiny.pretrained_of(run))


@pytest.mark.parametrize("name", batch_normed())
def test_every_models_statistics_are_computed_anew(name):
    toy = trainer(tiny.shrink(RUNS[name], ema={"decay": 0.5}, steps=2))
    batch_of = batches(toy.params)
    toy.fit(batch_of)
    before = [norm.running_mean.clone() for norm in norms(toy.ema)]
    model = toy.finish(batch_of)
    frozen = [part for part in model.modules() if isinstance(part, FrozenFeatures)]
    kept = {id(norm) for part in frozen for norm in norms(part)}
    for norm, old in zip(norms(model), before, strict=True):
        assert torch.equal(norm.running_mean, old) is (id(norm) in kept)


def test_weights_that_are_not_averaged_keep_theirs():
    toy = trainer(tiny.shrink(RUNS["dcgan"], ema=None, steps=2))
    batch_of = batches(toy.params)
    toy.fit(batch_of)
    before = [norm.running_mean.clone() for norm in norms(toy.method.model)]
    for norm, old in zip(norms(toy.finish(batch_of)), before, strict=True):
        assert torch.equal(norm.running_mean, old)


def test_an_exported_average_has_the_statistics_of_its_own_samples(tmp_path: Path):
    toy = trainer(tiny.shrink(RUNS["dcgan"], ema={"decay": 0.5}, steps=3))
    run, batch_of = toy.params, batches(toy.params)
    toy.fit(batch_of)
    finished = export_model(tmp_path / "toy", toy.finish(batch_of), run).model
    inputs: dict[int, list[Tensor]] = {n: [] for n in range(len(norms(finished)))}
    for number, norm in enumerate(norms(finished)):
        norm.register_forward_pre_hook(
            lambda _, args, to=inputs[number]: to.append(args[0].detach())
        )
    torch.manual_seed(step_seed(1, run.steps, 0))
    with torch.no_grad():
        finished.train()
        states = {name: value.clone() for name, value in finished.state_dict().items()}
        for step in range(BATCHES):
            batch = batch_of(step)
            assert isinstance(batch, Labelled)
            finished.sample(len(batch.x), condition=batch.y if finished.classes else None)
    for number, norm_name in enumerate(
        name for name, layer in finished.named_modules() if isinstance(layer, BatchNorm)
    ):
        means = torch.stack([x.mean((0, 2, 3)) for x in inputs[number]]).mean(dim=0)
        torch.testing.assert_close(states[f"{norm_name}.running_mean"], means, rtol=1e-4, atol=1e-5)
