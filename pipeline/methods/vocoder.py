"""The base of vocoders that learn against discriminators (HiFi-GAN, Vocos)."""

from abc import ABC
from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING, Protocol, Self

from pydantic import NonNegativeFloat, model_validator
from torch import nn
from torch.optim import Optimizer

from pipeline.backbones.waveforms import Discriminators, PeriodsParams
from pipeline.block import Count, Step
from pipeline.losses.matching import feature_matching
from pipeline.losses.spectral import mel_l1
from pipeline.methods.adversarial import AdversarialRunParams
from pipeline.methods.adversary import Adversary
from pipeline.methods.base import Losses, Method, Update
from pipeline.methods.optimisers import OptimizerParams
from pipeline.methods.penalties import ConsistencyParams
from pipeline.methods.runs import VocoderRunParams
from pipeline.models.card import Pretrained
from pipeline.models.vocoder import VocoderModel
from pipeline.samples import DatasetSpec, Vocoded


class WaveGeneratorParams(Protocol):
    """The parameters of a generator of waves."""

    @property
    def hop(self) -> int:
        """Samples a frame."""

    def build(self, mels: int) -> nn.Module:
        """Build a network of [N, mels, T] -> [N, 1, T * hop]."""


class AdversarialVocoderRunParams(VocoderRunParams, AdversarialRunParams, ABC):
    """A generator of waves, discriminators of waves, and the weights of their losses."""

    batch: Count = 16
    periods: PeriodsParams = PeriodsParams()
    mel_weight: NonNegativeFloat = 45.0
    feature_weight: NonNegativeFloat
    mel_alone: Step = 0
    """Steps at the beginning in which the mel loss alone teaches and no discriminator is asked:
    they cost most of a step, and a short run has other things to learn first."""

    if TYPE_CHECKING:  # fields of each, with defaults of its own

        @property
        def generator(self) -> WaveGeneratorParams: ...

        @property
        def optimizer(self) -> OptimizerParams: ...

        @property
        def discriminator_optimizer(self) -> OptimizerParams: ...

    @model_validator(mode="after")
    def _keeps_time(self) -> Self:
        if self.generator.hop != self.convention.hop:
            raise ValueError(
                f"the generator makes {self.generator.hop} samples of a frame, but the "
                f"convention's hop is {self.convention.hop}"
            )
        consistent = isinstance(self.penalty, ConsistencyParams)
        if self.diffaugment or consistent:
            kind = "penalty: {kind: consistency}" if consistent else "diffaugment"
            raise ValueError(f"{kind} alters pictures, and the discriminators hear waveforms")
        return self

    @property
    def starts(self) -> dict[str, int]:
        """The discriminators' first step."""
        return {"mel_alone": self.mel_alone}

    def build_model(self, data: DatasetSpec, pretrained: Pretrained | None = None) -> VocoderModel:
        """Build the generator, without weight norm."""
        return VocoderModel(self.generator.build(self.convention.mels), self.convention)

    def build_wave_adversary(self, network: Discriminators, weights: Sequence[float]) -> Adversary:
        """Build the adversary of discriminators that weigh as they are told in every sum.

        They treat each wave alone, so real and fake share a pass.
        """
        return self.build_adversary(network, joint=True, weights=weights)


class AdversarialVocoder(Method[Vocoded]):
    """A vocoder that learns from mel frames, discriminators and their features.

    Minimises mel_weight L_mel + sum_k w_k (L_adversarial,k + feature_weight L_features,k) over
    discriminators k, whose weights w_k are those of ``adversary``.
    """

    params: AdversarialVocoderRunParams
    model: VocoderModel

    def __init__(
        self, params: AdversarialVocoderRunParams, model: VocoderModel, adversary: Adversary
    ) -> None:
        super().__init__(params, model)
        self.adversary = adversary
        # All frequencies count, also those that the frames don't show (fmax_for_loss, published).
        convention = model.convention
        self.loss_convention = convention.model_copy(update={"fmax": convention.rate / 2})

    def optimizers(self) -> dict[str, Optimizer]:
        """Build ``generator`` and ``discriminators`` (all of them)."""
        return {
            "generator": self.params.optimizer.build(self.model),
            "discriminators": self.params.discriminator_optimizer.build(self.adversary),
        }

    def updates(self, batch: Vocoded, step: int) -> Iterator[Update]:
        """Yield the discriminators' update, then the generator's on the same fakes."""
        fake = self.model.vocode(batch.frames).float()
        mel = mel_l1(fake, batch.wave, self.loss_convention)
        losses = Losses()
        if step < self.params.mel_alone:
            losses.add("mel", mel, self.params.mel_weight)
            yield losses.update("generator")
            return
        real, heard = batch.wave[:, None], fake[:, None]
        yield Update(
            "discriminators", *self.adversary.discriminator_loss(real, heard.detach(), step)
        )
        self.adversary.clip()

        of_real, of_fake = self.adversary.outputs_to_match(real, heard)
        losses.add("adversarial", self.adversary.generator_loss_of(of_fake, of_real))
        features = feature_matching(of_fake.layers, of_real.layers, self.adversary.weights)
        losses.add("features", features, self.params.feature_weight)
        losses.add("mel", mel, self.params.mel_weight)
        yield losses.update("generator")
