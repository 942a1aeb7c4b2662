"""Plain steps of the methods that translate pictures."""

import torch
from torch import Tensor, cat
from torch.nn.functional import l1_loss

from benchmarks.plain.stepping import Cast, Step, adam, freeze
from pipeline.losses.adversarial import discriminator_loss, generator_loss
from pipeline.losses.divergence import mean_kl
from pipeline.losses.matching import feature_matching
from pipeline.methods.cut import CUT
from pipeline.methods.cyclegan import CycleGAN
from pipeline.methods.pix2pix import Pix2Pix
from pipeline.methods.spade import SPADEMethod
from pipeline.methods.unit import UNIT
from pipeline.samples import Batch, Paired, Unpaired


def cyclegan_step(method: CycleGAN, cast: Cast) -> Step:
    """Build CycleGAN's step: generators, then both discriminators."""
    network_a, network_b = method.discriminator_a.network, method.discriminator_b.network
    generators = adam(method.to_a, method.to_b)
    discriminators = adam(network_a, network_b)

    def step(batch: Batch) -> Tensor:
        assert isinstance(batch, Unpaired)
        a, b = batch
        freeze([network_a, network_b], True)
        generators.zero_grad()
        with cast():
            fake_b, fake_a = method.to_b(a), method.to_a(b)
            back_a, back_b = method.to_a(fake_b), method.to_b(fake_a)
            same_b, same_a = method.to_b(b), method.to_a(a)
            loss = (
                generator_loss("least_squares", network_b(fake_b))
                + generator_loss("least_squares", network_a(fake_a))
                + 10 * (l1_loss(back_a, a) + l1_loss(back_b, b))
                + 5 * (l1_loss(same_a, a) + l1_loss(same_b, b))
            )
        loss.backward()
        generators.step()
        freeze([network_a, network_b], False)
        discriminators.zero_grad()
        for network, real, fake in (
            (network_a, a, method.pool_a(fake_a.detach())),
            (network_b, b, method.pool_b(fake_b.detach())),
        ):
            with cast():
                told = 0.5 * discriminator_loss("least_squares", network(real), network(fake))
            told.backward()
        discriminators.step()
        return loss.detach()

    return step


def pix2pix_step(method: Pix2Pix, cast: Cast) -> Step:
    """Build pix2pix's step: discriminator, then generator."""
    network = method.adversary.network
    generator, discriminator = adam(method.generator), adam(network)

    def step(batch: Batch) -> Tensor:
        assert isinstance(batch, Paired)
        source, target = batch
        freeze([network], False)
        discriminator.zero_grad()
        with cast():
            fake = method.generator(source)
            fake_logits = network(cat([source, fake.detach()], dim=1))
            real_logits = network(cat([source, target], dim=1))
            told = 0.5 * discriminator_loss("nonsaturating", real_logits, fake_logits)
        told.backward()
        discriminator.step()
        freeze([network], True)
        generator.zero_grad()
        with cast():
            fake_logits = network(cat([source, fake], dim=1))
            adversarial = generator_loss("nonsaturating", fake_logits)
            loss = adversarial + 100 * l1_loss(fake, target)
        loss.backward()
        generator.step()
        return loss.detach()

    return step


def cut_step(method: CUT, cast: Cast) -> Step:
    """Build CUT's step: discriminator, then generator with what describes places."""
    network = method.adversary.network
    generator, discriminator = adam(method.generator, method.head), adam(network)

    def step(batch: Batch) -> Tensor:
        assert isinstance(batch, Unpaired)
        a, b = batch
        with cast():
            fake, same = method.generator(cat([a, b])).chunk(2)
        freeze([network], False)
        discriminator.zero_grad()
        with cast():
            told = 0.5 * discriminator_loss("least_squares", network(b), network(fake.detach()))
        told.backward()
        discriminator.step()
        freeze([network], True)
        generator.zero_grad()
        with cast():
            contrast = 0.5 * (method.contrast(a, fake) + method.contrast(b, same))
            loss = generator_loss("least_squares", network(fake)) + contrast
        loss.backward()
        generator.step()
        return loss.detach()

    return step


def unit_step(method: UNIT, cast: Cast) -> Step:
    """Build UNIT's step: autoencoders, then both discriminators on translations made anew."""
    model = method.model
    network_a, network_b = method.discriminator_a.network, method.discriminator_b.network
    (encode_a, encode_b), (decode_a, decode_b) = (
        (networks[method.source], networks[method.target])
        for networks in (model.encoders, model.decoders)
    )
    autoencoders, discriminators = adam(model), adam(network_a, network_b)

    def step(batch: Batch) -> Tensor:
        assert isinstance(batch, Unpaired)
        a, b = batch
        freeze([network_a, network_b], True)
        autoencoders.zero_grad()
        with cast():
            mean_a, mean_b = model.latent.mean(encode_a(a)), model.latent.mean(encode_b(b))
            of_a, of_b = model.latent(mean_a), model.latent(mean_b)
            same_a, same_b = decode_a(of_a), decode_b(of_b)
            fake_a, fake_b = decode_a(of_b), decode_b(of_a)
            again_b, again_a = (
                model.latent.mean(encode_a(fake_a)),
                model.latent.mean(encode_b(fake_b)),
            )
            back_a, back_b = decode_a(model.latent(again_a)), decode_b(model.latent(again_b))
            loss = (
                generator_loss("nonsaturating", network_a(fake_a))
                + generator_loss("nonsaturating", network_b(fake_b))
                + 10 * (l1_loss(same_a, a) + l1_loss(same_b, b))
                + 10 * (l1_loss(back_a, a) + l1_loss(back_b, b))
                + 0.01 * (mean_kl(mean_a) + mean_kl(mean_b))
                + 0.01 * (mean_kl(again_a) + mean_kl(again_b))
            )
        loss.backward()
        autoencoders.step()
        freeze([network_a, network_b], False)
        discriminators.zero_grad()
        with cast():
            of_a = model.latent(model.latent.mean(encode_a(a)))
            of_b = model.latent(model.latent.mean(encode_b(b)))
            fake_a, fake_b = decode_a(of_b).detach(), decode_b(of_a).detach()
            told = discriminator_loss(
                "nonsaturating", network_a(a), network_a(fake_a)
            ) + discriminator_loss("nonsaturating", network_b(b), network_b(fake_b))
        told.backward()
        discriminators.step()
        return loss.detach()

    return step


def spade_step(method: SPADEMethod, cast: Cast) -> Step:
    """Build SPADE's step: generator, then the discriminators on a fake made anew."""
    network = method.adversary.network
    generator, discriminator = adam(method.generator), adam(network)

    def step(batch: Batch) -> Tensor:
        assert isinstance(batch, Paired)
        source, target = batch
        real = cat([source, target], dim=1)
        generator.zero_grad()
        with cast():
            fake = method.generator(source, None)
            fakes, reals = halves(network(cat([cat([source, fake], dim=1), real])))
            adversarial = [generator_loss("hinge", scale[-1]) for scale in fakes]
            matching = feature_matching([s[:-1] for s in fakes], [s[:-1] for s in reals])
            loss = torch.stack(adversarial).mean() + 10 * matching
        loss.backward()
        generator.step()
        discriminator.zero_grad()
        with cast():
            with torch.no_grad():
                fake = method.generator(source, None)
            fakes, reals = halves(network(cat([cat([source, fake], dim=1), real])))
            told = [
                discriminator_loss("hinge", ours[-1], theirs[-1])
                for ours, theirs in zip(reals, fakes, strict=True)
            ]
        torch.stack(told).mean().backward()
        discriminator.step()
        return loss.detach()

    return step


def halves(seen: list[list[Tensor]]) -> tuple[list[list[Tensor]], list[list[Tensor]]]:
    """Split the discriminators' outputs into those of a batch's first half and its second."""
    first, second = zip(
        *(zip(*(x.chunk(2) for x in scale), strict=True) for scale in seen), strict=True
    )
    return [list(scale) for scale in first], [list(scale) for scale in second]
