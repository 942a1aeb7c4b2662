"""VQGAN: a VQ-VAE whose reconstructions must also look right (Esser et al. 2021).

With other networks, weights and discriminators the same is ViT-VQGAN (Yu et al. 2022).
"""

from collections.abc import Iterator
from typing import Literal, Self

import torch
from pydantic import Field, NonNegativeFloat, NonNegativeInt, PositiveInt, model_validator
from torch import Tensor, nn
from torch.nn.functional import l1_loss, mse_loss
from torch.optim import Optimizer

from pipeline.backbones.patch import PatchParams
from pipeline.backbones.stylegan2 import StyleGAN2DiscriminatorParams
from pipeline.backbones.vqgan import VqganParams
from pipeline.losses.adversarial import Adversarial, adaptive_weight
from pipeline.losses.perceptual import AnyPerceptualParams, ClassifierDistance
from pipeline.losses.reconstruction import logit_laplace_nll
from pipeline.methods.adversary import Critic
from pipeline.methods.base import (
    AdamParams,
    StackedMethod,
    StackedRunParams,
    Update,
    VQRunParams,
)
from pipeline.models.vq import LAPLACE, VQModel, VQNetworkParams
from pipeline.nn.quantiser import QuantiserParams, perplexity, use
from pipeline.samples import Batch, Labelled, Spec

MEMORY = 0.95  # of the error that the guard watches, a step
RATE = 4.5e-6  # a sample of the batch


class VQGANParams(VQRunParams, StackedRunParams):
    """The published values by default, for pictures of 256 pixels and batches of 12."""

    method: Literal["vqgan"]
    batch: PositiveInt = 12
    network: VQNetworkParams = VqganParams()
    quantiser: QuantiserParams = QuantiserParams()
    l1_weight: NonNegativeFloat = 1.0
    l2_weight: NonNegativeFloat = 0.0
    laplace_weight: NonNegativeFloat = 0.0
    """Of the logit-Laplace likelihood, for which the decoder gives a scale beside each mean."""
    perceptual: AnyPerceptualParams
    """``{kind: vgg19, weights: FILE}``, ``{kind: classifier}`` with ``pretrained: classifiers/NAME``, or
    ``{kind: none}``. The published networks were trained with LPIPS, which is VGG16's features
    under weights of its own."""
    perceptual_weight: NonNegativeFloat = 1.0
    patch: PatchParams | None = PatchParams()
    whole: StyleGAN2DiscriminatorParams | None = None
    """A discriminator of whole samples, instead of that of patches or beside it."""
    loss: Adversarial = "hinge"
    adversarial_weight: NonNegativeFloat = 0.8
    adaptive: bool = True
    """Times the ratio of the losses' gradients at the last layer; False: the weight as it is."""
    discriminator_start: NonNegativeInt = 10_000
    """Step from which discriminators learn and are heard; 30,001 for faces, 250,001 for ImageNet.
    One that comes before the pictures are good ruins them."""
    warmup: NonNegativeInt = 0
    """Steps from there in which their weight rises evenly: a discriminator that has seen nothing
    yet has nothing to say. Published: none."""
    guard: float = Field(2.0, gt=1)
    """Discriminators are heard less as L1 rises above what it was when they came, and not at all
    at so many times that."""
    optimizer: AdamParams = AdamParams(rate=12 * RATE, beta1=0.5, beta2=0.9)
    discriminator_optimizer: AdamParams = AdamParams(rate=12 * RATE, beta1=0.5, beta2=0.9)

    @model_validator(mode="after")
    def _fits_together(self) -> Self:
        judged = (self.pretrained or "").startswith("classifiers/")
        if (self.perceptual.kind == "classifier") != judged:
            raise ValueError(
                "perceptual: {kind: classifier} and pretrained: classifiers/NAME belong together, found "
                f"perceptual: {self.perceptual.kind} and pretrained: {self.pretrained}"
            )
        if self.patch is None and self.whole is None:
            raise ValueError("expected a discriminator: patch, whole or both (else it is a vqvae)")
        if not self.l1_weight + self.l2_weight + self.laplace_weight:
            raise ValueError("expected a weight above 0: l1_weight, l2_weight or laplace_weight")
        return self

    def build_model(self, specs: dict[str, Spec], classes: tuple[str, ...]) -> VQModel:
        """Encoder, codebook and decoder."""
        laplace = self.laplace_weight > 0
        return VQModel(self.spec(specs), self.network, self.quantiser, laplace=laplace)

    def build(self, specs: dict[str, Spec], classes: tuple[str, ...]) -> "VQGAN":
        """The model, its discriminators and what else classifiers its pictures.

        Raises UserError where VGG19's weights are wanted and can't be had, and ValueError where
        there is no classifier, or it has not seen such samples.
        """
        spec = self.spec(specs)
        if self.laplace_weight and not spec.bounded:
            raise ValueError(f"laplace_weight is for samples in [-1, 1], which {self.domain} lacks")
        discriminators = nn.ModuleDict()
        if self.patch is not None:
            together = self.patch.norm != "batch"
            discriminators["patch"] = Critic(
                self.patch.build(spec.channels), self.loss, together=together
            )
        if self.whole is not None:
            discriminators["whole"] = Critic(self.whole.build(spec), self.loss, together=False)
        model = self.build_model(specs, classes)
        return VQGAN(model, discriminators, self.build_perceptual(spec), self)

    def build_perceptual(self, spec: Spec) -> nn.Module | None:
        """The perceptual loss, whose classifier has fresh weights until the method stands on it."""
        if self.perceptual.kind != "classifier":
            if self.perceptual.kind == "vgg19" and not spec.bounded:
                raise ValueError(
                    f"perceptual: vgg19 compares pictures, and {self.domain} has none"
                )
            return self.perceptual.build()
        seen = {s.channels for s in self.ground().specs.values()}
        if seen != {spec.channels}:
            raise ValueError(
                f"{self.pretrained} has seen samples of {min(seen)} channels, but {self.domain} "
                f"has {spec.channels}"
            )
        return ClassifierDistance(self.ground().build_model())


class VQGAN(StackedMethod):
    """See `VQGANParams`; batches are `Labelled`, whose labels it ignores."""

    calm: Tensor
    now: Tensor

    def __init__(
        self,
        model: VQModel,
        discriminators: nn.ModuleDict,
        perceptual: nn.Module | None,
        params: VQGANParams,
    ) -> None:
        super().__init__()
        self.model: VQModel = model
        self.discriminators, self.perceptual = discriminators, perceptual
        self.params = params
        self.register_buffer("calm", torch.ones(()))  # L1 of late when the discriminators came
        self.register_buffer("now", torch.ones(()))  # and at this step

    def stand_on(self, finished: nn.Module) -> None:
        """Takes the classifier's weights."""
        if isinstance(self.perceptual, ClassifierDistance):
            self.perceptual.classifier.load_state_dict(finished.state_dict())

    def optimizers(self) -> dict[str, Optimizer]:
        """``model`` and ``discriminators``."""
        return {
            "model": self.params.optimizer.build(self.model),
            "discriminators": self.params.discriminator_optimizer.build(self.discriminators),
        }

    def updates(self, batch: Batch, step: int) -> Iterator[Update]:
        """The discriminators' update once they are there, then the model's."""
        assert isinstance(batch, Labelled)
        if step == 0:
            self.model.quantiser.begin(self.model.vectors(batch.x))
        drawn, found = self.model(batch.x)
        y = self.model.picture(drawn)
        likelihood, logs = self.reconstruction(drawn, y, batch.x)
        self.watch(logs["l1"], step)
        loss = likelihood + found.loss
        logs["perplexity"] = perplexity(found.codes, self.model.codes)
        logs["use"] = use(found.codes, self.model.codes)
        if step >= self.params.discriminator_start:
            yield self.discriminate(batch.x, y.detach())
            adversarial = self.adversarial(y)
            weight = self.weight(likelihood, adversarial, step)
            loss = loss + weight * adversarial
            logs |= {"adversarial": adversarial, "adversarial_weight": weight}
        yield Update("model", loss, logs)
        self.model.quantiser.update_ema(found)

    def reconstruction(
        self, drawn: Tensor, y: Tensor, x: Tensor
    ) -> tuple[Tensor, dict[str, Tensor]]:
        """The weighted losses that compare reconstructions with their originals, and each."""
        logs = {"l1": l1_loss(y, x), "l2": mse_loss(y, x)}
        loss = self.params.l1_weight * logs["l1"] + self.params.l2_weight * logs["l2"]
        if self.params.laplace_weight:
            mean, log_scale = drawn.chunk(2, dim=1)
            inside = (1 - 2 * LAPLACE) * (x + 1) / 2 + LAPLACE
            logs["laplace"] = logit_laplace_nll(inside, mean, log_scale)
            loss = loss + self.params.laplace_weight * logs["laplace"]
        if self.perceptual is not None:
            logs["perceptual"] = self.perceptual(y, x)
            loss = loss + self.params.perceptual_weight * logs["perceptual"]
        return loss, logs

    def discriminate(self, real: Tensor, fake: Tensor) -> Update:
        """The discriminators' losses, each halved as published, and summed."""
        losses: list[Tensor] = []
        logs: dict[str, Tensor] = {}
        for name, critic in self.discriminators.items():
            assert isinstance(critic, Critic)
            loss, verdicts = critic.discriminate(real, fake, name)
            losses.append(0.5 * loss)
            logs |= verdicts
        return Update("discriminators", torch.stack(losses).sum(), logs)

    def adversarial(self, y: Tensor) -> Tensor:
        """What the discriminators hold against reconstructions, summed."""
        critics = self.discriminators.values()
        return torch.stack([c.fool(y) for c in critics if isinstance(c, Critic)]).sum()

    def weight(self, likelihood: Tensor, adversarial: Tensor, step: int) -> Tensor:
        """What the adversarial loss counts at a step."""
        weight = self.params.adversarial_weight * self.heard(step)
        if not self.params.adaptive:
            return weight
        return weight * adaptive_weight(likelihood, adversarial, self.model.decoder.last)

    @torch.no_grad()
    def watch(self, error: Tensor, step: int) -> None:
        """Notes the L1 error of a step for the guard."""
        self.now.copy_(error if step == 0 else torch.lerp(error, self.now, MEMORY))
        if step <= self.params.discriminator_start:
            self.calm.copy_(self.now)

    def heard(self, step: int) -> Tensor:
        """0 to 1: how far the discriminators are in, and how far the guard lets them."""
        since = step - self.params.discriminator_start
        ramp = min(1.0, (since + 1) / (self.params.warmup + 1))
        guard = self.params.guard
        room = (guard * self.calm - self.now) / ((guard - 1) * self.calm)
        return ramp * room.clamp(0.0, 1.0)
