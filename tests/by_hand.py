"""Losses that several methods share, worked out another way than the methods do."""

from torch import Tensor
from torch.distributions import Normal, kl_divergence

from pipeline.methods.adversary import Adversary


def least_squares(
    discriminators: tuple[Adversary, Adversary],
    real: tuple[Tensor, Tensor],
    fake: tuple[Tensor, Tensor],
) -> tuple[Tensor, Tensor]:
    """Add up the losses of both domains' generators and discriminators (Mao et al. 2017)."""
    of_real = [d.network(x) for d, x in zip(discriminators, real, strict=True)]
    of_fake = [d.network(x) for d, x in zip(discriminators, fake, strict=True)]
    adversarial = sum((logits - 1).square().mean() for logits in of_fake)
    told = sum((logits - 1).square().mean() for logits in of_real)
    told = told + sum(logits.square().mean() for logits in of_fake)
    return adversarial, told


def kl(mean: Tensor) -> Tensor:
    """The KL divergence of a unit Gaussian about ``mean`` from the standard normal, a value."""
    return kl_divergence(Normal(mean, 1.0), Normal(0.0, 1.0)).mean()
