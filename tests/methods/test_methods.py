"""Every shipped model and classifier, at a toy size: one parametrised test a property."""

from collections.abc import Collection, Iterable, Iterator

import pytest
import tiny
import torch
from answers import outputs
from exported import export_model
from torch import Tensor
from trainers import trainer
from waits import Waits

from pipeline.backbones.styled import StyledParams
from pipeline.capabilities import (
    Sampler,
    Translator,
    capabilities,
)
from pipeline.methods.adversarial import AdversarialRunParams
from pipeline.methods.base import RunParams
from pipeline.nn.folding import folded
from pipeline.samples import Vocoded
from pipeline.training.trainer import Trainer

RUNS = tiny.runs()

CAPABILITIES = {
    "adain_vc": ("translate", "one-shot"),
    "autoencoder": ("reconstruct", "latent"),
    "classifier": ("classify",),
    "code_prior": ("sample",),
    "cut": ("translate",),
    "cyclegan": ("translate",),
    "db_vae": ("sample", "reconstruct", "latent", "score", "classify"),
    "gan": ("sample",),
    "grown_projected_gan": ("sample",),
    "hifigan": ("vocode",),
    "inca": ("translate",),
    "mask_cyclegan_vc": ("translate",),
    "pix2pix": ("translate",),
    "sgan": ("sample", "classify"),
    "progressive_gan": ("sample",),
    "projected_gan": ("sample",),
    "spade": ("translate", "style"),
    "styled": ("sample", "style-space"),  # a gan's generator of styles
    "unit": ("translate",),
    "vae": ("sample", "reconstruct", "latent", "score"),
    "vocos": ("vocode",),
    "vqgan": ("reconstruct", "codes"),
    "vqvae": ("reconstruct", "codes"),
}
LEARNS = {
    "adain_vc": ["reconstruction"],
    "autoencoder": ["l2"],
    "classifier": ["cross_entropy"],
    "code_prior": ["cross_entropy"],
    "cut": ["contrast_identity"],
    "cyclegan": ["cycle", "identity"],
    "db_vae": ["cross_entropy", "nll"],
    "hifigan": ["mel"],
    "inca": ["matching"],
    "mask_cyclegan_vc": ["identity"],  # other frames are hidden from the cycle each time
    "pix2pix": ["l1"],
    "sgan": ["cross_entropy"],
    "unit": ["reconstruction", "cycle"],
    "vae": ["nll"],
    "vocos": ["mel"],
    "vqgan": ["l1"],
    "vqvae": ["l2"],
}
"""What falls while a method overfits one batch with all its optimisers; where networks work
against each other, nothing need."""


@pytest.fixture(params=sorted(RUNS))
def run(request: pytest.FixtureRequest) -> RunParams:
    return RUNS[request.param]


def test_a_step_never_waits_for_the_device(run):
    run = tiny.shrink(run)
    taking, batch = trainer(run), tiny.batch_of(run)
    taking.take_step(batch)  # the first may: codebooks begin
    with Waits() as waits:
        taking.reseed()
        taking.take_step(batch)
    # The pool asks the processor's generator, which no GPU is waited for.
    assert [place for place in waits.places if "nn/pool.py" not in place] == []


def logs_of_steps(
    run: Trainer, optimizers: Collection[str], seeds: Iterable[int]
) -> Iterator[dict[str, float]]:
    """Log each of the steps on one batch, a seed a step, in which only some optimisers step."""
    batch = tiny.batch_of(run.params)
    for optimizer in run.optimizers.values():
        for group in optimizer.param_groups:
            group["lr"] *= 10  # toy networks bear it, and the test takes a tenth of the time
    for step, seed in enumerate(seeds):
        torch.manual_seed(seed)
        found: dict[str, Tensor] = {}
        for update in run.method.updates(batch, step):
            if update.optimizer in optimizers:
                run.apply([update])
            found |= {f"{update.optimizer}_loss": update.loss, **update.logs}
        yield {name: float(value.detach()) for name, value in found.items()}


def falls(logs: Iterable[dict[str, float]], names: Collection[str], by: float) -> None:
    """Assert that each log falls by such a part of itself, and stop at the step where all have.

    What is compared is the mean over the first five steps and over the latest five.
    """
    lost: dict[str, float] = {}
    kept: list[dict[str, float]] = []
    for found in logs:
        kept.append(found)
        if len(kept) >= 10:
            for name in names:
                first, last = (sum(log[name] for log in part) for part in (kept[:5], kept[-5:]))
                lost[name] = (first - last) / abs(first)
            if all(part > by for part in lost.values()):
                return
    pytest.fail(f"after {len(kept)} steps these fell by so much of themselves: {lost}")


def test_each_optimiser_alone_lowers_its_own_loss(run):
    for name in trainer(run).optimizers:
        # The same draws each time: all that differs are the weights that it has stepped.
        falls(logs_of_steps(trainer(run), {name}, [0] * 100), [f"{name}_loss"], by=0.2)


def test_overfits_one_batch(run):
    if run.method in LEARNS:
        toy = trainer(run)
        steps = 80 if getattr(run, "pretrained", None) else 50  # what is below has learnt nothing
        falls(logs_of_steps(toy, toy.optimizers, range(steps)), LEARNS[run.method], by=0.3)


def test_an_update_moves_its_optimisers_parameters_and_no_others(run):
    toy = trainer(run)
    seen = set()
    for step in range(2):
        updates = toy.method.updates(tiny.batch_of(run), step)
        for update in updates:
            before = {name: p.detach().clone() for name, p in toy.method.named_parameters()}
            for parameter in toy.method.parameters():
                parameter.grad = None
            toy.apply([update])
            groups = toy.optimizers[update.optimizer].param_groups
            own = {id(p) for group in groups for p in group["params"]}
            for name, parameter in toy.method.named_parameters():
                assert (parameter.grad is not None) == (id(parameter) in own), name
                if id(parameter) not in own:
                    assert torch.equal(parameter, before[name]), name
            moved = [
                not torch.equal(p, before[name])
                for name, p in toy.method.named_parameters()
                if id(p) in own
            ]
            assert sum(moved) > 0.5 * len(moved)
            seen.add(update.optimizer)
    assert seen == set(toy.optimizers)


def test_losses_and_logs_are_finite_scalars(run):
    for update in tiny.build(run).updates(tiny.batch_of(run), 0):
        for name, value in {"loss": update.loss, **update.logs}.items():
            assert value.shape == (), name
            assert torch.isfinite(value), name


def test_a_step_repeats_with_its_seed(run):
    ends = []
    for _ in range(2):
        toy = trainer(run)
        for step in range(3):
            torch.manual_seed(step)
            for update in toy.method.updates(tiny.batch_of(run), step):
                toy.apply([update])
        ends.append(toy.method.state_dict())
    assert ends[0].keys() == ends[1].keys()
    assert all(torch.equal(value, ends[1][name]) for name, value in ends[0].items())


def test_capabilities(run):
    found = capabilities(tiny.build(run).model)
    assert found
    styled = isinstance(getattr(run, "generator", None), StyledParams)
    assert found == CAPABILITIES.get("styled" if styled else run.method, found)


def test_shape_contract(run):
    specs, count = tiny.specs_of(run), 3
    model = tiny.build(run).model.eval()
    found = outputs(model, specs, count)
    assert found
    for name, y in found.items():
        assert y.dtype == (torch.int64 if name == "encode_codes" else torch.float32), name
        assert len(y) == count, name
        assert torch.isfinite(y).all(), name
    whole = {
        name: name.rpartition(".")[2] if "." in name else run.domains[0]
        for name in found
        if name.split(".")[0] in ("translate", "sample", "reconstruct", "decode", "decode_codes")
    }
    for name, domain in whole.items():
        spec = specs[domain]
        width = spec.width or tiny.SIDE
        assert found[name].shape == (count, spec.channels, spec.height, width), name
        if spec.bounded:
            assert found[name].abs().max() <= 1, name
    if "score" in found:
        assert found["score"].shape == (count,)
    if "encode" in found:
        assert found["encode"].ndim == 2
    if "vocode" in found:
        assert found["vocode"].shape == (count, tiny.SIDE * model.convention.hop)
    if "classify" in found:
        assert found["classify"].shape == (count, len(model.class_names))
        assert found["features"].ndim == 2


def test_translators_answer_for_their_directions_alone(run):
    model = tiny.build(run).model
    if isinstance(model, Translator):
        assert set(model.directions) <= set(run.domains)
        assert all(to != of for of, to in model.pairs())
        with pytest.raises(KeyError):
            model.translate(torch.zeros(1, 3, tiny.SIDE, tiny.SIDE), "nowhere")


def test_a_seed_repeats_samples_and_another_does_not(run):
    model = tiny.build(run).model.eval()
    if isinstance(model, Sampler):
        one, again, other = (model.sample(2, torch.Generator().manual_seed(s)) for s in (1, 1, 2))
        assert torch.equal(one, again)
        assert not torch.equal(one, other)


def test_answers_repeat_in_evaluation_mode(run):
    mode = {"inference": "eval"} if run.method == "pix2pix" else {}
    run = tiny.shrink(run, **mode)
    model = tiny.build(run).model.eval()
    first, second = (outputs(model, tiny.specs_of(run)) for _ in range(2))
    assert all(torch.equal(y, second[name]) for name, y in first.items())


def test_export_and_load_give_the_same_answers(run, tmp_path):
    run = tiny.shrink(run, **({"inference": "eval"} if run.method == "pix2pix" else {}))
    toy = trainer(run)
    for step in range(2):  # so that running statistics are not those of a fresh model
        for update in toy.method.updates(tiny.batch_of(run), step):
            toy.apply([update])
    # Training lays weights out channels-last, where sums come in another order.
    model = folded(toy.method.model.eval().to(memory_format=torch.contiguous_format))
    finished, below = export_model(tmp_path / "toy", model, run), tiny.pretrained_of(run)
    assert finished.params == run
    assert finished.codec == tiny.codec_of(run)
    assert finished.card.data == tiny.data_of(run)
    assert finished.card.pretrained == (None if below is None else below.card)
    assert finished.capabilities == capabilities(model)
    assert not finished.model.training
    weights = finished.model.state_dict()
    assert all(torch.equal(value, weights[name]) for name, value in model.state_dict().items())
    before, after = (outputs(m, tiny.specs_of(run)) for m in (model, finished.model))
    assert before.keys() == after.keys()
    for name, y in before.items():
        assert torch.equal(y, after[name]), name


# Augmentation


ALTERING = ("colour", "translation", "cutout")
ADVERSARIAL = [name for name, run in RUNS.items() if isinstance(run, AdversarialRunParams)]


@pytest.mark.parametrize("name", [n for n in ADVERSARIAL if RUNS[n].reads is not Vocoded])
def test_diffaugment_alters_what_discriminators_see_and_nothing_else(name):
    plain, altered = (
        tiny.build(tiny.shrink(RUNS[name], diffaugment=kinds)) for kinds in ((), ALTERING)
    )
    seen = []
    for method in (plain, altered):
        torch.manual_seed(0)
        logs = [update.logs for update in method.updates(tiny.batch_of(RUNS[name]), 0)]
        seen.append({key: value for found in logs for key, value in found.items()})
    told = {key for key in seen[0] if "logit" in key or "confid" in key or "adversarial" in key}
    assert told
    assert all(not torch.equal(seen[0][key], seen[1][key]) for key in told)
    others = {"cycle", "identity", "l1", "reconstruction"} & set(seen[0])
    assert all(torch.equal(seen[0][key], seen[1][key]) for key in others)
    assert torch.equal(*(next(m.model.parameters()) for m in (plain, altered)))
