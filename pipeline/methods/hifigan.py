"""HiFi-GAN: a vocoder that learns from recordings (Kong, Kim and Bae 2020)."""

from typing import Literal

from pydantic import NonNegativeFloat

from pipeline.backbones.hifigan import HifiganParams
from pipeline.backbones.waveforms import Discriminators, ScalesParams
from pipeline.block import Block, Side
from pipeline.losses.adversarial import Adversarial
from pipeline.methods.optimisers import AdamWByDefaultParams, AdamWParams, ScheduleParams
from pipeline.methods.vocoder import AdversarialVocoder, AdversarialVocoderRunParams
from pipeline.models.card import Pretrained
from pipeline.nn.weight_norm import weight_normed
from pipeline.samples import DatasetSpec


class HifiGANParams(AdversarialVocoderRunParams):
    """The paper's values by default: V1, five periods, three scales, segments of 8,192 samples."""

    method: Literal["hifigan"]
    crop: Side = 32
    """Frames of a segment."""
    generator: HifiganParams = HifiganParams()
    scales: ScalesParams = ScalesParams()
    loss: Adversarial = "least_squares"
    feature_weight: NonNegativeFloat = 2.0
    optimizer: AdamWByDefaultParams = AdamWParams(beta1=0.8, beta2=0.99)
    discriminator_optimizer: AdamWByDefaultParams = AdamWParams(beta1=0.8, beta2=0.99)
    schedule: ScheduleParams = ScheduleParams(kind="exponential")

    @property
    def discriminators(self) -> tuple[Block, ...]:
        """Those of periods and of scales."""
        return (self.periods, self.scales)

    def build(self, data: DatasetSpec, pretrained: Pretrained | None = None) -> "HifiGAN":
        """Build the generator under weight norm, and its discriminators."""
        model = self.build_model(data)
        weight_normed(model)
        network = Discriminators(periods=self.periods.build(), scales=self.scales.build())
        # The published sum over discriminators, of features too, logits and all (eq. 4).
        weights = [1.0] * (len(self.periods.periods) + self.scales.scales)
        return HifiGAN(self, model, self.build_wave_adversary(network, weights))


class HifiGAN(AdversarialVocoder):
    """See `HifiGANParams`."""
