"""CUT: a translator in one direction that keeps what is where, unaligned (Park et al. 2020)."""

from collections.abc import Iterator
from typing import Literal

import torch
from pydantic import Field, NonNegativeFloat, PositiveInt
from torch import Tensor, nn
from torch.optim import Optimizer

from pipeline.backbones.patch import PatchParams
from pipeline.backbones.resnet import Resnet, ResnetParams
from pipeline.losses.adversarial import Adversarial
from pipeline.losses.contrastive import patch_nce
from pipeline.methods.adversary import Critic
from pipeline.methods.base import (
    AdamParams,
    Method,
    ScheduleParams,
    TranslatorRunParams,
    Update,
)
from pipeline.models.translators import GeneratorTranslator
from pipeline.nn.diffaugment import DiffAugment
from pipeline.nn.passes import one_pass, own_passes
from pipeline.samples import Batch, Pair, Spec


class CUTParams(TranslatorRunParams):
    """The paper's values by default; half of CycleGAN's networks, and no way back is learnt."""

    reads = "unaligned"

    method: Literal["cut"]
    generator: ResnetParams = ResnetParams()
    discriminator: PatchParams = PatchParams(norm="instance")
    loss: Adversarial = "least_squares"
    contrast_weight: NonNegativeFloat = 1.0
    """Weight of the contrastive loss; 10 in FastCUT."""
    contrast_identity: bool = True
    """Also asks that the target's own samples come out as they went in; False in FastCUT."""
    places: PositiveInt = 256
    """Places of a sample that are told apart at each depth."""
    features: PositiveInt = 256
    """Numbers that describe a place."""
    temperature: float = Field(0.07, gt=0)
    diffaugment: DiffAugment = ()
    """How samples are altered before the discriminator sees them: for small sets."""
    optimizer: AdamParams = AdamParams()
    discriminator_optimizer: AdamParams = AdamParams()
    schedule: ScheduleParams = ScheduleParams(kind="linear")

    def build_model(self, specs: dict[str, Spec], classes: tuple[str, ...]) -> GeneratorTranslator:
        """One generator, source to target."""
        source, target = specs[self.source], specs[self.target]
        generator = self.generator.build(source.channels, target.channels, target.bounded)
        return GeneratorTranslator(
            {self.target: generator}, {self.target: self.source}, mode="eval"
        )

    def build(self, specs: dict[str, Spec], classes: tuple[str, ...]) -> "CUT":
        """The generator, its discriminator and what describes places.

        Raises ValueError where the domains differ in channels: the generator's own encoder must
        take both.
        """
        source, target = specs[self.source].channels, specs[self.target].channels
        if source != target:
            raise ValueError(
                f"cut compares inputs with outputs, but {self.source} has {source} channel(s) and "
                f"{self.target} has {target}"
            )
        model = self.build_model(specs, classes)
        generator = model.generators[self.target]
        assert isinstance(generator, Resnet)
        return CUT(
            model,
            generator,
            Critic(
                self.discriminator.build(target),
                self.loss,
                together=self.discriminator.norm != "batch",
                diffaugment=self.diffaugment,
            ),
            ProjectionHead(generator.tap_channels, self.features, self.places),
            contrast_weight=self.contrast_weight,
            contrast_identity=self.contrast_identity,
            temperature=self.temperature,
            adam=self.optimizer,
            discriminator_adam=self.discriminator_optimizer,
            together=self.generator.norm != "batch",
        )


class ProjectionHead(nn.Module):
    """Places of feature maps -> vectors, by a network of two layers for each depth."""

    def __init__(self, channels: tuple[int, ...], features: int, places: int) -> None:
        super().__init__()
        self.places = places
        self.networks = nn.ModuleList(
            nn.Sequential(nn.Linear(c, features), nn.ReLU(), nn.Linear(features, features))
            for c in channels
        )
        for layer in self.modules():
            if isinstance(layer, nn.Linear):
                nn.init.xavier_normal_(layer.weight, gain=0.02)
                nn.init.zeros_(layer.bias)

    def choose(self, maps: list[Tensor]) -> list[Tensor]:
        """Random places [P] in maps [N, C, H, W], for each depth; all where there are fewer."""
        sizes = [m.shape[-2] * m.shape[-1] for m in maps]
        return [torch.randperm(size, device=maps[0].device)[: self.places] for size in sizes]

    def forward(self, maps: list[Tensor], places: list[Tensor]) -> list[Tensor]:
        """[N, C, H, W] and [P] for each depth -> float32 [N, P, features] for each depth."""
        return [
            network(m.flatten(2)[:, :, at].transpose(1, 2)).float()
            for network, m, at in zip(self.networks, maps, places, strict=True)
        ]


class CUT(Method):
    """See `CUTParams`; batches are unaligned `Pair`s."""

    def __init__(
        self,
        model: GeneratorTranslator,
        generator: Resnet,
        discriminator: Critic,
        head: ProjectionHead,
        *,
        contrast_weight: float,
        contrast_identity: bool,
        temperature: float,
        adam: AdamParams,
        discriminator_adam: AdamParams,
        together: bool,
    ) -> None:
        """``together``: the generator treats each sample alone, so batches may share a pass."""
        super().__init__()
        self.model, self.generator = model, generator
        self.discriminator, self.head = discriminator, head
        self.contrast_weight, self.contrast_identity = contrast_weight, contrast_identity
        self.temperature = temperature
        self.adam, self.discriminator_adam = adam, discriminator_adam
        self.through = one_pass if together else own_passes

    def optimizers(self) -> dict[str, Optimizer]:
        """``generator`` (with what describes places) and ``discriminator``."""
        return {
            "generator": self.adam.build(self.generator, self.head),
            "discriminator": self.discriminator_adam.build(self.discriminator),
        }

    def updates(self, batch: Batch, step: int) -> Iterator[Update]:
        """The discriminator's update at half weight, then the generator's on the same fakes."""
        assert isinstance(batch, Pair)
        a, b = batch
        inputs = [a, b] if self.contrast_identity else [a]
        outputs = self.through(self.generator, *inputs)
        fake = outputs[0]
        told, logs = self.discriminator.discriminate(b, fake.detach())
        yield Update("discriminator", 0.5 * told, logs)
        adversarial = self.discriminator.fool(fake)
        contrasts = [self.contrast(x, y) for x, y in zip(inputs, outputs, strict=True)]
        loss = adversarial + self.contrast_weight * torch.stack(contrasts).mean()
        names = ("contrast", "contrast_identity")
        yield Update(
            "generator",
            loss,
            {"adversarial": adversarial, **dict(zip(names, contrasts, strict=False))},
        )

    def contrast(self, source: Tensor, output: Tensor) -> Tensor:
        """How well places of ``source`` are known again in ``output``, over all depths."""
        with torch.no_grad():
            known = self.generator.taps(source)
            places = self.head.choose(known)
        keys = self.head(known, places)
        queries = self.head(self.generator.taps(output), places)
        losses = [
            patch_nce(query, key, self.temperature)
            for query, key in zip(queries, keys, strict=True)
        ]
        return torch.stack(losses).mean()
