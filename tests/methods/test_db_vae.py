"""DB-VAE: what is rare among its class is drawn more often, and a resumed run goes on as it was."""

import pytest
import torch
from torch.nn.functional import cross_entropy
from trainers import trainer

from pipeline.methods.db_vae import DBVAE, DBVAEParams
from pipeline.methods.registry import load_run
from pipeline.samples import DatasetSpec, Labelled, Spec
from pipeline.training.checkpoints import Checkpoints

DATA = DatasetSpec(
    specs={"d": Spec(channels=1, height=8, width=8, bounded=True)}, classes=("one", "two")
)
CANDIDATES = 4


def toy_run(**fields: object) -> DBVAEParams:
    run = load_run(
        {
            **{"method": "db_vae", "data": "d", "domains": ["d"], "steps": 6, "batch": 8},
            **{"latent": 2, "encoder": {"width": 4}, "decoder": {"width": 4}, "log_every": 3},
            **{"checkpoint_every": 2, "precision": "fp32"},
            **fields,
        }
    )
    assert isinstance(run, DBVAEParams)
    return run


def build(**fields: object) -> DBVAE:
    torch.manual_seed(0)
    return toy_run(**fields).build(DATA)


def batch_at(step: int) -> Labelled:
    """Bright samples, of which one in sixteen is dark: 32 of two classes."""
    generator = torch.Generator().manual_seed(step)
    x = 0.8 + 0.1 * torch.rand(32, 1, 8, 8, generator=generator)
    x[::16] -= 1.6
    return Labelled(x, (torch.arange(32) // 2) % 2)


def test_the_loss_is_the_weighted_sum_of_the_classifiers_and_the_vaes():
    method = build(debias=None, supervised_weight=2.0, beta=3.0)
    assert method.params.batches_per_step == 1
    batch = batch_at(0)
    torch.manual_seed(3)
    update = next(method.updates(batch, 0))
    nll, kl = update.logs["nll"], update.logs["kl"]
    supervised = cross_entropy(method.model.classify(batch.x), batch.y)
    torch.testing.assert_close(update.logs["cross_entropy"], supervised)
    torch.testing.assert_close(update.loss, 2 * supervised + (nll + 3 * kl) / 64)
    torch.manual_seed(3)
    bound = method.model.elbo(batch.x)
    torch.testing.assert_close((nll, kl), tuple(part.mean() for part in bound))


def test_rare_samples_are_drawn_more_often_than_they_are_found():
    method = build(debias={"candidates": CANDIDATES, "bins": 4, "memory": 128})
    assert method.params.batches_per_step == CANDIDATES
    share = []
    for step in range(20):
        torch.manual_seed(step)
        batch = batch_at(step)
        chosen = method.choose(batch.x, batch.y, method.params.debias)
        assert len(chosen.unique()) == len(chosen) == 8
        share.append(float((batch.x[chosen].mean(dim=(1, 2, 3)) < 0).float().mean()))
    assert sum(share) / len(share) > 2 / 16


def test_a_resumed_run_draws_what_an_undisturbed_one_does(tmp_path):
    run = toy_run(debias={"candidates": CANDIDATES, "memory": 64})
    ends = []
    for folder, killed_at in (("whole", None), ("killed", 3)):

        def batch_of(step: int, killed_at: int | None = killed_at) -> Labelled:
            if step == killed_at:
                raise KeyboardInterrupt
            return batch_at(step)

        def start(folder: str = folder) -> object:
            torch.manual_seed(0)
            return trainer(run, run.build(DATA), checkpoints=Checkpoints(tmp_path / folder))

        training = start()
        if killed_at is not None:
            with pytest.raises(KeyboardInterrupt):
                training.fit(batch_of)
            training = start()
        training.fit(batch_at)
        ends.append(training.method.state_dict())
    assert {"memory.codes", "memory.labels"} <= set(ends[0])
    assert all(torch.equal(value, ends[1][name]) for name, value in ends[0].items())


def test_one_class_is_refused():
    with pytest.raises(ValueError, match="no classes to tell apart"):
        toy_run().build(DATA.model_copy(update={"classes": ()}))


def test_impossible_draws_are_refused():
    for debias in ({"candidates": 1}, {"bins": 1}, {"alpha": 0}):
        with pytest.raises(ValueError, match="debias"):
            toy_run(debias=debias)
