"""HiFi-GAN: a vocoder that learns from recordings (Kong, Kim and Bae 2020)."""

from collections.abc import Iterable, Iterator
from typing import Literal, Self

import torch
from pydantic import NonNegativeFloat, NonNegativeInt, PositiveInt, model_validator
from torch import Tensor, cat, nn, no_grad
from torch.optim import Optimizer

from pipeline.backbones.hifigan import HifiganParams
from pipeline.backbones.waveforms import Features, PeriodsParams, ScalesParams
from pipeline.capabilities import Vocoder
from pipeline.codecs.spectrogram import MelConvention
from pipeline.losses.adversarial import Adversarial, discriminator_loss, generator_loss, verdict
from pipeline.losses.matching import feature_matching
from pipeline.losses.spectral import mel_l1
from pipeline.methods.base import AdamWParams, Method, ScheduleParams, Update, VocoderRunParams
from pipeline.nn.weight_norm import weight_normed
from pipeline.samples import Batch, Spec, Vocoded


class HifiGANParams(VocoderRunParams):
    """The paper's values by default: V1, five periods, three scales, segments of 8,192 samples."""

    method: Literal["hifigan"]
    batch: PositiveInt = 16
    crop: PositiveInt = 32
    """Frames of a segment."""
    generator: HifiganParams = HifiganParams()
    periods: PeriodsParams = PeriodsParams()
    scales: ScalesParams = ScalesParams()
    loss: Adversarial = "least_squares"
    mel_weight: NonNegativeFloat = 45.0
    feature_weight: NonNegativeFloat = 2.0
    mel_alone: NonNegativeInt = 0
    """Steps at the beginning in which the mel loss alone teaches and no discriminator is asked:
    they cost most of a step, and a short run has other things to learn first."""
    optimizer: AdamWParams = AdamWParams(beta1=0.8, beta2=0.99)
    discriminator_optimizer: AdamWParams = AdamWParams(beta1=0.8, beta2=0.99)
    schedule: ScheduleParams = ScheduleParams(kind="exponential")

    @model_validator(mode="after")
    def _keeps_time(self) -> Self:
        if self.generator.hop != self.convention.hop:
            raise ValueError(
                f"the generator's rates make {self.generator.hop} samples of a frame, but the "
                f"convention's hop is {self.convention.hop}"
            )
        return self

    def build_model(self, specs: dict[str, Spec], classes: tuple[str, ...]) -> "VocoderModel":
        """The generator, without weight norm."""
        return VocoderModel(self.generator.build(self.convention.mels), self.convention)

    def build(self, specs: dict[str, Spec], classes: tuple[str, ...]) -> "HifiGAN":
        """The generator under weight norm, and its discriminators."""
        model = self.build_model(specs, classes)
        weight_normed(model)
        return HifiGAN(
            model,
            self.periods.build(),
            self.scales.build(),
            loss=self.loss,
            mel_weight=self.mel_weight,
            feature_weight=self.feature_weight,
            mel_alone=self.mel_alone,
            adam=self.optimizer,
            discriminator_adam=self.discriminator_optimizer,
        )


class VocoderModel(nn.Module, Vocoder):
    """A generator of waveforms and what the frames that it takes mean."""

    def __init__(self, generator: nn.Module, convention: MelConvention) -> None:
        """``generator``: [N, M, T] -> [N, 1, T * hop]."""
        super().__init__()
        self.generator = generator
        self.convention = convention

    def vocode(self, frames: Tensor) -> Tensor:
        """Log-mel frames [N, M, T] -> waveforms [N, T * hop] in [-1, 1]."""
        wave: Tensor = self.generator(frames).squeeze(1)
        return wave


class HifiGAN(Method):
    """See `HifiGANParams`; batches are `Vocoded`."""

    def __init__(
        self,
        model: VocoderModel,
        periods: nn.Module,
        scales: nn.Module,
        *,
        loss: Adversarial,
        mel_weight: float,
        feature_weight: float,
        mel_alone: int,
        adam: AdamWParams,
        discriminator_adam: AdamWParams,
    ) -> None:
        super().__init__()
        self.model: VocoderModel = model
        self.periods, self.scales = periods, scales
        self.loss: Adversarial = loss
        self.mel_weight, self.feature_weight = mel_weight, feature_weight
        self.mel_alone = mel_alone
        self.adam, self.discriminator_adam = adam, discriminator_adam
        # All frequencies count, also those that the frames don't show (fmax_for_loss, published).
        convention = model.convention
        self.heard = convention.model_copy(update={"fmax": convention.rate / 2})

    def optimizers(self) -> dict[str, Optimizer]:
        """``generator`` and ``discriminators`` (all of them)."""
        return {
            "generator": self.adam.build(self.model),
            "discriminators": self.discriminator_adam.build(self.periods, self.scales),
        }

    def updates(self, batch: Batch, step: int) -> Iterator[Update]:
        """The discriminators' update, then the generator's on the same fakes."""
        assert isinstance(batch, Vocoded)
        real = batch.wave
        fake = self.model.vocode(batch.frames).float()
        mel = mel_l1(fake, real, self.heard)
        if step < self.mel_alone:
            yield Update("generator", self.mel_weight * mel, {"mel": mel})
            return
        yield self.discriminate(real, fake.detach())

        with no_grad():
            of_real = self.logits(real)
        of_fake = self.logits(fake)
        adversarial = total(generator_loss(self.loss, j[-1].float()) for j in of_fake)
        # The published sum over discriminators, logits and all (eq. 4).
        features = len(of_fake) * feature_matching(of_fake, of_real)
        yield Update(
            "generator",
            adversarial + self.feature_weight * features + self.mel_weight * mel,
            {"adversarial": adversarial, "features": features, "mel": mel},
        )

    def discriminate(self, real: Tensor, fake: Tensor) -> Update:
        """The discriminators' losses on waves [N, samples], summed."""
        outputs = self.logits(cat([real, fake]))  # each wave is told alone, so in one pass
        logits = [features[-1].float().chunk(2) for features in outputs]
        loss = total(discriminator_loss(self.loss, ours, theirs) for ours, theirs in logits)
        verdicts = [verdict(self.loss, ours, theirs) for ours, theirs in logits]
        means = {name: torch.stack([v[name] for v in verdicts]).mean() for name in verdicts[0]}
        return Update("discriminators", loss, means)

    def logits(self, wave: Tensor) -> list[Features]:
        """What every discriminator makes of waves [N, samples]."""
        outputs: list[Features] = self.periods(wave[:, None]) + self.scales(wave[:, None])
        return outputs


def total(losses: Iterable[Tensor]) -> Tensor:
    """The sum of scalars."""
    return torch.stack(list(losses)).sum()
