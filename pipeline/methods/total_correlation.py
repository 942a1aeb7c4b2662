"""A VAE's total correlation by kind: estimated from the batch, or by a discriminator of codes."""

from typing import Annotated, Literal

from pydantic import Field, PositiveFloat
from torch import Tensor, nn

from pipeline.backbones.mlp import hidden_layers
from pipeline.block import Block, Layers, Width, default_kind
from pipeline.losses.adversarial import discriminator_loss
from pipeline.losses.total_correlation import permute_numbers
from pipeline.methods.base import Update
from pipeline.methods.optimisers import AdamParams, OptimizerParams

OPTIMIZER = "code_discriminator"


class MinibatchTCParams(Block):
    """Estimates it from the batch (Chen et al. 2018: beta-TC-VAE)."""

    kind: Literal["minibatch"] = "minibatch"
    weight: PositiveFloat = 5.0
    """Beside the one that the KL term has within it: their beta, 6 on sprites, less 1."""


class DiscriminatorTCParams(Block):
    """Estimates it by a discriminator, of codes and of codes with shuffled numbers (FactorVAE).

    A discriminator's logits are log q(z) - log prod_d q(z_d) where it is best, so their mean over
    codes is the total correlation (Kim & Mnih 2018, eq. 3). Each step reads two batches: one for
    the VAE, and one whose codes are shuffled.
    """

    kind: Literal["discriminator"]
    weight: PositiveFloat = 6.4
    """Their gamma: 35 on sprites, 6.4 on faces."""
    width: Width = 1000
    layers: Layers = 5
    """Hidden layers, with leaky ReLU."""
    optimizer: OptimizerParams = AdamParams(lr=1e-4, beta1=0.5, beta2=0.9)


TotalCorrelationParams = Annotated[
    MinibatchTCParams | DiscriminatorTCParams,
    Field(discriminator="kind"),
    default_kind("minibatch"),
]


class CodeDiscriminator(nn.Module):
    """Tells codes [N, Z] from codes whose numbers are independent, by logits [N]."""

    def __init__(self, latent: int, *, width: int, layers: int) -> None:
        super().__init__()
        hidden = hidden_layers(latent, width, layers, nn.LeakyReLU(0.2))
        self.layers = nn.Sequential(*hidden, nn.Linear(width, 1))

    def forward(self, z: Tensor) -> Tensor:
        """Compute the logits of being codes as they are."""
        logits: Tensor = self.layers(z)
        return logits.squeeze(1).float()

    def update(self, z: Tensor, others: Tensor) -> Update:
        """Ask for a step on codes [N, Z], and on others [N, Z], whose numbers are shuffled.

        Kim & Mnih 2018, algorithm 2: the mean of the two halves of the cross-entropy.
        """
        codes, shuffled = self(z), self(permute_numbers(others))
        loss = 0.5 * discriminator_loss("nonsaturating", codes, shuffled)
        accuracy = 0.5 * ((codes > 0).float().mean() + (shuffled < 0).float().mean())
        return Update(OPTIMIZER, loss, {"code_accuracy": accuracy})
