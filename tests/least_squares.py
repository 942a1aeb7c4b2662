"""The least-squares GAN by hand (Mao et al. 2017), for methods with a discriminator a domain."""

from torch import Tensor, nn


def by_hand(
    discriminators: tuple[nn.Module, nn.Module],
    real: tuple[Tensor, Tensor],
    fake: tuple[Tensor, Tensor],
) -> tuple[Tensor, Tensor]:
    """What the generators and the discriminators of both domains lose, in all."""
    of_real = [discriminator(x) for discriminator, x in zip(discriminators, real, strict=True)]
    of_fake = [discriminator(x) for discriminator, x in zip(discriminators, fake, strict=True)]
    fooled = sum((logits - 1).square().mean() for logits in of_fake)
    told = sum((logits - 1).square().mean() for logits in of_real)
    told = told + sum(logits.square().mean() for logits in of_fake)
    return fooled, told
