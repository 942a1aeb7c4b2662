"""HiFi-GAN: a vocoder that learns from recordings (Kong, Kim and Bae 2020)."""

from collections.abc import Iterator
from typing import Literal, Self

from pydantic import NonNegativeFloat, model_validator
from torch.optim import Optimizer

from pipeline.backbones.hifigan import HifiganParams
from pipeline.backbones.waveforms import Discriminators, PeriodsParams, ScalesParams
from pipeline.block import Block, Count, Side, Step
from pipeline.losses.adversarial import Adversarial
from pipeline.losses.matching import feature_matching
from pipeline.losses.spectral import mel_l1
from pipeline.methods.adversarial import AdversarialRunParams
from pipeline.methods.adversary import Adversary
from pipeline.methods.base import Losses, Method, Update
from pipeline.methods.optimisers import AdamWByDefaultParams, AdamWParams, ScheduleParams
from pipeline.methods.runs import VocoderRunParams
from pipeline.models.card import Pretrained
from pipeline.models.vocoder import VocoderModel
from pipeline.nn.weight_norm import weight_normed
from pipeline.samples import DatasetSpec, Vocoded


class HifiGANParams(VocoderRunParams, AdversarialRunParams):
    """The paper's values by default: V1, five periods, three scales, segments of 8,192 samples."""

    method: Literal["hifigan"]
    batch: Count = 16
    crop: Side = 32
    """Frames of a segment."""
    generator: HifiganParams = HifiganParams()
    periods: PeriodsParams = PeriodsParams()
    scales: ScalesParams = ScalesParams()
    loss: Adversarial = "least_squares"
    mel_weight: NonNegativeFloat = 45.0
    feature_weight: NonNegativeFloat = 2.0
    mel_alone: Step = 0
    """Steps at the beginning in which the mel loss alone teaches and no discriminator is asked:
    they cost most of a step, and a short run has other things to learn first."""
    optimizer: AdamWByDefaultParams = AdamWParams(beta1=0.8, beta2=0.99)
    discriminator_optimizer: AdamWByDefaultParams = AdamWParams(beta1=0.8, beta2=0.99)
    schedule: ScheduleParams = ScheduleParams(kind="exponential")

    @property
    def discriminators(self) -> tuple[Block, ...]:
        """Those of periods and of scales."""
        return (self.periods, self.scales)

    @model_validator(mode="after")
    def _keeps_time(self) -> Self:
        if self.generator.hop != self.convention.hop:
            raise ValueError(
                f"the generator's rates make {self.generator.hop} samples of a frame, but the "
                f"convention's hop is {self.convention.hop}"
            )
        if self.diffaugment:
            raise ValueError("diffaugment alters pictures, and the discriminators hear waveforms")
        return self

    @property
    def starts(self) -> dict[str, int]:
        """The discriminators' first step."""
        return {"mel_alone": self.mel_alone}

    def build_model(self, data: DatasetSpec, pretrained: Pretrained | None = None) -> VocoderModel:
        """Build the generator, without weight norm."""
        return VocoderModel(self.generator.build(self.convention.mels), self.convention)

    def build(self, data: DatasetSpec, pretrained: Pretrained | None = None) -> "HifiGAN":
        """Build the generator under weight norm, and its discriminators."""
        model = self.build_model(data)
        weight_normed(model)
        network = Discriminators(self.periods.build(), self.scales.build())
        # The discriminators treat each wave alone, so real and fake share a pass.
        return HifiGAN(self, model, self.build_adversary(network, joint=True, reduction="sum"))


class HifiGAN(Method[Vocoded]):
    """See `HifiGANParams`."""

    params: HifiGANParams
    model: VocoderModel

    def __init__(self, params: HifiGANParams, model: VocoderModel, adversary: Adversary) -> None:
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
        # The published sum over discriminators, logits and all (eq. 4).
        features = len(of_fake.layers) * feature_matching(of_fake.layers, of_real.layers)
        losses.add("features", features, self.params.feature_weight)
        losses.add("mel", mel, self.params.mel_weight)
        yield losses.update("generator")
