"""The autoencoder of vectors."""

import pytest
import tiny
import torch

from pipeline.methods.corruption import (
    GaussianCorruptionParams,
    MaskingCorruptionParams,
    corrupted,
)
from pipeline.methods.registry import load_run

RUN = tiny.runs()["autoencoder"]


@pytest.mark.parametrize("loss", ["l1", "l2"])
def test_it_learns_by_the_loss_that_it_is_told(loss):
    batch, run = tiny.batch_of(RUN), tiny.shrink(RUN, loss=loss)
    method = tiny.build(run)
    update = next(method.updates(batch, 0))
    with torch.no_grad():
        error = method.model.reconstruct(batch.x) - batch.x
    expected = error.abs().mean() if loss == "l1" else error.square().mean()
    torch.testing.assert_close(update.loss, expected)


def test_other_losses_are_refused():
    with pytest.raises(ValueError, match="loss"):
        load_run({"method": "autoencoder", "data": "d", "domains": ["x"], "steps": 1, "loss": "l3"})


@pytest.mark.parametrize(
    "corruption", [{"kind": "gaussian", "std": 0.3}, {"kind": "masking", "share": 0.4}]
)
def test_it_sees_corrupted_samples_and_is_asked_for_clean_ones(corruption):
    batch = tiny.batch_of(RUN)
    method = tiny.build(tiny.shrink(RUN, corruption=corruption))
    torch.manual_seed(3)
    found = next(method.updates(batch, 0)).logs["l2"]
    torch.manual_seed(3)
    seen = corrupted(method.params.corruption, batch.x)
    assert not torch.equal(seen, batch.x)
    error = (method.model.reconstruct(seen) - batch.x).square().mean()
    torch.testing.assert_close(found, error)


def test_corruptions_are_as_strong_as_they_are_told():
    torch.manual_seed(0)
    x = torch.full((8, 3, 32, 32), 0.5)
    noisy = GaussianCorruptionParams(kind="gaussian", std=0.3).corrupt(x)
    assert float((noisy - x).std()) == pytest.approx(0.3, rel=0.02)
    masked = MaskingCorruptionParams(kind="masking", share=0.25).corrupt(x)
    assert set(masked.unique().tolist()) == {0.0, 0.5}
    assert float((masked == 0).float().mean()) == pytest.approx(0.25, abs=0.01)
    assert corrupted(None, x) is x


@pytest.mark.parametrize(
    "corruption",
    [{"kind": "blur"}, {"kind": "masking", "share": 1.0}, {"kind": "gaussian", "share": 0.5}],
)
def test_other_corruptions_are_refused(corruption):
    with pytest.raises(ValueError, match="corruption"):
        tiny.shrink(RUN, corruption=corruption)
