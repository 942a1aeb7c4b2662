"""The least-squares GAN by hand (Mao et al. 2017), for methods with a discriminator a domain."""

from torch import Tensor

from pipeline.methods.adversary import Adversary


def by_hand(
    discriminators: tuple[Adversary, Adversary],
    real: tuple[Tensor, Tensor],
    fake: tuple[Tensor, Tensor],
) -> tuple[Tensor, Tensor]:
    """What the generators and the discriminators of both domains lose, in all."""
    of_real = [d.network(x) for d, x in zip(discriminators, real, strict=True)]
    of_fake = [d.network(x) for d, x in zip(discriminators, fake, strict=True)]
    fooled = sum((logits - 1).square().mean() for logits in of_fake)
    told = sum((logits - 1).square().mean() for logits in of_real)
    told = told + sum(logits.square().mean() for logits in of_fake)
    return fooled, told
