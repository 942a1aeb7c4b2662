"""Claims of CycleGAN's paper, beyond what every method is tested for."""

import pytest
import tiny
import torch
from by_hand import least_squares

from pipeline.methods.cyclegan import CycleGAN
from pipeline.methods.registry import load_run
from pipeline.nn.passes import one_pass, own_passes
from pipeline.samples import DatasetSpec, Unpaired

RUN = tiny.runs()["cyclegan"]


def build(**changes: object) -> CycleGAN:
    method = tiny.build(tiny.shrink(RUN, **changes))
    assert isinstance(method, CycleGAN)
    return method


def test_defaults_are_the_papers():
    run = load_run({"method": "cyclegan", "data": "d", "source": "a", "target": "b", "steps": 1})
    assert (run.cycle_weight, run.identity_weight, run.pool) == (10, 5, 50)
    assert (run.generator.kind, run.generator.blocks) == ("resnet", 9)
    assert (run.loss, run.schedule.kind) == ("least_squares", "linear")
    assert (run.discriminator.layers, run.discriminator.norm) == (3, "instance")
    for adam in (run.optimizer, run.discriminator_optimizer):
        assert (adam.kind, adam.lr, adam.beta1, adam.beta2) == ("adam", 2e-4, 0.5, 0.999)


def test_one_pass_is_two():
    logs = []
    for through in (one_pass, own_passes):
        method = build()
        assert method.through is one_pass  # instance norm treats each sample alone
        method.through = through
        update = next(method.updates(tiny.batch_of(RUN), 0))
        logs.append({"loss": update.loss, **update.logs})
    for name, value in logs[0].items():
        torch.testing.assert_close(value, logs[1][name], rtol=1e-5, atol=1e-6)


def test_losses_by_hand():
    method, (a, b) = build(cycle_weight=3, identity_weight=2, pool=0), tiny.batch_of(RUN)
    with torch.no_grad():
        to_a, to_b = method.model.generators[RUN.source], method.model.generators[RUN.target]
        fake_a, fake_b = to_a(b), to_b(a)
        cycle = (to_a(fake_b) - a).abs().mean() + (to_b(fake_a) - b).abs().mean()
        identity = (to_a(a) - a).abs().mean() + (to_b(b) - b).abs().mean()
        adversarial, told = least_squares(
            (method.discriminator_a, method.discriminator_b), (a, b), (fake_a, fake_b)
        )
    first, second = method.updates(tiny.batch_of(RUN), 0)
    assert (first.optimizer, second.optimizer) == ("generators", "discriminators")
    torch.testing.assert_close(first.loss, adversarial + 3 * cycle + 2 * identity)
    torch.testing.assert_close(second.loss, 0.5 * told)


def test_batch_norm_keeps_batches_apart():
    batch_norm = {"width": 2, "layers": 1, "norm": "batch"}
    method = build(discriminator=batch_norm, generator={"kind": "unet", "width": 2, "depth": 3})
    assert not method.discriminator_a.joint
    assert method.through is own_passes
    assert build().discriminator_a.joint


def test_identity_is_left_out_where_channels_differ():
    specs = tiny.specs_of(RUN)
    specs[RUN.target] = specs[RUN.target].model_copy(update={"channels": 1})
    method = RUN.build(DatasetSpec(specs=specs))
    batch = Unpaired(
        tiny.sample_of(specs[RUN.source], 2, 1), tiny.sample_of(specs[RUN.target], 2, 2)
    )
    first, second = method.updates(batch, 0)
    assert "identity" not in first.logs
    assert torch.isfinite(second.loss)


@pytest.mark.parametrize("pool", [0, 3])
def test_discriminators_see_past_fakes_where_there_is_a_pool(pool):
    method = build(pool=pool)
    seen: list[torch.Tensor] = []
    method.discriminator_b.network.register_forward_pre_hook(lambda _, args: seen.append(args[0]))
    fakes = []
    for step in range(4):
        torch.manual_seed(step)
        a, b = tiny.batch_of(RUN)
        batch = Unpaired(a * (1 - 0.2 * step), b)
        with torch.no_grad():
            fakes.append(method.to_b(batch.a))
        seen.clear()
        list(method.updates(batch, step))
    shown = seen[-1][len(a) :]  # in the discriminators' update, behind the real ones
    new = [any(torch.allclose(x, fake, atol=1e-6) for fake in fakes[-1]) for x in shown]
    old = [any(torch.allclose(x, y, atol=1e-6) for fake in fakes for y in fake) for x in shown]
    assert all(old)
    assert all(new) == (pool == 0)
