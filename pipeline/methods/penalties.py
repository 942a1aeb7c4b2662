"""Penalties on a discriminator by kind: on its gradients, or on its weights."""

from typing import Annotated, Literal

import torch
from pydantic import Field, NonNegativeFloat, PositiveFloat
from torch import Tensor

from pipeline.block import Block, Steps
from pipeline.losses.penalty import Logits, gradient_penalty, interpolate, zero_centred_penalty
from pipeline.nn.diffaugment import DiffAugment


class NoPenaltyParams(Block):
    """No penalty."""

    kind: Literal["none"] = "none"


class GradientPenaltyParams(Block):
    """Holds the norm of gradients between real and fake samples near a target (WGAN-GP)."""

    kind: Literal["gradient"] = "gradient"
    weight: PositiveFloat = 10.0
    target: NonNegativeFloat = 1.0
    one_sided: bool = False
    """Leave smaller norms alone."""
    every: Steps = 1
    """Steps between two penalties, each counted so many times (lazy regularisation)."""


class ZeroCentredPenaltyParams(Block):
    """Presses gradients to 0 at real samples (R1), at fakes (R2) or at both (Mescheder 2018)."""

    kind: Literal["r1", "r2", "r1_r2"]
    gamma: PositiveFloat = 10.0
    """Twice the weight of the mean squared norm."""
    every: Steps = 1
    """Steps between two penalties, each counted so many times; 16 in StyleGAN2."""


class ClipParams(Block):
    """Clamps the discriminator's weights after each of its steps (WGAN)."""

    kind: Literal["clip"] = "clip"
    limit: PositiveFloat = 0.01


class ConsistencyParams(Block):
    """Asks for the same logits of a sample and of an altered one (Zhang et al. 2020, CR-GAN).

    It bounds nothing, so a Wasserstein loss needs more.
    """

    kind: Literal["consistency"] = "consistency"
    weight: PositiveFloat = 10.0
    fakes: bool = False
    """Of fakes too (Zhao et al. 2021, bCR)."""
    alterations: DiffAugment = Field(("translation",), min_length=1)
    """Changes that must not matter. CR-GAN mirrors and moves pictures."""
    every: Steps = 1
    """Steps between two penalties, each counted so many times."""


PenaltyParams = Annotated[
    NoPenaltyParams
    | GradientPenaltyParams
    | ZeroCentredPenaltyParams
    | ClipParams
    | ConsistencyParams,
    Field(discriminator="kind"),
]


Place = tuple[Logits, Tensor]
"""A discriminator as a function of samples, and the samples [N, C, H, W] to measure it at."""


def compute_penalty(
    penalty: GradientPenaltyParams | ZeroCentredPenaltyParams, real: Place, fake: Place
) -> tuple[Tensor, Tensor]:
    """Compute a weighted penalty and the mean norm of the gradients that it saw: scalars."""
    if isinstance(penalty, GradientPenaltyParams):
        logits_of, between = real[0], interpolate(real[1], fake[1])
        value, norm = gradient_penalty(
            logits_of, between, target=penalty.target, one_sided=penalty.one_sided
        )
        return penalty.weight * value, norm
    places = {"r1": [real], "r2": [fake], "r1_r2": [real, fake]}[penalty.kind]
    values, norms = zip(*(zero_centred_penalty(*place) for place in places), strict=True)
    return 0.5 * penalty.gamma * torch.stack(values).sum(), torch.stack(norms).mean()
