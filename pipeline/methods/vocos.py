"""Vocos: a vocoder of spectra, which a processor can train (Siuzdak 2023).

The losses are those of its published code (gemelo-ai/vocos, ``experiment.py``): clamped hinges
averaged over the discriminators of periods, plus 0.1 of their average over those of resolutions,
and features alike, without the first layer of each.
"""

from typing import Literal, Self

from pydantic import NonNegativeFloat, model_validator

from pipeline.backbones.resolutions import ResolutionsParams
from pipeline.backbones.vocos import VocosParams
from pipeline.backbones.waveforms import Discriminators
from pipeline.block import Block, Side
from pipeline.losses.adversarial import Adversarial
from pipeline.methods.optimisers import AdamWByDefaultParams, AdamWParams, ScheduleParams
from pipeline.methods.vocoder import AdversarialVocoder, AdversarialVocoderRunParams
from pipeline.models.card import Pretrained
from pipeline.samples import DatasetSpec

UNMATCHED = 1
"""Layers at the beginning of each discriminator whose features are not matched."""


class VocosRunParams(AdversarialVocoderRunParams):
    """The published values by default: segments of 16,384 samples, cosine to zero.

    The published frames are those of ``convention: vocos_24k``. ``mel_alone`` is what its code
    calls pretrain_mel_steps, 0 as there.
    """

    method: Literal["vocos"]
    crop: Side = 64
    """Frames of a segment."""
    generator: VocosParams = VocosParams()
    resolutions: ResolutionsParams = ResolutionsParams()
    loss: Adversarial = "clamped_hinge"
    feature_weight: NonNegativeFloat = 1.0
    resolutions_weight: NonNegativeFloat = 0.1
    """Of the discriminators of resolutions, of all that is made of them; periods have 1."""
    optimizer: AdamWByDefaultParams = AdamWParams(lr=5e-4, beta1=0.8, beta2=0.9)
    discriminator_optimizer: AdamWByDefaultParams = AdamWParams(lr=5e-4, beta1=0.8, beta2=0.9)
    schedule: ScheduleParams = ScheduleParams(kind="cosine")

    @model_validator(mode="after")
    def _hears_enough(self) -> Self:
        samples = self.crop * self.convention.hop
        if samples < self.resolutions.shortest:
            raise ValueError(
                f"crop: found {self.crop} frames of {self.convention.hop} samples, but resolutions "
                f"with a window of {max(self.resolutions.windows)} need "
                f"{self.resolutions.shortest} samples"
            )
        return self

    @property
    def discriminators(self) -> tuple[Block, ...]:
        """Those of periods and of resolutions."""
        return (self.periods, self.resolutions)

    def build(self, data: DatasetSpec, pretrained: Pretrained | None = None) -> "VocosMethod":
        """Build the generator and its discriminators."""
        periods, resolutions = self.periods.build(skip=UNMATCHED), self.resolutions.build()
        network = Discriminators(periods=periods, resolutions=resolutions)
        counts = (len(self.periods.periods), len(self.resolutions.windows))
        weights = [
            weight / count
            for weight, count in zip((1.0, self.resolutions_weight), counts, strict=True)
            for _ in range(count)
        ]
        return VocosMethod(
            self, self.build_model(data), self.build_wave_adversary(network, weights)
        )


class VocosMethod(AdversarialVocoder):
    """See `VocosRunParams`."""
