"""The yardstick: training steps written as the papers' public code writes them.

Eager, in the default memory layout, one pass a network and batch, gradients switched off by
``requires_grad``, default Adam; in fp32, or under bf16 autocast as torch's documentation has it.
The networks and the losses are those of the methods, so that only the way of stepping differs.
"""

from collections.abc import Callable, Iterable
from contextlib import AbstractContextManager

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
from pipeline.samples import Batch, Labelled, Pair

Step = Callable[[Batch], Tensor]
"""Takes one training step on a batch and returns the generator's (or model's) loss."""

Cast = Callable[[], AbstractContextManager[object]]
"""What a loss is computed under."""


def adam(*modules: nn.Module) -> Adam:
    """As public code builds it."""
    return Adam([p for m in modules for p in m.parameters()], lr=2e-4, betas=(0.5, 0.999))


def freeze(modules: Iterable[nn.Module], frozen: bool) -> None:
    """Switches gradients of networks off or on."""
    for module in modules:
        for parameter in module.parameters():
            parameter.requires_grad_(not frozen)


def cyclegan_step(method: CycleGAN, cast: Cast) -> Step:
    """CycleGAN's step: generators, then both discriminators."""
    judges = (method.judge_a, method.judge_b)
    generators = adam(method.to_a, method.to_b)
    discriminators = adam(*judges)

    def step(batch: Batch) -> Tensor:
        assert isinstance(batch, Pair)
        a, b = batch
        freeze(judges, True)
        generators.zero_grad()
        with cast():
            fake_b, fake_a = method.to_b(a), method.to_a(b)
            back_a, back_b = method.to_a(fake_b), method.to_b(fake_a)
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
            with cast():
                judged = 0.5 * discriminator_loss("least_squares", judge(real), judge(fake))
            judged.backward()
        discriminators.step()
        return loss.detach()

    return step


def pix2pix_step(method: Pix2Pix, cast: Cast) -> Step:
    """pix2pix's step: discriminator, then generator."""
    generator, discriminator = adam(method.generator), adam(method.discriminator)

    def step(batch: Batch) -> Tensor:
        assert isinstance(batch, Pair)
        source, target = batch
        freeze([method.discriminator], False)
        discriminator.zero_grad()
        with cast():
            fake = method.generator(source)
            fake_logits = method.judge(source, fake.detach())
            real_logits = method.judge(source, target)
            judged = 0.5 * discriminator_loss("nonsaturating", real_logits, fake_logits)
        judged.backward()
        discriminator.step()
        freeze([method.discriminator], True)
        generator.zero_grad()
        with cast():
            adversarial = generator_loss("nonsaturating", method.judge(source, fake))
            loss = adversarial + 100 * l1_loss(fake, target)
        loss.backward()
        generator.step()
        return loss.detach()

    return step


def gan_step(method: GAN, cast: Cast) -> Step:
    """DCGAN's step: discriminator on real, on fake, then generator."""
    generator, discriminator = adam(method.model), adam(method.discriminator)

    def step(batch: Batch) -> Tensor:
        assert isinstance(batch, Labelled)
        discriminator.zero_grad()
        with cast():
            fake = method.model.sample(len(batch.x))
            real_logits = method.discriminator(batch.x)
            fake_logits = method.discriminator(fake.detach())
            judged = discriminator_loss("nonsaturating", real_logits, fake_logits)
        judged.backward()
        discriminator.step()
        generator.zero_grad()
        with cast():
            loss = generator_loss("nonsaturating", method.discriminator(fake))
        loss.backward()
        generator.step()
        return loss.detach()

    return step


def vae_step(method: VAE, cast: Cast) -> Step:
    """One step of the negative ELBO."""
    optimizer = adam(method.model)

    def step(batch: Batch) -> Tensor:
        assert isinstance(batch, Labelled)
        optimizer.zero_grad()
        with cast():
            nll, kl = method.model.elbo(batch.x)
            loss = (nll + method.beta * kl).mean() / batch.x[0].numel()
        loss.backward()
        optimizer.step()
        return loss.detach()

    return step


def plain_step(method: Method, *, bf16: bool) -> Step:
    """The plain step of a method; KeyError for one that has none yet."""
    steps: dict[type, Callable[..., Step]] = {
        CycleGAN: cyclegan_step,
        Pix2Pix: pix2pix_step,
        GAN: gan_step,
        VAE: vae_step,
    }
    kind = next(method.parameters()).device.type
    return steps[type(method)](method, lambda: torch.autocast(kind, torch.bfloat16, bf16))
