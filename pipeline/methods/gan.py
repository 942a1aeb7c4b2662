"""GANs: a generator and a discriminator under any loss, penalty and regulariser.

Goodfellow et al. 2014. Networks, loss, penalty and conditioning are parts that are chosen apart
(`gan_parts`): DCGAN (Radford et al. 2016) by default; ``loss: wasserstein`` with ``penalty: {kind:
gradient}``, ``discriminator_steps: 5`` and ``resnet`` networks is WGAN-GP (Gulrajani et al. 2017).
A class is told as a one-hot input (Mirza & Osindero 2014), by norms and heads of the networks, or
asked of the discriminator (``auxiliary``).
"""

import copy
from collections.abc import Iterator
from typing import Any, Literal

import torch
from torch import Tensor, nn
from torch.optim import Optimizer

from pipeline.losses.matching import mean_feature_matching
from pipeline.losses.penalty import off_diagonal_penalty
from pipeline.methods.adversary import Adversary
from pipeline.methods.base import Losses, Method, Update
from pipeline.methods.discriminator_outputs import Outputs
from pipeline.methods.gan_parts import GANPartsParams, OrthogonalParams
from pipeline.methods.past_weights import HistoricalAverage, PastDiscriminators
from pipeline.methods.path_length import PathLength, PathLengthParams
from pipeline.models.card import Pretrained
from pipeline.models.gan import GANModel
from pipeline.models.stylegan import StyleGANModel
from pipeline.samples import DatasetSpec, Labelled


class GANParams(GANPartsParams):
    """See `GANPartsParams`."""

    method: Literal["gan"]

    def build(self, data: DatasetSpec, pretrained: Pretrained | None = None) -> "GAN":
        """Build the generator and its discriminator."""
        return GAN(self, self.build_model(data), self.build_discriminator(data))


class GAN(Method[Labelled]):
    """See `GANParams`."""

    params: GANParams
    model: GANModel | StyleGANModel

    def __init__(
        self, params: GANParams, model: GANModel | StyleGANModel, adversary: Adversary
    ) -> None:
        super().__init__(params, model)
        self.adversary = adversary
        players = {"generator": model, "discriminator": adversary}
        self.averages = nn.ModuleDict()
        if params.historical_averaging is not None:
            self.averages.update({name: HistoricalAverage(of) for name, of in players.items()})
        past, regulariser = params.past_discriminators, params.regulariser
        self.past = None if past is None else PastDiscriminators(adversary, past)
        of_paths = regulariser if isinstance(regulariser, PathLengthParams) else None
        self.path_length = None if of_paths is None else PathLength(of_paths)

    def optimizers(self) -> dict[str, Optimizer]:
        """Build ``generator`` and ``discriminator``."""
        return {
            "generator": self.params.optimizer.build(self.model),
            "discriminator": self.params.discriminator_optimizer.build(self.adversary),
        }

    def updates(self, batch: Labelled, step: int) -> Iterator[Update]:
        """Yield the discriminator's updates, then the generator's on the last fakes."""
        if self.past is not None:
            self.past.keep(self.adversary, step)
        count = self.params.discriminator_steps
        for x, y in zip(batch.x.chunk(count), batch.y.chunk(count), strict=True):
            labels = y if self.model.classes else None
            z = self.model.draw(len(x), device=x.device)  # a copy there would wait for it
            fake = self.model.generate(z, labels)
            yield self.discriminator_update(x, y, fake.detach(), step)
            self.adversary.clip()
        losses = Losses()
        self.add_adversarial(losses, fake, x, labels, step)
        self.add_drift(losses, "generator", self.model)
        self.add_regulariser(losses, len(x), labels, step)
        yield losses.update("generator")

    def discriminator_update(self, x: Tensor, y: Tensor, fake: Tensor, step: int) -> Update:
        """Compare real samples and fakes [N, C, H, W], both of classes [N]."""
        losses, labels = Losses(), y if self.model.classes else None
        wrong = self.wrong_labels(y) if self.params.wrong_classes else None
        losses.total, losses.logs = self.adversary.discriminator_loss(
            x, fake, step, labels=labels, wrong_labels=wrong
        )
        self.add_drift(losses, "discriminator", self.adversary)
        return losses.update("discriminator")

    def add_adversarial(
        self, losses: Losses, fake: Tensor, real: Tensor, labels: Tensor | None, step: int
    ) -> None:
        """Add what the generator learns of the discriminator, or of several, and its features."""
        shown: dict[str, Any] = {"real": real, "labels": labels, "step": step}
        if self.past is None:
            loss = self.adversary.generator_loss(fake, **shown)
        else:
            loss = self.past.generator_loss(self.adversary, fake, **shown)
        matching = self.params.feature_matching
        if matching is None:
            losses.add("adversarial", loss)
            return
        losses.add("adversarial", loss, matching.adversarial_weight)
        of_real, of_fake = self.adversary.features_to_match(real, fake, labels=labels, step=step)
        losses.add("matching", mean_feature_matching(of_fake, of_real), matching.weight)

    def add_drift(self, losses: Losses, name: str, network: nn.Module) -> None:
        """Add how far a network's weights are from their historical average, if that is asked."""
        averaging = self.params.historical_averaging
        if averaging is not None:
            losses.add(f"drift_{name}", self.averages[name](network), averaging.weight)

    def add_regulariser(self, losses: Losses, count: int, labels: Tensor | None, step: int) -> None:
        """Add what regularises the generator in a step of ``count`` samples, if any."""
        if isinstance(self.params.regulariser, OrthogonalParams):
            losses.add("orthogonal", self.orthogonality(), self.params.regulariser.weight)
        if self.path_length is not None and self.path_length.is_due(step):
            assert isinstance(self.model, StyleGANModel)
            penalty = self.path_length(self.model, count, labels)
            losses.add("path_length", penalty, self.path_length.weight)

    def wrong_labels(self, labels: Tensor) -> Tensor:
        """Draw classes [N] other than ``labels`` [N], each of the others as likely."""
        classes = self.model.classes
        return (labels + torch.randint_like(labels, 1, classes)) % classes

    def logits(self, x: Tensor) -> Tensor | None:
        """Show samples to a copy of the discriminator; None where it asks for classes, too."""
        if self.model.classes:
            return None
        with torch.random.fork_rng():  # a bottleneck and instance noise draw
            seen: Outputs = copy.deepcopy(self.adversary).eval()(x)
        return seen.logits[0].flatten()

    def orthogonality(self) -> Tensor:
        """Sum `off_diagonal_penalty` over the weights of the generator's layers."""
        penalties = [
            off_diagonal_penalty(weight.transpose(0, 1) if transposed else weight)
            for layer in self.model.modules()
            for transposed in [isinstance(layer, nn.ConvTranspose2d)]  # [inputs, outputs, ...]
            for weight in layer.parameters(recurse=False)
            if weight.ndim > 1
        ]
        return torch.stack(penalties).sum()
