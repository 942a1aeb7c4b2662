"""CUT: a translator in one direction that keeps what is where, unaligned (Park et al. 2020)."""

from collections.abc import Iterator
from typing import Literal

import torch
from pydantic import Field, NonNegativeFloat
from torch import Tensor
from torch.optim import Optimizer

from pipeline.backbones.patch import PatchParams
from pipeline.backbones.projection import ProjectionHead
from pipeline.backbones.resnet import Resnet, ResnetParams
from pipeline.block import Count, Width
from pipeline.losses.adversarial import Adversarial
from pipeline.losses.contrastive import patch_nce
from pipeline.methods.adversarial import AdversarialRunParams
from pipeline.methods.adversary import Adversary
from pipeline.methods.base import Losses, Method, Update
from pipeline.methods.optimisers import AdamParams, OptimizerParams, ScheduleParams
from pipeline.methods.runs import TranslatorRunParams
from pipeline.models.card import Pretrained
from pipeline.models.translators import GeneratorTranslator
from pipeline.nn.passes import one_pass, own_passes
from pipeline.samples import DatasetSpec, Unpaired


class CUTParams(TranslatorRunParams, AdversarialRunParams):
    """The paper's values by default; half of CycleGAN's networks, and no way back is learnt."""

    reads = Unpaired

    method: Literal["cut"]
    generator: ResnetParams = ResnetParams()
    """That of the public code is antialiased: ``downsample: blur`` and ``upsample: blur``."""
    discriminator: PatchParams = PatchParams(norm="instance")
    loss: Adversarial = "least_squares"
    contrast_weight: NonNegativeFloat = 1.0
    """Weight of the contrastive loss; 10 in FastCUT."""
    contrast_identity: bool = True
    """Also asks that the target's own samples come out as they went in; False in FastCUT."""
    num_patches: Count = 256
    """Patches of a sample that are told apart at each depth."""
    features: Width = 256
    """Numbers that describe a patch."""
    temperature: float = Field(0.07, gt=0)
    optimizer: OptimizerParams = AdamParams()
    discriminator_optimizer: OptimizerParams = AdamParams()
    schedule: ScheduleParams = ScheduleParams(kind="linear")

    def build_model(
        self, data: DatasetSpec, pretrained: Pretrained | None = None
    ) -> GeneratorTranslator:
        """Build one generator, source to target."""
        source, target = data.specs[self.source], data.specs[self.target]
        generator = self.generator.build(source.channels, target.channels, target.bounded)
        return GeneratorTranslator({self.target: generator}, self.direction, mode="eval")

    def build(self, data: DatasetSpec, pretrained: Pretrained | None = None) -> "CUT":
        """Build the generator, its discriminator and the head that describes patches.

        Raises ValueError where the domains differ in channels: the generator's own encoder must
        take both.
        """
        source, target = (data.specs[name].channels for name in self.domains)
        if source != target:
            raise ValueError(
                f"cut compares inputs with outputs, but {self.source} has {source} channel(s) and "
                f"{self.target} has {target}"
            )
        model = self.build_model(data)
        adversary = self.build_patch_adversary(self.discriminator, target)
        generator = model.generator(self.target)
        assert isinstance(generator, Resnet)
        head = ProjectionHead(generator.tap_channels, self.features, self.num_patches)
        return CUT(self, model, generator, adversary, head)


class CUT(Method[Unpaired]):
    """See `CUTParams`."""

    params: CUTParams
    model: GeneratorTranslator

    def __init__(
        self,
        params: CUTParams,
        model: GeneratorTranslator,
        generator: Resnet,
        adversary: Adversary,
        head: ProjectionHead,
    ) -> None:
        super().__init__(params, model)
        self.generator, self.adversary, self.head = generator, adversary, head
        # A generator that treats each sample alone takes two batches in one pass.
        self.through = one_pass if params.generator.norm != "batch" else own_passes

    def optimizers(self) -> dict[str, Optimizer]:
        """Build ``generator`` (with the head that describes patches) and ``discriminator``."""
        return {
            "generator": self.params.optimizer.build(self.generator, self.head),
            "discriminator": self.params.discriminator_optimizer.build(self.adversary),
        }

    def updates(self, batch: Unpaired, step: int) -> Iterator[Update]:
        """Yield the discriminator's update at half weight, then the generator's on its fakes."""
        a, b = batch
        inputs = [a, b] if self.params.contrast_identity else [a]
        outputs = self.through(self.generator, *inputs)
        fake = outputs[0]
        loss, logs = self.adversary.discriminator_loss(b, fake.detach(), step)
        yield Update("discriminator", 0.5 * loss, logs)
        self.adversary.clip()
        adversarial = self.adversary.generator_loss(fake, real=b)
        contrasts = [self.contrast(x, y) for x, y in zip(inputs, outputs, strict=True)]
        weight = self.params.contrast_weight / len(contrasts)
        losses = Losses()
        losses.add("adversarial", adversarial)
        for name, contrast in zip(("contrast", "contrast_identity"), contrasts, strict=False):
            losses.add(name, contrast, weight)
        yield losses.update("generator")

    def contrast(self, source: Tensor, output: Tensor) -> Tensor:
        """Compute how well patches of ``source`` are known again in ``output``, over all depths."""
        with torch.no_grad():
            known = self.generator.taps(source)
            patches = self.head.choose(known)
        keys = self.head(known, patches)
        queries = self.head(self.generator.taps(output), patches)
        losses = [
            patch_nce(query, key, self.params.temperature)
            for query, key in zip(queries, keys, strict=True)
        ]
        return torch.stack(losses).mean()
