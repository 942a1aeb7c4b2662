"""INCA with an adversary: voices translated frame by frame, to what the target's frames are like.

Erro, Moreno and Bonafonte 2010 (see `pipeline.losses.frames`) match converted frames to the
target's, train a conversion on the pairs, and begin anew with what it converts. Here both happen in
each step, on the target's samples of the last steps; and a discriminator (Goodfellow et al. 2014)
asks for frames that follow one another like the target's, which means of neighbours do not: they
are too smooth. What is said comes from the matches, so nothing has to be translated back, as in
CycleGAN-VC, and no network has to recognise it.
"""

from collections.abc import Iterator
from typing import Literal, Self

import torch
from pydantic import Field, NonNegativeFloat, PositiveFloat, model_validator
from torch import Tensor, lerp
from torch.optim import Optimizer

from pipeline.backbones.frames import FrameDiscriminatorsParams, FrameTranslatorParams
from pipeline.block import Count, Side, Step
from pipeline.losses.adversarial import Adversarial
from pipeline.losses.frames import (
    Matches,
    features_of,
    frame_matching,
    frames_of,
    match_frames,
)
from pipeline.methods.adversarial import AdversarialRunParams
from pipeline.methods.adversary import Adversaries
from pipeline.methods.base import Losses, Method, Update
from pipeline.methods.optimisers import AdamParams, EMAParams, OptimizerParams, ScheduleParams
from pipeline.methods.runs import TranslatorRunParams, check_sound
from pipeline.models.card import Pretrained
from pipeline.models.translators import GeneratorTranslator
from pipeline.nn.queue import SampleQueue
from pipeline.samples import DatasetSpec, Unpaired

ALONE = 300
"""Steps by matches alone in a run of twice as many or more."""


class INCAParams(TranslatorRunParams, AdversarialRunParams):
    """Values for WORLD's envelopes, ``{kind: world, features: envelope}``, of 5 ms a frame."""

    reads = Unpaired

    method: Literal["inca"]
    batch: Count = 8
    crop: Side | None = 128
    """Frames of a random chunk."""
    generator: FrameTranslatorParams = FrameTranslatorParams()
    discriminator: FrameDiscriminatorsParams = FrameDiscriminatorsParams()
    loss: Adversarial = "hinge"
    matching_weight: NonNegativeFloat = 5.0
    """Weight of the squared distances to matches, beside an adversarial loss of weight 1."""
    discriminator_start: Step | None = None
    """Steps by matches alone; None: `ALONE`, or half of them all where those are fewer."""
    queue: Count = Field(128, le=2**14)
    """Samples of the target, at least those of a batch, whose frames are neighbours."""
    neighbours: Count = Field(8, le=256)
    """Frames that a match is a mean of."""
    temperature: PositiveFloat = 0.1
    """Of the softmax that weighs them by distance; 0.25 is a usual one to the nearest."""
    context: int = Field(2, ge=0, le=16)
    """Frames on each side of a frame that it is compared by, too."""
    context_step: int = Field(3, ge=1, le=64)
    """Frames between two of those."""
    pooled_rows: int = Field(4, ge=1, le=64)
    """Rows that are averaged before frames are compared: a coarse spectrum says enough. 1 for
    mel-cepstra, which are no rows of neighbours."""
    anchor: float = Field(0.5, ge=0, le=1)
    """Place of what is compared with the target's frames, between the conversion (0) and its
    standardised source (1). At 0 a wrong match leads to the next one: words were lost."""
    optimizer: OptimizerParams = AdamParams(lr=5e-4, beta1=0.5, beta2=0.9)
    discriminator_optimizer: OptimizerParams = AdamParams(lr=3e-4, beta1=0.5, beta2=0.9)
    schedule: ScheduleParams = ScheduleParams(kind="linear")
    ema: EMAParams | None = EMAParams(decay=0.997)

    @model_validator(mode="after")
    def _compares_within_chunks(self) -> Self:
        reach = self.context * self.context_step
        if self.crop is not None and reach >= self.crop:
            raise ValueError(
                f"context: found {self.context} steps of {self.context_step} frames, allowed: "
                f"fewer than the frames of a chunk (crop), {self.crop}"
            )
        return self

    @property
    def starts(self) -> dict[str, int]:
        """The step at which the discriminators begin."""
        start = self.discriminator_start
        return {"discriminator_start": min(ALONE, self.steps // 2) if start is None else start}

    @property
    def offsets(self) -> tuple[int, ...]:
        """Frames from a frame to those that it is compared by."""
        return tuple(n * self.context_step for n in range(-self.context, self.context + 1))

    def build_model(
        self, data: DatasetSpec, pretrained: Pretrained | None = None
    ) -> GeneratorTranslator:
        """Build two generators, one for each direction.

        Raises ValueError where the samples are no frames of sound.
        """
        directions = self.both_directions
        check_sound(self.method, data)
        generators = {
            to: self.generator.build(data.specs[of].height) for to, (of,) in directions.items()
        }
        return GeneratorTranslator(generators, directions, mode="eval")

    def build(self, data: DatasetSpec, pretrained: Pretrained | None = None) -> "INCA":
        """Build the generators and the discriminators of each domain."""
        model = self.build_model(data)
        adversaries = Adversaries(
            {
                side: self.build_adversary(
                    self.discriminator.build(data.specs[name].height), joint=True
                )
                for side, name in zip("ab", self.domains, strict=True)
            }
        )
        return INCA(self, model, adversaries)


class INCA(Method[Unpaired]):
    """See `INCAParams`."""

    params: INCAParams
    model: GeneratorTranslator

    def __init__(
        self, params: INCAParams, model: GeneratorTranslator, adversaries: Adversaries
    ) -> None:
        """Take ``adversaries`` named a and b: of the source's domain and of the target's."""
        super().__init__(params, model)
        self.to_b, self.to_a = model.generator(params.target), model.generator(params.source)
        self.adversaries = adversaries
        self.queue_a, self.queue_b = SampleQueue(params.queue), SampleQueue(params.queue)

    def optimizers(self) -> dict[str, Optimizer]:
        """Build ``generators`` (both) and ``discriminators`` (of both domains)."""
        return {
            "generators": self.params.optimizer.build(self.to_a, self.to_b),
            "discriminators": self.params.discriminator_optimizer.build(self.adversaries),
        }

    def updates(self, batch: Unpaired, step: int) -> Iterator[Update]:
        """Yield the generators' update, then the discriminators' on the same translations."""
        a, b = batch
        fake_b, fake_a = self.to_b(a), self.to_a(b)
        losses = Losses()
        match_b = self.match(a, fake_b, b, self.queue_b)
        match_a = self.match(b, fake_a, a, self.queue_a)
        matching = frame_matching(fake_b, match_b, b) + frame_matching(fake_a, match_a, a)
        losses.add("matching", matching, self.params.matching_weight)
        losses.log(distance=(match_a.distance + match_b.distance) / 2)
        opposed = step >= self.params.starts["discriminator_start"]
        if opposed:
            against_b = self.adversaries["b"].generator_loss(fake_b, real=b)
            against_a = self.adversaries["a"].generator_loss(fake_a, real=a)
            losses.add("adversarial", against_a + against_b)
        yield losses.update("generators")

        if opposed:
            real, fake = {"a": a, "b": b}, {"a": fake_a.detach(), "b": fake_b.detach()}
            loss, logs = self.adversaries.discriminator_loss(real, fake, step)
            yield Update("discriminators", loss, logs)
            self.adversaries.clip()

    @torch.no_grad()
    def match(self, source: Tensor, fake: Tensor, target: Tensor, queue: SampleQueue) -> Matches:
        """Match the frames of translations to those of ``target`` and of its samples before.

        All are samples [N, 1, C, T]; ``fake`` are the translations of ``source``.
        """
        params, known = self.params, queue.push(target)
        with torch.autocast(source.device.type, enabled=False):  # for ranks of small differences
            of_fake, of_source, keys = (
                features_of(x, params.offsets, params.pooled_rows) for x in (fake, source, known)
            )
            return match_frames(
                lerp(of_fake, of_source, params.anchor),
                keys,
                frames_of(known),
                newest=len(target) * target.shape[3],
                neighbours=params.neighbours,
                temperature=params.temperature,
            )
