"""The yardstick: training steps written as the papers' public code writes them.

Eager fp32 in the default memory layout, one pass a network and batch, gradients switched off by
``requires_grad``, default Adam. The networks and the losses are those of the methods, so that only
the way of stepping differs.
"""

from collections.abc import Callable, Iterable

import torch
from torch import Tensor, nn
from torch.nn.functional import l1_loss
from torch.optim import Adam

from pipeline.losses.adversarial import discriminator_loss, generator_loss
from pipeline.methods.base import Method
from pipeline.methods.cyclegan import CycleGAN
from pipeline.methods.gan import GAN
from pipeline.methods.pix2pix import Pix2Pix
from pipeline.methods.vae import VAE
from pipeline.samples import Labelled, Pair

Step = Callable[[], Tensor]
"""Takes one training step and returns the generator's (or model's) loss."""


def adam(*modules: nn.Module) -> Adam:
    """As public code builds it."""
    return Adam([p for m in modules for p in m.parameters()], lr=2e-4, betas=(0.5, 0.999))


def freeze(modules: Iterable[nn.Module], frozen: bool) -> None:
    """Switches gradients of networks off or on."""
    for module in modules:
        for parameter in module.parameters():
            parameter.requires_grad_(not frozen)


def cyclegan_step(method: CycleGAN, batch: Pair) -> Step:
    """CycleGAN's step: generators, then both discriminators."""
    judges = (method.judge_a, method.judge_b)
    generators = adam(method.to_a, method.to_b)
    discriminators = adam(*judges)

    def step() -> Tensor:
        a, b = batch
        fake_b, fake_a = method.to_b(a), method.to_a(b)
        back_a, back_b = method.to_a(fake_b), method.to_b(fake_a)
        freeze(judges, True)
        generators.zero_grad()
        same_b, same_a = method.to_b(b), method.to_a(a)
        loss = (
            generator_loss("least_squares", method.judge_b(fake_b))
            + generator_loss("least_squares", method.judge_a(fake_a))
            + 10 * (l1_loss(back_a, a) + l1_loss(back_b, b))
            + 5 * (l1_loss(same_a, a) + l1_loss(same_b, b))
        )
        loss.backward()
        generators.step()
        freeze(judges, False)
        discriminators.zero_grad()
        for judge, real, fake in (
            (method.judge_a, a, method.pool_a(fake_a.detach())),
            (method.judge_b, b, method.pool_b(fake_b.detach())),
        ):
            (0.5 * discriminator_loss("least_squares", judge(real), judge(fake))).backward()
        discriminators.step()
        return loss.detach()

    return step


def pix2pix_step(method: Pix2Pix, batch: Pair) -> Step:
    """pix2pix's step: discriminator, then generator."""
    generator, discriminator = adam(method.generator), adam(method.discriminator)

    def step() -> Tensor:
        source, target = batch
        fake = method.generator(source)
        freeze([method.discriminator], False)
        discriminator.zero_grad()
        fake_logits = method.judge(source, fake.detach())
        real_logits = method.judge(source, target)
        (0.5 * discriminator_loss("nonsaturating", real_logits, fake_logits)).backward()
        discriminator.step()
        freeze([method.discriminator], True)
        generator.zero_grad()
        adversarial = generator_loss("nonsaturating", method.judge(source, fake))
        loss = adversarial + 100 * l1_loss(fake, target)
        loss.backward()
        generator.step()
        return loss.detach()

    return step


def gan_step(method: GAN, batch: Labelled) -> Step:
    """DCGAN's step: discriminator on real, on fake, then generator."""
    generator, discriminator = adam(method.model), adam(method.discriminator)

    def step() -> Tensor:
        discriminator.zero_grad()
        fake = method.model.sample(len(batch.x))
        real_logits = method.discriminator(batch.x)
        fake_logits = method.discriminator(fake.detach())
        discriminator_loss("nonsaturating", real_logits, fake_logits).backward()
        discriminator.step()
        generator.zero_grad()
        loss = generator_loss("nonsaturating", method.discriminator(fake))
        loss.backward()
        generator.step()
        return loss.detach()

    return step


def vae_step(method: VAE, batch: Labelled) -> Step:
    """One step of the negative ELBO."""
    optimizer = adam(method.model)

    def step() -> Tensor:
        optimizer.zero_grad()
        nll, kl = method.model.elbo(batch.x)
        loss = (nll + method.beta * kl).mean() / batch.x[0].numel()
        loss.backward()
        optimizer.step()
        return loss.detach()

    return step


def plain_step(method: Method, batch: Pair | Labelled) -> Step:
    """The plain step of a method; KeyError for one that has none yet."""
    torch.manual_seed(0)
    steps: dict[type, Callable[..., Step]] = {
        CycleGAN: cyclegan_step,
        Pix2Pix: pix2pix_step,
        GAN: gan_step,
        VAE: vae_step,
    }
    return steps[type(method)](method, batch)
