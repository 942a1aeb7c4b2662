"""VQGAN: a VQ-VAE whose reconstructions must also look right (Esser et al. 2021).

With other networks, weights and discriminators the same is ViT-VQGAN (Yu et al. 2022).
"""

from collections.abc import Iterator
from typing import Literal, Self

import torch
from pydantic import Field, NonNegativeFloat, model_validator
from torch import Tensor, nn
from torch.nn.functional import l1_loss, mse_loss
from torch.optim import Optimizer

from pipeline.backbones.patch import PatchParams
from pipeline.backbones.stylegan2 import StyleGAN2DiscriminatorParams
from pipeline.backbones.vqgan import VqganParams
from pipeline.block import Block, Count, Step
from pipeline.losses.adversarial import Adversarial, adaptive_weight
from pipeline.losses.reconstruction import logit_laplace_nll
from pipeline.methods.adversarial import AdversarialRunParams
from pipeline.methods.adversary import Adversaries
from pipeline.methods.base import Losses, Method, Update
from pipeline.methods.optimisers import AdamParams, OptimizerParams
from pipeline.methods.perceptual import AnyPerceptualParams, ClassifierDistance
from pipeline.methods.pretrained import SecondStageRunParams
from pipeline.methods.runs import GenerativeRunParams
from pipeline.models.card import Pretrained
from pipeline.models.classifier import ClassifierModel
from pipeline.models.vq import LAPLACE, VQModel, VQNetworkParams
from pipeline.nn.quantiser import QuantiserParams, codebook_statistics
from pipeline.samples import DatasetSpec, Labelled, Spec

MEMORY = 0.95  # of the error that the guard watches, a step
LR = 4.5e-6  # a sample of the batch


class VQGANParams(GenerativeRunParams, SecondStageRunParams, AdversarialRunParams):
    """The published values by default, for pictures of 256 pixels and batches of 12."""

    method: Literal["vqgan"]
    batch: Count = 12
    network: VQNetworkParams = VqganParams()
    quantiser: QuantiserParams = QuantiserParams()
    l1_weight: NonNegativeFloat = 1.0
    l2_weight: NonNegativeFloat = 0.0
    laplace_weight: NonNegativeFloat = 0.0
    """Of the logit-Laplace likelihood, for which the decoder gives a scale beside each mean."""
    perceptual: AnyPerceptualParams
    """``{kind: vgg19, weights: FILE}``, ``{kind: classifier}`` with ``pretrained:
    classifiers/NAME``, or ``{kind: none}``. The published networks were trained with LPIPS, which
    is VGG16's features under weights of its own."""
    perceptual_weight: NonNegativeFloat = 1.0
    patch: PatchParams | None = PatchParams()
    """A discriminator of patches."""
    stylegan2: StyleGAN2DiscriminatorParams | None = None
    """A discriminator of whole samples, instead of that of patches or beside it."""
    loss: Adversarial = "hinge"
    adversarial_weight: NonNegativeFloat = 0.8
    adaptive: bool = True
    """Times the ratio of the losses' gradients at the last layer; False: the weight as it is."""
    discriminator_start: Step = 10_000
    """Step from which discriminators learn and count; 30,001 for faces, 250,001 for ImageNet. One
    that comes before the pictures are good ruins them."""
    warmup: Step = 0
    """Steps from there in which their weight rises evenly: a discriminator that has seen nothing
    yet has nothing to say. Published: none."""
    guard: float = Field(2.0, gt=1)
    """Discriminators count less as L1 rises above what it was when they came, and nothing at so
    many times that."""
    optimizer: OptimizerParams = AdamParams(lr=12 * LR, beta1=0.5, beta2=0.9)
    discriminator_optimizer: OptimizerParams = AdamParams(lr=12 * LR, beta1=0.5, beta2=0.9)

    @property
    def discriminators(self) -> tuple[Block, ...]:
        """Those of patches and of whole samples, as far as there are."""
        return tuple(part for part in (self.patch, self.stylegan2) if part is not None)

    @model_validator(mode="after")
    def _fits_together(self) -> Self:
        if self.built_on != ("classifiers" if self.perceptual.kind == "classifier" else ""):
            raise ValueError(
                "perceptual: {kind: classifier} and pretrained: classifiers/NAME belong together, "
                f"found perceptual: {self.perceptual.kind} and pretrained: {self.pretrained}"
            )
        if not self.discriminators:
            raise ValueError(
                "expected a discriminator: patch, stylegan2 or both (else it is a vqvae)"
            )
        if not self.l1_weight + self.l2_weight + self.laplace_weight:
            raise ValueError("expected a weight above 0: l1_weight, l2_weight or laplace_weight")
        return self

    @property
    def starts(self) -> dict[str, int]:
        """The discriminators' first step."""
        return {"discriminator_start": self.discriminator_start}

    def build_model(self, data: DatasetSpec, pretrained: Pretrained | None = None) -> VQModel:
        """Build encoder, codebook and decoder."""
        laplace = self.laplace_weight > 0
        return VQModel(data.spec(self.domains), self.network, self.quantiser, laplace=laplace)

    def build(self, data: DatasetSpec, pretrained: Pretrained | None = None) -> "VQGAN":
        """Build the model, its discriminators and the perceptual loss.

        Raises UserError where VGG19's weights are wanted and can't be had, and ValueError where
        there is no classifier, or it has not seen such samples.
        """
        spec = data.spec(self.domains)
        if self.laplace_weight and not spec.bounded:
            raise ValueError(
                f"laplace_weight is for samples in [-1, 1], which {self.domains[0]} lacks"
            )
        adversaries = self.build_adversaries(spec)
        model = self.build_model(data)
        return VQGAN(self, model, adversaries, self.build_perceptual(spec, pretrained))

    def build_adversaries(self, spec: Spec) -> Adversaries:
        """Build the discriminators by name."""
        adversaries = Adversaries()
        if self.patch is not None:
            adversaries["patch"] = self.build_patch_adversary(self.patch, spec.channels)
        if self.stylegan2 is not None:
            adversaries["stylegan2"] = self.build_adversary(self.stylegan2.build(spec), joint=False)
        return adversaries

    def build_perceptual(self, spec: Spec, pretrained: Pretrained | None) -> nn.Module | None:
        """Build the perceptual loss, of the classifier that was handed in where it is one's."""
        if self.perceptual.kind != "classifier":
            if self.perceptual.kind == "vgg19" and not spec.bounded:
                raise ValueError(
                    f"perceptual: vgg19 compares pictures, and {self.domains[0]} has none"
                )
            return self.perceptual.build()
        classifier, card = self.handed_in(pretrained)
        if not isinstance(classifier, ClassifierModel):
            raise ValueError(f"{self.pretrained} is not a classifier: `kind: classifier` needs one")
        seen = {s.channels for s in card.data.specs.values()}
        if seen != {spec.channels}:
            raise ValueError(
                f"{self.pretrained} has seen samples of {min(seen)} channels, but "
                f"{self.domains[0]} has {spec.channels}"
            )
        return ClassifierDistance(classifier)


class VQGAN(Method[Labelled]):
    """See `VQGANParams`; labels are ignored."""

    params: VQGANParams
    model: VQModel
    reference_l1: Tensor
    recent_l1: Tensor

    def __init__(
        self,
        params: VQGANParams,
        model: VQModel,
        adversaries: Adversaries,
        perceptual: nn.Module | None,
    ) -> None:
        super().__init__(params, model)
        self.adversaries, self.perceptual = adversaries, perceptual
        self.register_buffer("reference_l1", torch.ones(()))  # when the discriminators came
        self.register_buffer("recent_l1", torch.ones(()))

    def optimizers(self) -> dict[str, Optimizer]:
        """Build ``model`` and ``discriminators``."""
        return {
            "model": self.params.optimizer.build(self.model),
            "discriminators": self.params.discriminator_optimizer.build(self.adversaries),
        }

    def updates(self, batch: Labelled, step: int) -> Iterator[Update]:
        """Yield the discriminators' update once they are there, then the model's."""
        x = batch.x
        if step == 0:
            self.model.trained_quantiser.begin(self.model.vectors(x))
        drawn, found = self.model(x)
        y = self.model.picture(drawn)
        losses = self.reconstruction(drawn, y, x)
        assert losses.total is not None
        likelihood = losses.total
        self.note_error(losses.logs["l1"], step)
        losses.add("quantiser", found.loss)
        losses.log(**codebook_statistics(found.codes, self.model.codes))
        if step >= self.params.discriminator_start:
            real, fake = (dict.fromkeys(self.adversaries, each) for each in (x, y.detach()))
            loss, logs = self.adversaries.discriminator_loss(real, fake, step)
            yield Update("discriminators", 0.5 * loss, logs)  # each halved, as published
            self.adversaries.clip()
            against = [
                self.adversaries[name].generator_loss(y, real=x) for name in self.adversaries
            ]
            adversarial = torch.stack(against).sum()
            weight = self.adversarial_weight(likelihood, adversarial, step)
            losses.add("adversarial", adversarial, weight)
            losses.log(adversarial_weight=weight)
        yield losses.update("model")
        self.model.trained_quantiser.update_ema(found)

    def reconstruction(self, drawn: Tensor, y: Tensor, x: Tensor) -> Losses:
        """Sum the weighted losses that compare reconstructions with their originals."""
        losses = Losses()
        losses.add("l1", l1_loss(y, x), self.params.l1_weight)
        losses.add("l2", mse_loss(y, x), self.params.l2_weight)
        if self.params.laplace_weight:
            mean, log_scale = drawn.chunk(2, dim=1)
            inside = (1 - 2 * LAPLACE) * (x + 1) / 2 + LAPLACE
            nll = logit_laplace_nll(inside, mean, log_scale)
            losses.add("laplace", nll, self.params.laplace_weight)
        if self.perceptual is not None:
            losses.add("perceptual", self.perceptual(y, x), self.params.perceptual_weight)
        return losses

    def adversarial_weight(self, likelihood: Tensor, adversarial: Tensor, step: int) -> Tensor:
        """Compute what the adversarial loss counts at a step."""
        weight = self.params.adversarial_weight * self.discriminator_weight(step)
        if not self.params.adaptive:
            return weight
        return weight * adaptive_weight(likelihood, adversarial, self.model.decoder.last)

    @torch.no_grad()
    def note_error(self, error: Tensor, step: int) -> None:
        """Note the L1 error of a step for the guard."""
        self.recent_l1.copy_(error if step == 0 else torch.lerp(error, self.recent_l1, MEMORY))
        if step <= self.params.discriminator_start:
            self.reference_l1.copy_(self.recent_l1)

    def discriminator_weight(self, step: int) -> Tensor:
        """Compute how far the discriminators count, 0 to 1: by the warm-up, and by the guard."""
        since = step - self.params.discriminator_start
        ramp = min(1.0, (since + 1) / (self.params.warmup + 1))
        guard = self.params.guard
        room = (guard * self.reference_l1 - self.recent_l1) / ((guard - 1) * self.reference_l1)
        return ramp * room.clamp(0.0, 1.0)
