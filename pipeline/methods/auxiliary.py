"""The adversary of ACGAN, whose discriminator also classifies (Odena et al. 2017)."""

from torch import Tensor

from pipeline.methods.adversary import Adversary
from pipeline.methods.discriminator_outputs import Outputs


class AuxiliaryAdversary(Adversary):
    """An `Adversary` that adds how ill samples are classified to its own loss.

    L_C = E -log P(C = c | x_real) + E -log P(C = c | x_fake) joins what the discriminator
    minimises, and its second half what the generator minimises. The network is an
    `AuxiliaryClassifier`, which has measured and weighed both.
    """

    def discriminator_loss_of(
        self, real: Outputs, fake: Outputs, name: str = ""
    ) -> tuple[Tensor, dict[str, Tensor]]:
        """Add the cross-entropies of real samples and of fakes, and log both."""
        loss, logs = super().discriminator_loss_of(real, fake, name)
        of_real, of_fake = class_loss(real), class_loss(fake)
        return loss + of_real + of_fake, logs | {"class_real": of_real, "class_fake": of_fake}

    def generator_loss_of(self, fake: Outputs, real: Outputs | None = None) -> Tensor:
        """Add the cross-entropy of the fakes."""
        return super().generator_loss_of(fake, real) + class_loss(fake)


def class_loss(outputs: Outputs) -> Tensor:
    """Average the cross-entropies that an `AuxiliaryClassifier` has measured."""
    ((losses, _),) = outputs.layers
    return losses.mean()
