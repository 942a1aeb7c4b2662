"""The autoencoder of vectors."""

import pytest
import tiny
import torch

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
