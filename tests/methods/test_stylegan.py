"""StyleGAN2 as a configuration of gan: path lengths, styles, truncation and noise of its model."""

import pytest
import tiny
import torch
from pydantic import ValidationError
from trainers import trainer

from pipeline.losses.path_length import path_lengths
from pipeline.methods.gan import GAN
from pipeline.methods.path_length import PathLength, PathLengthParams
from pipeline.methods.registry import load_run
from pipeline.models.stylegan import StyleGANModel
from pipeline.options import NOISE, PSI
from pipeline.samples import Spec

RUN = tiny.runs()["stylegan2"]


def build(**fields) -> GAN:
    method = tiny.build(tiny.shrink(RUN, **fields))
    assert isinstance(method, GAN)
    return method


def lively(model: StyleGANModel) -> StyleGANModel:
    """Noise has a say, and the mean of w is no zero."""
    for name, parameter in model.named_parameters():
        if name.endswith("strength"):
            parameter.data.fill_(0.5)
    model.generator.mapping.mean.normal_(std=0.1)
    return model.eval()


@pytest.fixture
def model() -> StyleGANModel:
    return lively(build().model)


# Path lengths


def test_defaults_are_the_papers():
    params = PathLengthParams()
    assert (params.weight, params.decay, params.every, params.shrink) == (2, 0.01, 4, 2)
    assert PathLength(params).weight == 8


def test_the_regulariser_by_hand():
    method = build()
    regulariser, model = method.path_length, method.model
    regulariser.mean.fill_(0.3)
    torch.manual_seed(1)
    loss = regulariser(model, 4, None)
    torch.manual_seed(1)
    z = torch.randn(2, model.latent)  # half of the batch
    ws = model.generator.styles(z)
    lengths = path_lengths(model.generator.synthesis(ws), ws)
    mean = 0.99 * 0.3 + 0.01 * lengths.mean()
    torch.testing.assert_close(regulariser.mean, mean.detach())
    torch.testing.assert_close(loss, (lengths - mean).square().mean())
    loss.backward()
    assert any(p.grad is not None and p.grad.abs().max() > 0 for p in model.parameters())


def test_it_is_lazy_and_counts_for_the_steps_between():
    method, batch = build(), tiny.batch_of(RUN)
    for step in range(6):
        torch.manual_seed(step)
        update = list(method.updates(batch, step))[-1]
        assert ("path_length" in update.logs) == (step in (0, 4))
        expected = update.logs["adversarial"]
        if "path_length" in update.logs:
            expected = expected + 8 * update.logs["path_length"]
        torch.testing.assert_close(update.loss, expected)


def test_second_gradients_are_in_fp32_under_autocast():
    method = build()
    seen = []
    method.model.generator.synthesis.convs[0].register_forward_hook(
        lambda _, __, y: seen.append(y.dtype)
    )
    with torch.autocast("cpu", dtype=torch.bfloat16):
        loss = method.path_length(method.model, 4, None)
    assert seen == [torch.float32]
    assert loss.dtype == torch.float32


def test_path_lengths_come_together():
    """Trained on nothing else, the generator's lengths vary less, beside their mean."""
    toy = trainer(tiny.shrink(RUN, generator={**RUN.generator.model_dump(), "mixing": 0.0}))
    method = toy.method
    optimizer = torch.optim.Adam(method.model.parameters(), lr=1e-2)
    spreads = []
    for step in range(120):
        torch.manual_seed(step)
        loss = method.path_length(method.model, 32, None)
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
        relative = loss.sqrt() / (method.path_length.mean + 1e-6)
        spreads.append(float(relative.detach()))
    assert sum(spreads[-20:]) < 0.7 * sum(spreads[20:40])


def test_the_running_mean_is_part_of_the_state():
    method = build()
    method.path_length.mean.fill_(0.25)
    fresh = build()
    fresh.load_state_dict(method.state_dict())
    assert fresh.path_length.mean == 0.25
    assert build(regulariser=None).path_length is None


@pytest.mark.parametrize("kind", ["dcgan", "mlp", "resnet"])
def test_paths_need_styles(kind):
    fields = {"method": "gan", "data": "d", "domains": ["a"], "steps": 1}
    with pytest.raises(ValidationError, match="is of styles w, which generator: {kind: " + kind):
        load_run({**fields, "generator": {"kind": kind}, "regulariser": {"kind": "path_length"}})


# Sampling


@torch.no_grad()
def test_psi_moves_samples_towards_the_mean_style(model):
    def drawn(**options):
        return model.sample(64, torch.Generator().manual_seed(1), noise=0, **options)

    assert torch.equal(drawn(), drawn(psi=1.0))
    spread = [drawn(psi=psi).std(dim=0).mean().item() for psi in (1.0, 0.7, 0.3, 0.0)]
    assert spread == sorted(spread, reverse=True)
    alike = drawn(psi=0.0)
    expected = model.generator.synthesis(
        model.generator.mapping.mean.expand(1, model.layers, -1), "none"
    ).clamp(-1, 1)
    torch.testing.assert_close(alike, expected.expand(64, -1, -1, -1))


@torch.no_grad()
def test_noise_is_off_fresh_or_kept(model):
    w = model.to_w(torch.randn(1, model.latent)).expand(2, -1)
    model.to_w = lambda *_: w  # pictures of one w
    off, fresh, kept = (
        model.sample(2, torch.Generator().manual_seed(1), noise=value) for value in (0, 1, 2)
    )
    torch.testing.assert_close(off[0], off[1])
    torch.testing.assert_close(kept[0], kept[1])
    assert (fresh[0] - fresh[1]).abs().mean() > 0.01
    assert not torch.equal(off, kept)
    own = model.sample(2, torch.Generator().manual_seed(1))
    assert torch.equal(own, fresh)
    torch.testing.assert_close(model.of_w(w), kept)


def test_its_options_are_those_of_styles(model):
    assert model.options == (PSI, NOISE)
    assert model.defaults() == {PSI: 1.0, NOISE: 1}


@torch.no_grad()
def test_mixing_takes_coarse_of_one_and_fine_of_another(model):
    a, b = (model.to_w(torch.randn(1, model.latent)) for _ in range(2))
    torch.testing.assert_close(model.mix(a, b, model.layers), model.of_w(a))
    torch.testing.assert_close(model.mix(a, b, 0), model.of_w(b))
    mixed = model.mix(a, b, 2)
    ws = torch.stack([a] * 2 + [b] * (model.layers - 2), dim=1)
    torch.testing.assert_close(mixed, model.synthesise(ws))
    distance = [(mixed - of).abs().mean() for of in (model.of_w(a), model.of_w(b))]
    assert min(distance) > 1e-4


@torch.no_grad()
def test_decoding_repeats_and_is_bounded_for_pictures_alone():
    z = torch.randn(3, 4)
    for bounded in (True, False):
        spec = Spec(channels=1, height=16, width=24, bounded=bounded)
        network = RUN.generator.model_copy(update={"width": 4}).build(4, spec)
        model = lively(StyleGANModel(network, latent=4, classes=0, bounded=bounded))
        network.synthesis.to_samples[-1].bias += 3
        assert torch.equal(model.decode(z), model.decode(z))
        assert model.decode(z).shape == (3, 1, 16, 24)
        assert (float(model.decode(z).max()) > 1) is not bounded
        assert float(model.generate(z).max()) > 1  # what the discriminator sees is not clamped


def test_classes_are_told_to_both_networks():
    method, batch = build(conditional=True), tiny.batch_of(RUN)
    model, network = method.model, method.adversary.network
    assert model.classes == model.generator.mapping.classes == network.mapping.classes == 10
    for update in method.updates(batch, 0):
        assert torch.isfinite(update.loss)
    z = torch.randn(2, model.latent)
    model.eval()
    of_class = [model.decode(z, torch.full((2,), number)) for number in (0, 3)]
    assert torch.equal(model.decode(z), of_class[0])
    assert not torch.allclose(*of_class)
    four = torch.full((2,), 4)
    samples = [model.sample(2, torch.Generator().manual_seed(1), label) for label in (four, None)]
    assert not torch.equal(*samples)


def test_any_discriminator_will_do():
    method = build(discriminator={"kind": "resnet", "width": 4}, penalty={"kind": "none"})
    assert len(list(method.updates(tiny.batch_of(RUN), 0))) == 2
    other = build(generator={"kind": "resnet", "width": 4}, regulariser=None)
    assert len(list(other.updates(tiny.batch_of(RUN), 0))) == 2
