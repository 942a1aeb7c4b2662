"""MaskCycleGAN-VC and CycleGAN-VC2: voices turned into each other, from unaligned recordings.

Kaneko et al. 2021 (arXiv:2102.12841) and 2019 (arXiv:1904.04631). Beyond CycleGAN both have
discriminators of what was translated there and back (the two-step adversarial loss: L1 alone
smooths it), and keep the identity loss for the first steps only. MaskCycleGAN-VC also hides frames
of its input, which the translator fills in from those around them, and so learns how frames follow
one another without a further network or loss.
"""

from collections.abc import Iterator
from typing import Literal, Self

import torch
from pydantic import Field, NonNegativeFloat, model_validator
from torch import Tensor, cat, nn
from torch.nn.functional import l1_loss
from torch.optim import Optimizer

from pipeline.backbones.mask_cyclegan_vc import GatedPatchParams, TwoOneTwoParams
from pipeline.block import Side, Step
from pipeline.losses.adversarial import Adversarial
from pipeline.methods.adversarial import AdversarialRunParams
from pipeline.methods.adversary import Adversaries
from pipeline.methods.base import Losses, Method, Update
from pipeline.methods.optimisers import AdamParams, OptimizerParams, ScheduleParams
from pipeline.methods.runs import TranslatorRunParams, check_sound
from pipeline.models.card import Pretrained
from pipeline.models.translators import GeneratorTranslator
from pipeline.samples import DatasetSpec, Unpaired


class MaskCycleGANVCParams(TranslatorRunParams, AdversarialRunParams):
    """MaskCycleGAN-VC's values by default, for 400,000 steps.

    CycleGAN-VC2 differs in two: ``mask_frames: 0`` and ``crop: 128``. It was published on 36
    mel-cepstra in frames of 5 ms, with pitch moved and aperiodicity carried over beside them, which
    data sets of ``convention: {kind: world, features: mel_cepstrum}`` have; on mel spectrograms it
    is as Kaneko et al. 2020 and 2021 compare it.
    """

    reads = Unpaired

    method: Literal["mask_cyclegan_vc"]
    crop: Side | None = 64
    """Frames of a random chunk."""
    chunk: int | None = Field(None, ge=8, le=2**20, multiple_of=4)
    """Frames that finished models convert at a time (`translate_in_chunks`); null, as in the
    papers: whole clips. Worth ``crop`` where that is a fraction of a second."""
    mask_frames: int = Field(32, ge=0, le=2**16)
    """The most frames in a row that are hidden from each sample, drawn evenly from 0 on; fewer than
    ``crop``. 0: no mask, nor a channel for it, which is CycleGAN-VC2."""
    generator: TwoOneTwoParams = TwoOneTwoParams()
    discriminator: GatedPatchParams = GatedPatchParams()
    """Each of the four: two for translations, two for what came back."""
    loss: Adversarial = "least_squares"
    cycle_weight: NonNegativeFloat = 10.0
    identity_weight: NonNegativeFloat = 5.0
    """Weight of |G(b) - b|: keeps what is said."""
    identity_steps: Step = 10_000
    """Steps after which the identity loss is left out: it is there to set out in the right way."""
    stretch: float = Field(1.0, ge=1)
    """The most that the numbers of mel bands are multiplied or divided by, at random, before a
    sample goes in for the identity loss: |G(stretched b) - b|. Another vocal tract looks much like
    that, so the loss asks to undo it instead of holding the generators where they are, and may
    weigh more. After the vocal tract length perturbation of Jaitly & Hinton 2013, but in bands, so
    frequencies above 1,000 Hz move further. 1, as in the papers: not at all."""
    optimizer: OptimizerParams = AdamParams()
    discriminator_optimizer: OptimizerParams = AdamParams(lr=1e-4)
    schedule: ScheduleParams = ScheduleParams(kind="linear")

    @model_validator(mode="after")
    def _leaves_frames_to_fill_in_from(self) -> Self:
        if self.crop is not None and self.mask_frames >= self.crop:
            raise ValueError(
                f"mask_frames: found {self.mask_frames}, allowed: fewer than the frames of a "
                f"chunk (crop), {self.crop}"
            )
        return self

    def build_model(
        self, data: DatasetSpec, pretrained: Pretrained | None = None
    ) -> GeneratorTranslator:
        """Build two generators, one for each direction, that are shown every frame.

        Raises ValueError where the samples are no spectrograms that they take.
        """
        directions = self.both_directions
        check_sound(self.method, data)
        generators = {
            to: self.generator.build(data.specs[of].height, masked=self.mask_frames > 0)
            for to, (of,) in directions.items()
        }
        return GeneratorTranslator(generators, directions, mode="eval", chunk=self.chunk)

    def build(self, data: DatasetSpec, pretrained: Pretrained | None = None) -> "MaskCycleGANVC":
        """Build the generators and two discriminators for each domain."""
        model = self.build_model(data)
        adversaries = Adversaries(
            {
                name: self.build_adversary(self.discriminator.build(), joint=True)
                for name in DISCRIMINATORS
            }
        )
        return MaskCycleGANVC(self, model, adversaries)


DISCRIMINATORS = ("a", "b", "cycled_a", "cycled_b")
"""The discriminators: of translations to a and b, and of a and b there and back."""


class MaskCycleGANVC(Method[Unpaired]):
    """See `MaskCycleGANVCParams`."""

    params: MaskCycleGANVCParams
    model: GeneratorTranslator

    def __init__(
        self,
        params: MaskCycleGANVCParams,
        model: GeneratorTranslator,
        adversaries: Adversaries,
    ) -> None:
        """Take ``adversaries`` by the names of `DISCRIMINATORS`."""
        super().__init__(params, model)
        self.to_b, self.to_a = model.generator(params.target), model.generator(params.source)
        self.adversaries = adversaries

    def optimizers(self) -> dict[str, Optimizer]:
        """Build ``generators`` (both) and ``discriminators`` (all four)."""
        return {
            "generators": self.params.optimizer.build(self.to_a, self.to_b),
            "discriminators": self.params.discriminator_optimizer.build(self.adversaries),
        }

    def updates(self, batch: Unpaired, step: int) -> Iterator[Update]:
        """Yield the generators' update, then the discriminators' on the same translations."""
        a, b = batch
        identify = self.params.identity_weight > 0 and step < self.params.identity_steps
        fake_b, same_b = self.translate(self.to_b, a, b if identify else None)
        fake_a, same_a = self.translate(self.to_a, b, a if identify else None)
        cycled_a, cycled_b = self.to_a(fake_b), self.to_b(fake_a)  # every frame is there by now
        shown = {"a": fake_a, "b": fake_b, "cycled_a": cycled_a, "cycled_b": cycled_b}
        real = {"a": a, "b": b, "cycled_a": a, "cycled_b": b}
        against = {
            name: self.adversaries[name].generator_loss(x, real=real[name])
            for name, x in shown.items()
        }
        losses = Losses()
        losses.add("adversarial", against["a"] + against["b"])
        losses.add("adversarial_cycled", against["cycled_a"] + against["cycled_b"])
        cycle = l1_loss(cycled_a.float(), a) + l1_loss(cycled_b.float(), b)
        losses.add("cycle", cycle, self.params.cycle_weight)
        if same_a is not None and same_b is not None:
            identity = l1_loss(same_a.float(), a) + l1_loss(same_b.float(), b)
            losses.add("identity", identity, self.params.identity_weight)
        yield losses.update("generators")

        fake = {name: x.detach() for name, x in shown.items()}
        loss, logs = self.adversaries.discriminator_loss(real, fake, step)
        yield Update("discriminators", 0.5 * loss, logs)  # at half weight, as CycleGAN's
        self.adversaries.clip()

    def translate(
        self, generator: nn.Module, source: Tensor, target: Tensor | None
    ) -> tuple[Tensor, Tensor | None]:
        """Translate ``source``, some of its frames hidden, and ``target``, whole and stretched.

        Both go through in one pass, since instance norm treats each sample alone.
        """
        mask = self.draw_mask(source)
        if target is None:
            return generator(source, mask), None
        masks = None if mask is None else cat([mask, torch.ones_like(mask)])
        most = self.params.stretch
        if most > 1:
            target = stretched(target, draw_factors(len(target), most, target.device))
        fake, same = generator(cat([source, target]), masks).chunk(2)
        return fake, same

    def draw_mask(self, x: Tensor) -> Tensor | None:
        """Draw a `filling_in_mask` for samples [N, 1, M, T]; None where nothing is ever hidden."""
        longest = self.params.mask_frames
        return filling_in_mask(len(x), x.shape[3], longest, x.device) if longest else None


def filling_in_mask(count: int, frames: int, longest: int, device: torch.device) -> Tensor:
    """Draw masks [count, 1, 1, frames]: 0 in one stretch of each row, of 0 to ``longest`` frames,
    1 elsewhere.

    Lengths, and places where a stretch of that length fits, are equally likely (Kaneko et al.
    2021, section 3). ``longest`` is at most ``frames``.
    """
    length = torch.randint(longest + 1, (count, 1), device=device)
    start = (torch.rand(count, 1, device=device) * (frames - length + 1)).long()
    place = torch.arange(frames, device=device)
    hidden = (place >= start) & (place < start + length)
    return (~hidden).float()[:, None, None, :]


def draw_factors(count: int, most: float, device: torch.device) -> Tensor:
    """Draw [count] factors from 1 / ``most`` to ``most``, their logarithms equally likely."""
    exponent = 2 * torch.rand(count, device=device) - 1
    return torch.pow(most, exponent)


def stretched(x: Tensor, factors: Tensor) -> Tensor:
    """Move what is in band m of samples [N, 1, M, T] to band m * factor, counted from 1; factors
    [N] above 0.

    Slaney's bands are even in frequency up to 1,000 Hz, where frequencies are multiplied, too, and
    beyond in its logarithm, where they move further. Bands that nothing is moved to have the values
    of the lowest or highest.
    """
    bands = x.shape[2]
    centres = torch.arange(1, bands + 1, device=x.device)  # in steps between bands above 0 Hz
    origin = (centres / factors[:, None] - 1).clamp(0, bands - 1)  # [N, M]
    place = origin[:, None, :, None].expand(-1, x.shape[1], -1, x.shape[3])
    below = place.long()
    above = (below + 1).clamp(max=bands - 1)
    return torch.lerp(x.gather(2, below), x.gather(2, above), place - below)
