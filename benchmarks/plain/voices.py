"""Plain steps of the methods that work on sound."""

import torch
from torch import Tensor
from torch.nn.functional import l1_loss

from benchmarks.plain.stepping import Cast, Step, adam, freeze
from pipeline.losses.adversarial import discriminator_loss, generator_loss
from pipeline.losses.frames import frame_matching
from pipeline.losses.matching import feature_matching
from pipeline.losses.spectral import mel_l1
from pipeline.methods.adain_vc import AdaINVC
from pipeline.methods.inca import INCA
from pipeline.methods.mask_cyclegan_vc import DISCRIMINATORS, MaskCycleGANVC
from pipeline.methods.vocoder import AdversarialVocoder
from pipeline.samples import Batch, Labelled, Unpaired, Vocoded


def adain_vc_step(method: AdaINVC, cast: Cast) -> Step:
    """Build AdaIN-VC's step: a copy of each chunk beside its own speaker's embedding."""
    model = method.model
    networks = adam(model)

    def step(batch: Batch) -> Tensor:
        assert isinstance(batch, Labelled)
        x = batch.x.squeeze(1)
        networks.zero_grad()
        with cast():
            mean = model.content(x)
            code = mean + torch.randn_like(mean)
            lost = l1_loss(model.decoder(code, model.speaker(x)), x)
            loss = 10 * lost + 0.01 * 0.5 * (mean**2).mean()
        loss.backward()
        networks.step()
        return loss.detach()

    return step


def inca_step(method: INCA, cast: Cast) -> Step:
    """Build INCA's step: generators by matches and discriminators, then these."""
    networks = {side: method.adversaries[side].network for side in "ab"}
    generators, discriminators = adam(method.to_a, method.to_b), adam(*networks.values())

    def step(batch: Batch) -> Tensor:
        assert isinstance(batch, Unpaired)
        a, b = batch
        freeze(networks.values(), True)
        generators.zero_grad()
        with cast():
            fakes = {"a": method.to_a(b), "b": method.to_b(a)}
            match_b = method.match(a, fakes["b"], b, method.queue_b)
            match_a = method.match(b, fakes["a"], a, method.queue_a)
            adversarial = [
                generator_loss("hinge", logits) / 2
                for side, fake in fakes.items()
                for (logits,) in networks[side](fake)
            ]
            matched = frame_matching(fakes["b"], match_b, b)
            matched = matched + frame_matching(fakes["a"], match_a, a)
            loss = torch.stack(adversarial).sum() + method.params.matching_weight * matched
        loss.backward()
        generators.step()
        freeze(networks.values(), False)
        discriminators.zero_grad()
        for side, real in (("a", a), ("b", b)):
            with cast():
                pairs = zip(networks[side](real), networks[side](fakes[side].detach()), strict=True)
                told = [discriminator_loss("hinge", x, y) / 2 for (x,), (y,) in pairs]
            torch.stack(told).sum().backward()
        discriminators.step()
        return loss.detach()

    return step


def mask_cyclegan_vc_step(method: MaskCycleGANVC, cast: Cast) -> Step:
    """Build MaskCycleGAN-VC's step: generators, then all four discriminators."""
    networks = {name: method.adversaries[name].network for name in DISCRIMINATORS}
    generators, discriminators = adam(method.to_a, method.to_b), adam(*networks.values())

    def step(batch: Batch) -> Tensor:
        assert isinstance(batch, Unpaired)
        a, b = batch
        freeze(networks.values(), True)
        generators.zero_grad()
        with cast():
            fake_b, fake_a = (
                method.to_b(a, method.draw_mask(a)),
                method.to_a(b, method.draw_mask(b)),
            )
            back_a, back_b = method.to_a(fake_b), method.to_b(fake_a)
            same_b, same_a = method.to_b(b), method.to_a(a)
            fakes = {"a": fake_a, "b": fake_b, "cycled_a": back_a, "cycled_b": back_b}
            adversarial = [
                generator_loss("least_squares", networks[name](x)) for name, x in fakes.items()
            ]
            loss = (
                torch.stack(adversarial).sum()
                + 10 * (l1_loss(back_a, a) + l1_loss(back_b, b))
                + 5 * (l1_loss(same_a, a) + l1_loss(same_b, b))
            )
        loss.backward()
        generators.step()
        freeze(networks.values(), False)
        discriminators.zero_grad()
        reals = {"a": a, "b": b, "cycled_a": a, "cycled_b": b}
        for name, fake in fakes.items():
            network = networks[name]
            with cast():
                told = discriminator_loss(
                    "least_squares", network(reals[name]), network(fake.detach())
                )
            (0.5 * told).backward()
        discriminators.step()
        return loss.detach()

    return step


def vocoder_step(method: AdversarialVocoder, cast: Cast) -> Step:
    """Build HiFi-GAN's or Vocos's step: discriminators, then the generator."""
    network, loss_kind = method.adversary.network, method.params.loss
    weights = method.adversary.weights
    assert weights is not None
    generator, discriminators = adam(method.model), adam(network)

    def step(batch: Batch) -> Tensor:
        assert isinstance(batch, Vocoded)
        real = batch.wave[:, None]
        with cast():
            fake = method.model.vocode(batch.frames)[:, None]
        discriminators.zero_grad()
        with cast():
            pairs = zip(network(real), network(fake.detach()), strict=True)
            told = torch.stack(
                [
                    weight * discriminator_loss(loss_kind, ours[-1], of[-1])
                    for weight, (ours, of) in zip(weights, pairs, strict=True)
                ]
            ).sum()
        told.backward()
        discriminators.step()
        generator.zero_grad()
        with cast():
            of_real, of_fake = network(real), network(fake)
            adversarial = [
                weight * generator_loss(loss_kind, layers[-1])
                for weight, layers in zip(weights, of_fake, strict=True)
            ]
            features = feature_matching(of_fake, of_real, weights)
            loss = torch.stack(adversarial).sum() + method.params.feature_weight * features
        loss = loss + 45 * mel_l1(fake[:, 0].float(), batch.wave, method.loss_convention)
        loss.backward()
        generator.step()
        return loss.detach()

    return step
