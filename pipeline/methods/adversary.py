"""A discriminator together with what it is shown and what its verdicts cost."""

from torch import Tensor, nn

from pipeline.losses.adversarial import Adversarial, discriminator_loss, generator_loss, verdict
from pipeline.nn.diffaugment import DiffAugment, diff_augment
from pipeline.nn.passes import one_pass, own_passes


class Critic(nn.Module):
    """One discriminator of samples, under one adversarial loss."""

    def __init__(
        self,
        network: nn.Module,
        loss: Adversarial,
        *,
        together: bool,
        diffaugment: DiffAugment = (),
    ) -> None:
        """``together``: the network treats each sample alone, so batches may share a pass.

        ``diffaugment``: how samples, real and fake alike, are altered before it sees them.
        """
        super().__init__()
        self.network = network
        self.loss: Adversarial = loss
        self.through = one_pass if together else own_passes
        self.diffaugment: DiffAugment = diffaugment

    def forward(self, x: Tensor) -> Tensor:
        """float32 logits of samples [N, C, H, W] as they are."""
        logits: Tensor = self.network(x)
        return logits.float()

    def fool(self, fake: Tensor) -> Tensor:
        """What the generator of ``fake`` loses, a scalar."""
        return generator_loss(self.loss, self(*self.altered(fake)))

    def discriminate(
        self, real: Tensor, fake: Tensor, name: str = ""
    ) -> tuple[Tensor, dict[str, Tensor]]:
        """What the discriminator loses, a scalar, and what to log of it, as of ``name``."""
        shown = (*self.altered(real), *self.altered(fake))
        real_logits, fake_logits = (y.float() for y in self.through(self.network, *shown))
        loss = discriminator_loss(self.loss, real_logits, fake_logits)
        return loss, verdict(self.loss, real_logits, fake_logits, name)

    def altered(self, x: Tensor) -> tuple[Tensor, ...]:
        """Samples as the discriminator is shown them."""
        return diff_augment(self.diffaugment, x)
