"""Every shipped model and classifier, at a toy size: one parametrised test a property."""

from collections.abc import Iterator

import pytest
import tiny
import torch
from least_squares import by_hand
from lightning_fabric import Fabric
from torch.nn.functional import softplus

from pipeline.capabilities import Sampler, Translator, capabilities
from pipeline.inference.finished import export, load
from pipeline.methods.base import Method, RunParams
from pipeline.methods.registry import load_run
from pipeline.nn.folding import folded
from pipeline.nn.passes import one_pass, own_passes
from pipeline.training.trainer import Trainer

RUNS = tiny.runs()

CAPABILITIES = {
    "autoencoder": ("reconstruct", "latent"),
    "classifier": ("classify",),
    "code_prior": ("sample",),
    "cut": ("translate",),
    "cyclegan": ("translate",),
    "gan": ("sample",),
    "hifigan": ("vocode",),
    "mask_cyclegan_vc": ("translate",),
    "pix2pix": ("translate",),
    "spade": ("translate", "style"),
    "unit": ("translate",),
    "vae": ("sample", "reconstruct", "latent", "score"),
    "vqgan": ("reconstruct", "codes"),
    "vqvae": ("reconstruct", "codes"),
}
LEARNS = {
    "autoencoder": ["l2"],
    "classifier": ["cross_entropy"],
    "code_prior": ["cross_entropy"],
    "cut": ["contrast_identity"],
    "cyclegan": ["cycle", "identity"],
    "hifigan": ["mel"],
    "mask_cyclegan_vc": ["identity"],  # other frames are hidden from the cycle each time
    "pix2pix": ["l1"],
    "unit": ["reconstruction", "cycle"],
    "vae": ["nll"],
    "vqgan": ["l1"],
    "vqvae": ["l2"],
}
"""What falls while a method overfits one batch with all its optimisers; where networks work
against each other, nothing need."""


@pytest.fixture(params=sorted(RUNS))
def run(request: pytest.FixtureRequest) -> RunParams:
    return RUNS[request.param]


@pytest.fixture(scope="module")
def fabric() -> Fabric:
    return Fabric(accelerator="cpu", precision="32-true")


def build(run: RunParams, seed: int = 0) -> Method:
    torch.manual_seed(seed)
    return run.build(tiny.data_of(run), tiny.pretrained_of(run))


def training(run: RunParams, fabric: Fabric) -> Trainer:
    return Trainer(fabric, build(run), run, seed=1, label="toy", checkpoints=None)


def one_loss_a_step(run: Trainer, log: str, optimizers: set[str], steps: int) -> Iterator[float]:
    """``log`` at each of the steps on one batch, in which only some optimisers step."""
    batch = tiny.batch_of(run.params)
    for optimizer in run.optimizers.values():
        for group in optimizer.param_groups:
            group["lr"] *= 10  # toy networks bear it, and the test takes a tenth of the time
    for step in range(steps):
        torch.manual_seed(step)
        for update in run.method.updates(batch, step):
            if update.optimizer in optimizers:
                run.apply(update)
            logs = {f"{update.optimizer}_loss": update.loss, **update.logs}
            if log in logs:
                yield float(logs[log].detach())


def fall(losses: list[float]) -> tuple[float, float]:
    """Means over the first and last fifth."""
    part = len(losses) // 5
    return sum(losses[:part]) / part, sum(losses[-part:]) / part


def test_each_optimiser_alone_lowers_its_own_loss(run, fabric):
    names = list(training(run, fabric).optimizers)
    for name in names:
        losses = list(one_loss_a_step(training(run, fabric), f"{name}_loss", {name}, steps=50))
        first, last = fall(losses)
        assert last < first - 0.2 * abs(first), (name, first, last)


def test_overfits_one_batch(run, fabric):
    for log in LEARNS.get(run.method, []):
        toy = training(run, fabric)
        first, last = fall(list(one_loss_a_step(toy, log, set(toy.optimizers), steps=50)))
        assert last < first - 0.3 * abs(first), (log, first, last)


def test_an_update_moves_its_optimisers_parameters_and_no_others(run, fabric):
    toy = training(run, fabric)
    seen = set()
    for step in range(2):
        updates = toy.method.updates(tiny.batch_of(run), step)
        for update in updates:
            before = {name: p.detach().clone() for name, p in toy.method.named_parameters()}
            for parameter in toy.method.parameters():
                parameter.grad = None
            toy.apply(update)
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
    for update in build(run).updates(tiny.batch_of(run), 0):
        for name, value in {"loss": update.loss, **update.logs}.items():
            assert value.shape == (), name
            assert torch.isfinite(value), name


def test_a_step_repeats_with_its_seed(run, fabric):
    ends = []
    for _ in range(2):
        toy = training(run, fabric)
        for step in range(3):
            torch.manual_seed(step)
            for update in toy.method.updates(tiny.batch_of(run), step):
                toy.apply(update)
        ends.append(toy.method.state_dict())
    assert ends[0].keys() == ends[1].keys()
    assert all(torch.equal(value, ends[1][name]) for name, value in ends[0].items())


def test_capabilities(run):
    found = capabilities(build(run).model)
    assert found
    assert found == CAPABILITIES.get(run.method, found)


def test_shape_contract(run):
    specs, count = tiny.specs_of(run), 3
    model = build(run).model.eval()
    found = tiny.outputs(model, specs, count)
    assert found
    for name, y in found.items():
        assert y.dtype == (torch.int64 if name == "encode_codes" else torch.float32), name
        assert len(y) == count, name
        assert torch.isfinite(y).all(), name
    whole = {
        name: name.removeprefix("translate.") if "." in name else run.domains[0]
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
        assert found["vocode"].abs().max() <= 1
    if "classify" in found:
        assert found["classify"].shape == (count, len(model.classes))
        assert found["features"].ndim == 2


def test_translators_answer_for_their_directions_alone(run):
    model = build(run).model
    if isinstance(model, Translator):
        assert set(model.directions) <= set(run.domains)
        assert all(to != of for to, of in model.directions.items())
        with pytest.raises(KeyError):
            model.translate(torch.zeros(1, 3, tiny.SIDE, tiny.SIDE), "nowhere")


def test_a_seed_repeats_samples_and_another_does_not(run):
    model = build(run).model.eval()
    if isinstance(model, Sampler):
        one, again, other = (model.sample(2, torch.Generator().manual_seed(s)) for s in (1, 1, 2))
        assert torch.equal(one, again)
        assert not torch.equal(one, other)


def test_answers_repeat_in_evaluation_mode(run):
    mode = {"inference": "eval"} if run.method == "pix2pix" else {}
    run = tiny.shrink(run, **mode)
    model = build(run).model.eval()
    first, second = (tiny.outputs(model, tiny.specs_of(run)) for _ in range(2))
    assert all(torch.equal(y, second[name]) for name, y in first.items())


def test_export_and_load_give_the_same_answers(run, fabric, tmp_path):
    run = tiny.shrink(run, **({"inference": "eval"} if run.method == "pix2pix" else {}))
    toy = training(run, fabric)
    for step in range(2):  # so that running statistics are not those of a fresh model
        for update in toy.method.updates(tiny.batch_of(run), step):
            toy.apply(update)
    # Training lays weights out channels-last, where sums come in another order.
    model = folded(toy.method.model.eval().to(memory_format=torch.contiguous_format))
    codec, classes = tiny.codec_of(run), tiny.classes_of(run)
    export(tmp_path / "toy", model, params=run, codec=codec, classes=classes, seed=1)
    finished = load(tmp_path / "toy")
    assert finished.params == run
    assert finished.codec == codec
    assert finished.card.data.specs == tiny.specs_of(run)
    assert finished.card.data.classes == classes
    assert finished.capabilities == capabilities(model)
    assert not finished.model.training
    weights = finished.model.state_dict()
    assert all(torch.equal(value, weights[name]) for name, value in model.state_dict().items())
    before, after = (tiny.outputs(m, tiny.specs_of(run)) for m in (model, finished.model))
    assert before.keys() == after.keys()
    for name, y in before.items():
        assert torch.equal(y, after[name]), name


# What single methods promise


def test_pix2pix_translates_in_the_mode_that_it_declares():
    run = tiny.shrink(
        RUNS["pix2pix"], generator={"kind": "unet", "width": 2, "depth": 6}, inference="train"
    )
    x = torch.randn(2, 3, 64, 64)
    torch.manual_seed(0)
    noisy = build(run).model.eval()
    assert not torch.equal(noisy.translate(x, run.target), noisy.translate(x, run.target))
    quiet = build(tiny.shrink(run, inference="eval")).model.train()
    assert torch.equal(quiet.translate(x, run.target), quiet.translate(x, run.target))


def test_cyclegan_in_one_pass_is_cyclegan_in_two(fabric):
    run = RUNS["cyclegan"]
    logs = []
    for through in (one_pass, own_passes):
        method = build(run)
        assert method.through is one_pass  # instance norm treats each sample alone
        method.through = through
        update = next(method.updates(tiny.batch_of(run), 0))
        logs.append({"loss": update.loss, **update.logs})
    for name, value in logs[0].items():
        torch.testing.assert_close(value, logs[1][name], rtol=1e-5, atol=1e-6)


def test_defaults_are_the_papers():
    data = {"data": "d", "source": "a", "target": "b", "steps": 1}
    pix2pix = load_run({"method": "pix2pix", **data})
    assert (pix2pix.l1_weight, pix2pix.loss, pix2pix.inference) == (100, "nonsaturating", "train")
    assert (pix2pix.generator.kind, pix2pix.generator.depth) == ("unet", 8)
    cyclegan = load_run({"method": "cyclegan", **data})
    assert (cyclegan.cycle_weight, cyclegan.identity_weight, cyclegan.pool) == (10, 5, 50)
    assert (cyclegan.generator.kind, cyclegan.generator.blocks) == ("resnet", 9)
    assert (cyclegan.loss, cyclegan.schedule.kind) == ("least_squares", "linear")
    assert (cyclegan.discriminator.layers, cyclegan.discriminator.norm) == (3, "instance")
    for adam in (pix2pix.optimizer, cyclegan.optimizer, cyclegan.discriminator_optimizer):
        assert (adam.lr, adam.beta1, adam.beta2) == (2e-4, 0.5, 0.999)


def test_pix2pix_losses_by_hand():
    run = tiny.shrink(
        RUNS["pix2pix"], l1_weight=7, generator={"kind": "resnet", "width": 2, "blocks": 1}
    )
    method, (a, b) = build(run), tiny.batch_of(run)
    with torch.no_grad():  # no optimiser steps, so both updates see the same weights
        fake = method.generator(a)
        real_logits = method.discriminator(torch.cat([a, b], dim=1))
        fake_logits = method.discriminator(torch.cat([a, fake], dim=1))
    first, second = method.updates(tiny.batch_of(run), 0)
    assert (first.optimizer, second.optimizer) == ("discriminator", "generator")
    expected = 0.5 * (softplus(-real_logits).mean() + softplus(fake_logits).mean())
    torch.testing.assert_close(first.loss, expected)
    expected = softplus(-fake_logits).mean() + 7 * (fake - b).abs().mean()
    torch.testing.assert_close(second.loss, expected)


def test_cyclegan_losses_by_hand():
    run = tiny.shrink(RUNS["cyclegan"], cycle_weight=3, identity_weight=2, pool=0)
    method, (a, b) = build(run), tiny.batch_of(run)
    with torch.no_grad():
        to_a, to_b = method.model.generators[run.source], method.model.generators[run.target]
        fake_a, fake_b = to_a(b), to_b(a)
        cycle = (to_a(fake_b) - a).abs().mean() + (to_b(fake_a) - b).abs().mean()
        identity = (to_a(a) - a).abs().mean() + (to_b(b) - b).abs().mean()
        fooled, told = by_hand(
            (method.discriminator_a, method.discriminator_b), (a, b), (fake_a, fake_b)
        )
    first, second = method.updates(tiny.batch_of(run), 0)
    assert (first.optimizer, second.optimizer) == ("generators", "discriminators")
    torch.testing.assert_close(first.loss, fooled + 3 * cycle + 2 * identity)
    torch.testing.assert_close(second.loss, 0.5 * told)


def test_cyclegan_with_batch_norm_keeps_batches_apart():
    run = tiny.shrink(RUNS["cyclegan"], discriminator={"width": 2, "layers": 1, "norm": "batch"})
    assert build(run).discriminator_a.through is own_passes


def test_cyclegan_leaves_identity_out_where_channels_differ():
    run = RUNS["cyclegan"]
    specs = tiny.specs_of(run)
    specs[run.target] = specs[run.target].model_copy(update={"channels": 1})
    method = run.build(specs, ())
    pair = tiny.Pair(
        tiny.sample_of(specs[run.source], 2, 1), tiny.sample_of(specs[run.target], 2, 2)
    )
    first, second = method.updates(pair, 0)
    assert "identity" not in first.logs
    assert torch.isfinite(second.loss)


def test_vae_noise_is_learnt_or_fixed():
    learnt = build(tiny.shrink(RUNS["vae"], noise=None)).model.log_variance
    assert learnt.requires_grad
    fixed = build(tiny.shrink(RUNS["vae"], noise=0.5)).model.log_variance
    assert not fixed.requires_grad
    assert float(fixed) == pytest.approx(2 * torch.tensor(0.5).log().item())


def test_vae_loss_is_the_negative_elbo_a_value():
    run = tiny.shrink(RUNS["vae"], beta=1.0)
    method, batch = build(run), tiny.batch_of(run)
    torch.manual_seed(3)
    update = next(method.updates(batch, 0))
    expected = (update.logs["nll"] + update.logs["kl"]) / batch.x[0].numel()
    torch.testing.assert_close(update.loss, expected)
    doubled = build(tiny.shrink(run, beta=2.0))
    torch.manual_seed(3)
    loss = next(doubled.updates(batch, 0)).loss
    expected = (update.logs["nll"] + 2 * update.logs["kl"]) / batch.x[0].numel()
    torch.testing.assert_close(loss, expected)


def test_a_vaes_score_does_not_depend_on_a_samples_neighbours():
    model, batch = build(RUNS["vae"]).model.eval(), tiny.batch_of(RUNS["vae"])
    alone = torch.cat([model.score(x[None]) for x in batch.x])
    torch.testing.assert_close(model.score(batch.x), alone)


def test_a_classifier_needs_classes_or_two_domains():
    run = RUNS["classifier_digits"]
    with pytest.raises(ValueError, match="'digit' has no classes, so name two domains or more"):
        run.build(tiny.data_of(run), tiny.pretrained_of(run))
    two = next(r for r in RUNS.values() if r.method == "classifier" and len(r.of) > 1)
    assert two.build(tiny.data_of(two), tiny.pretrained_of(two)).model.classes == two.of


ALTERING = ("colour", "translation", "cutout")


@pytest.mark.parametrize("name", [n for n, run in RUNS.items() if hasattr(run, "diffaugment")])
def test_diffaugment_alters_what_discriminators_see_and_nothing_else(name, fabric):
    plain, altered = (build(tiny.shrink(RUNS[name], diffaugment=kinds)) for kinds in ((), ALTERING))
    seen = []
    for method in (plain, altered):
        torch.manual_seed(0)
        logs = [update.logs for update in method.updates(tiny.batch_of(RUNS[name]), 0)]
        seen.append({key: value for found in logs for key, value in found.items()})
    judged = {key for key in seen[0] if "logit" in key or "confid" in key or key == "adversarial"}
    assert judged
    assert all(not torch.equal(seen[0][key], seen[1][key]) for key in judged)
    others = {"cycle", "identity", "l1", "reconstruction"} & set(seen[0])
    assert all(torch.equal(seen[0][key], seen[1][key]) for key in others)
    assert torch.equal(*(next(m.model.parameters()) for m in (plain, altered)))


# The image pool


def test_a_pool_hands_new_samples_on_until_it_is_full_and_then_half_of_them():
    from pipeline.nn.pool import SamplePool

    torch.manual_seed(0)
    pool = SamplePool(10)
    first = torch.arange(10.0).reshape(10, 1, 1, 1)
    assert torch.equal(pool(first), first)
    shown = torch.cat([pool(torch.full((1, 1, 1, 1), 100.0 + step)) for step in range(400)])
    new = (shown.flatten() == 100 + torch.arange(400.0)).float().mean()
    assert 0.42 < float(new) < 0.58
    assert len(pool.samples) == 10
    assert set(shown.flatten().tolist()) >= set(range(10))  # all old ones are shown in the end
    fakes = torch.rand(3, 1, 2, 2)
    assert SamplePool(0)(fakes) is fakes


def test_a_pool_is_saved_and_restored():
    from pipeline.nn.pool import SamplePool

    pool, other = SamplePool(4), SamplePool(4)
    pool(torch.rand(3, 1, 2, 2))
    other.load_state_dict(pool.state_dict())
    assert torch.equal(pool.samples, other.samples)
