"""Runs with discriminators, and which of their parts fit each other."""

from abc import ABC
from collections.abc import Sequence
from typing import TYPE_CHECKING, Self

from pydantic import Field, model_validator
from torch import nn

from pipeline.backbones.patch import PatchParams
from pipeline.block import Block
from pipeline.losses.adversarial import CROSS_ENTROPIES, Adversarial
from pipeline.methods.adversary import Adversary
from pipeline.methods.alteration import Alteration
from pipeline.methods.base import RunParams
from pipeline.methods.penalties import (
    ClipParams,
    ConsistencyParams,
    NoPenaltyParams,
    PenaltyParams,
)
from pipeline.nn.diffaugment import DiffAugment
from pipeline.samples import DatasetSpec

FREE = ("none", "consistency")
"""Kinds of penalties that leave a critic as steep as it likes."""


class AdversarialRunParams(RunParams, ABC):
    """A run with a discriminator, and which of its parts fit each other."""

    loss: Adversarial
    penalty: PenaltyParams = NoPenaltyParams()
    """On the discriminator's gradients or weights."""
    diffaugment: DiffAugment = ()
    """Alterations of samples before the discriminator sees them: for small sets."""
    smoothing: float = Field(0.0, ge=0, lt=0.5)
    """One-sided label smoothing: 0.1 makes the target of real samples 0.9."""

    if TYPE_CHECKING:  # a field of those that have one

        @property
        def discriminator(self) -> Block:
            """The parameters of the discriminator network, or of each where all are alike."""

    def check_data(self, data: DatasetSpec) -> None:
        """Raise ValueError where its parts do not fit a data set."""
        super().check_data(data)
        altering = {"diffaugment": self.diffaugment}
        if isinstance(self.penalty, ConsistencyParams):
            altering["penalty.alterations"] = self.penalty.alterations
        colours = next((key for key, kinds in altering.items() if "colour" in kinds), None)
        if colours and not all(data.specs[d].bounded for d in self.domains):
            raise ValueError(
                f"{colours}: found 'colour', which spectrograms have none of, allowed of sound: "
                "'translation', 'cutout'"
            )

        points = any(not spec.bounded and spec.width is not None for spec in data.specs.values())
        if self.diffaugment and points:
            raise ValueError(
                "diffaugment: it alters pictures or sound; points are read as they are"
            )

    @property
    def discriminators(self) -> tuple[Block, ...]:
        """The parameters of the discriminator networks, alike ones once."""
        return (self.discriminator,)

    @model_validator(mode="after")
    def _bounds_its_critic(self) -> Self:
        bounded = all(getattr(network, "bounds_slope", False) for network in self.discriminators)
        if self.loss == "wasserstein" and self.penalty.kind in FREE and not bounded:
            raise ValueError(
                "loss: wasserstein needs what bounds the critic: penalty: {kind: gradient}, {kind: "
                "r1}, {kind: r2}, {kind: r1_r2} or {kind: clip}, or spectral: true beside norm: "
                "none in a network of kind dcgan, mlp or resnet"
            )
        return self

    @model_validator(mode="after")
    def _smooths_a_target(self) -> Self:
        if self.smoothing and self.loss not in CROSS_ENTROPIES:
            raise ValueError(
                f"smoothing is of a probability's target, which loss: {self.loss} has none of; "
                f"allowed: {', '.join(CROSS_ENTROPIES)}"
            )
        return self

    @model_validator(mode="after")
    def _clips_what_counts(self) -> Self:
        divided = any(getattr(network, "spectral", False) for network in self.discriminators)
        if divided and isinstance(self.penalty, ClipParams):
            raise ValueError(
                "penalty: {kind: clip} limits weights that spectral: true divides by their own "
                "norm, whatever their size: leave one of the two out"
            )
        return self

    @model_validator(mode="after")
    def _keeps_samples_apart(self) -> Self:
        if isinstance(self.penalty, NoPenaltyParams | ClipParams | ConsistencyParams):
            return self
        # Batch norm is refused (Gulrajani et al. 2017, section 4): it divides every feature by what
        # the others are. `minibatch` only adds features of the batch to each sample's own:
        # progressive GANs have WGAN-GP beside the deviation (Karras et al. 2018), StyleGAN and
        # StyleGAN2 R1 (Karras et al. 2019, 2020b).
        if any(getattr(network, "norm", "") == "batch" for network in self.discriminators):
            raise ValueError(
                f"penalty: {{kind: {self.penalty.kind}}} is of each sample's own gradient, which "
                "norm: batch mixes with the others'; allowed in the discriminator: instance, none"
            )
        return self

    def build_adversary(
        self,
        network: nn.Module,
        *,
        joint: bool,
        weights: Sequence[float] | None = None,
        kind: type[Adversary] = Adversary,
    ) -> Adversary:
        """Put a discriminator network under the run's loss, penalty and augmentation.

        ``weights``: of several discriminators' losses in their sum; None: their mean. ``kind``: one
        that adds to the loss.
        """
        return kind(
            network,
            self.loss,
            joint=joint,
            penalty=self.penalty,
            alteration=self.build_alteration(),
            weights=weights,
            smoothing=self.smoothing,
        )

    def build_alteration(self) -> Alteration:
        """Build what samples go through before a discriminator sees them."""
        return Alteration(self.diffaugment)

    def build_patch_adversary(self, patch: PatchParams, channels: int) -> Adversary:
        """Build the discriminator of samples alone, of ``channels``, that sees patches."""
        return self.build_adversary(patch.build(channels), joint=patch.norm != "batch")
