"""Promises of pix2pix, on a latent or without, beyond what every method is tested for."""

import tiny
import torch
from by_hand import kl
from torch.nn.functional import softplus

from pipeline.backbones.vae import Vae
from pipeline.methods.pix2pix import Pix2Pix
from pipeline.methods.registry import load_run

RUN, LATENT = tiny.runs()["pix2pix"], tiny.runs()["pix2pix_vae"]
RESNET = {"kind": "resnet", "width": 2, "blocks": 1}


def build(run=RUN, **changes: object) -> Pix2Pix:
    method = tiny.build(tiny.shrink(run, **changes))
    assert isinstance(method, Pix2Pix)
    return method


def test_defaults_are_the_papers():
    run = load_run({"method": "pix2pix", "data": "d", "source": "a", "target": "b", "steps": 1})
    assert (run.l1_weight, run.loss, run.inference) == (100, "nonsaturating", "train")
    assert (run.generator.kind, run.generator.depth) == ("unet", 8)
    for adam in (run.optimizer, run.discriminator_optimizer):
        assert (adam.kind, adam.lr, adam.beta1, adam.beta2) == ("adam", 2e-4, 0.5, 0.999)


def test_it_translates_in_the_mode_that_it_declares():
    unet = {"kind": "unet", "width": 2, "depth": 6}
    x = torch.randn(2, 3, 64, 64)
    noisy = build(generator=unet, inference="train").model.eval()
    assert not torch.equal(noisy.translate(x, RUN.target), noisy.translate(x, RUN.target))
    quiet = build(generator=unet, inference="eval").model.train()
    assert torch.equal(quiet.translate(x, RUN.target), quiet.translate(x, RUN.target))


def test_losses_by_hand():
    method, (a, b) = build(l1_weight=7, generator=RESNET), tiny.batch_of(RUN)
    network = method.adversary.network
    with torch.no_grad():  # no optimiser steps, so both updates see the same weights
        fake = method.generator(a)
        real_logits = network(torch.cat([a, b], dim=1))
        fake_logits = network(torch.cat([a, fake], dim=1))
    first, second = method.updates(tiny.batch_of(RUN), 0)
    assert (first.optimizer, second.optimizer) == ("discriminator", "generator")
    expected = 0.5 * (softplus(-real_logits).mean() + softplus(fake_logits).mean())
    torch.testing.assert_close(first.loss, expected)
    expected = softplus(-fake_logits).mean() + 7 * (fake - b).abs().mean()
    torch.testing.assert_close(second.loss, expected)


# On a latent


def test_it_weighs_its_latents_divergence():
    method, (a, b) = build(LATENT, l1_weight=7, kl_weight=3), tiny.batch_of(LATENT)
    generator = method.generator
    assert isinstance(generator, Vae)
    torch.manual_seed(3)
    with torch.no_grad():
        mean = generator.latent.before(generator.encoder(a))
        fake = generator.decoder(generator.latent.after(mean + torch.randn(mean.shape)))
        logits = method.adversary.network(torch.cat([a, fake], dim=1))
    torch.manual_seed(3)
    _, update = method.updates(tiny.batch_of(LATENT), 0)
    torch.testing.assert_close(update.logs["kl"], kl(mean))
    expected = softplus(-logits).mean() + 7 * (fake - b).abs().mean() + 3 * kl(mean)
    torch.testing.assert_close(update.loss, expected)


def test_without_a_latent_it_weighs_none():
    method = build(LATENT, kl_weight=1e6, generator=RESNET)
    _, update = method.updates(tiny.batch_of(LATENT), 0)
    assert set(update.logs) == {"adversarial", "l1"}
    torch.testing.assert_close(
        update.loss, update.logs["adversarial"] + method.params.l1_weight * update.logs["l1"]
    )


def test_it_draws_from_its_latent_at_inference_only_where_it_says_so():
    x = tiny.batch_of(LATENT).a
    for mode, alike in (("train", False), ("eval", True)):
        model = build(LATENT, inference=mode).model.eval()
        found = [model.translate(x, LATENT.target) for _ in range(2)]
        assert torch.equal(*found) == alike
