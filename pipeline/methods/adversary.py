"""A discriminator with its loss, penalty and augmentation: the opponent of any generator."""

from collections.abc import Mapping, Sequence
from typing import Any

import torch
from torch import Tensor, cat, nn

from pipeline.losses.adversarial import (
    Adversarial,
    discriminator_loss,
    generator_loss,
    logit_statistics,
)
from pipeline.losses.penalty import Logits, consistency
from pipeline.methods.alteration import Alteration
from pipeline.methods.discriminator_outputs import Outputs, halves, joined, mean_of
from pipeline.methods.penalties import (
    ClipParams,
    ConsistencyParams,
    NoPenaltyParams,
    PenaltyParams,
    compute_penalty,
)
from pipeline.nn.diffaugment import diff_augment


class Adversary(nn.Module):
    """One discriminator network of samples, or several in one, under one adversarial loss.

    The network maps samples [N, C, H, W] (and labels [N], where they are given) to logits, or to a
    list with the layers' outputs of each of its discriminators, logits last.
    """

    def __init__(
        self,
        network: nn.Module,
        loss: Adversarial,
        *,
        joint: bool,
        penalty: PenaltyParams | None = None,
        alteration: Alteration | None = None,
        weights: Sequence[float] | None = None,
        smoothing: float = 0.0,
    ) -> None:
        """Take a network and what it minimises.

        Args:
            network: the discriminator.
            loss: of both sides.
            joint: the network treats each sample alone, so real and fake may share a pass.
            penalty: on its gradients or weights.
            alteration: how samples, real and fake alike, are altered before it sees them.
            weights: of several discriminators' losses in their sum; None: their mean.
            smoothing: what the real samples' target lacks to 1 (`losses.adversarial`).
        """
        super().__init__()
        self.network = network
        self.loss: Adversarial = loss
        self.joint = joint
        self.penalty = penalty or NoPenaltyParams()
        self.alteration = alteration or Alteration()
        self.weights = None if weights is None else tuple(weights)
        self.smoothing = smoothing

    def forward(
        self, x: Tensor, condition: Tensor | None = None, labels: Tensor | None = None
    ) -> Outputs:
        """Show samples as they are, beside a ``condition`` [N, C', H, W], of classes ``labels``."""
        shown = x if condition is None else cat([condition, x], dim=1)
        found: Tensor | list[list[Tensor]] = (
            self.network(shown) if labels is None else self.network(shown, labels)
        )
        if isinstance(found, Tensor):
            return Outputs([found.float()], [])
        return Outputs([layers[-1].float() for layers in found], found)

    def discriminator_loss(
        self,
        real: Tensor,
        fake: Tensor,
        step: int,
        *,
        condition: Tensor | None = None,
        labels: Tensor | None = None,
        wrong_labels: Tensor | None = None,
        name: str = "",
    ) -> tuple[Tensor, dict[str, Tensor]]:
        """Compute what the discriminator minimises, a scalar, and what to log of it.

        Args:
            real: samples [N, C, H, W].
            fake: as many; no gradient should lead on from them.
            step: which a lazy penalty counts, and alterations.
            condition: samples [N, C', H, W] that both are shown with.
            labels: classes [N] of both.
            wrong_labels: other classes [N], with which the real samples are fakes, too: each kind
                of fakes counts half. log D(x, y) + (log(1 - D(x, wrong y)) +
                log(1 - D(G(z, y), y))) / 2 of Reed et al. 2016, algorithm 1, whatever the loss.
            name: what logs end in, where there are several.
        """
        real, given_real = self._altered(real, condition, step)
        fake, given_fake = self._altered(fake, condition, step)
        if self.joint:
            both = cat([real.float(), fake.float()])
            of_real, of_fake = halves(
                self(both, joined(given_real, given_fake), joined(labels, labels))
            )
        else:
            of_real = self(real, given_real, labels)
            of_fake = self(fake, given_fake, labels)
        loss, logs = self.discriminator_loss_of(of_real, of_fake, name)
        fakes, ending = [of_fake], f"_{name}" if name else ""
        if wrong_labels is not None:
            fakes.append(self(real, given_real, wrong_labels))
            of_wrong, _ = self.discriminator_loss_of(of_real, fakes[-1], name)
            loss = (loss + of_wrong) / 2
            logs[f"wrong_class{ending}"] = of_wrong
        logs |= self.observe(of_real, fakes, len(real), step)
        penalty = self.penalty
        if isinstance(penalty, NoPenaltyParams | ClipParams) or step % penalty.every:
            return loss, logs
        if isinstance(penalty, ConsistencyParams):
            values = [self._inconsistency(penalty, of_real, real, given_real, labels)]
            if penalty.fakes:
                values.append(self._inconsistency(penalty, of_fake, fake, given_fake, labels))
            value = penalty.weight * torch.stack(values).sum()
        else:
            with torch.autocast(real.device.type, enabled=False):
                value, norm = compute_penalty(
                    penalty,
                    (self._logits_of(given_real, labels), real),
                    (self._logits_of(given_fake, labels), fake),
                )
            logs[f"input_gradient_norm{ending}"] = norm
        logs[f"penalty{ending}"] = value
        return loss + penalty.every * value, logs

    def generator_loss(
        self,
        fake: Tensor,
        *,
        real: Tensor | None = None,
        condition: Tensor | None = None,
        labels: Tensor | None = None,
        real_labels: Tensor | None = None,
        step: int = 0,
    ) -> Tensor:
        """Compute what the generator of ``fake`` [N, C, H, W] minimises, a scalar.

        ``real`` [N, C, H, W], of classes ``real_labels``: samples that a relativistic loss compares
        the fakes with. ``step``: which instance noise counts.
        """
        of_real = None
        if self.loss == "relativistic" and real is not None:
            known = labels if real_labels is None else real_labels
            with torch.no_grad():
                of_real = self(*self._altered(real, condition, step), known)
        of_fake = self(*self._altered(fake, condition, step), labels)
        return self.generator_loss_of(of_fake, of_real)

    def outputs_to_match(
        self, real: Tensor, fake: Tensor, *, condition: Tensor | None = None
    ) -> tuple[Outputs, Outputs]:
        """Show real samples, without gradients, and their fakes: what layers give can be compared.

        Both are altered alike.
        """
        given = () if condition is None else (condition,)
        real, fake, *given_too = self.alteration(real, fake, given=given)
        with torch.no_grad():
            of_real = self(real, *given_too)
        return of_real, self(fake, *given_too)

    def features_to_match(
        self, real: Tensor, fake: Tensor, *, labels: Tensor | None = None, step: int = 0
    ) -> tuple[Tensor, Tensor]:
        """Show the features below the network's last layer, [N, F], of a batch of real samples,
        without gradients, and of one of fakes, both of classes ``labels``."""
        network: Any = self.network
        told = () if labels is None else (labels,)
        with torch.no_grad():
            of_real = network.features(self._altered(real, None, step)[0], *told)
        return of_real, network.features(self._altered(fake, None, step)[0], *told)

    def discriminator_loss_of(
        self, real: Outputs, fake: Outputs, name: str = ""
    ) -> tuple[Tensor, dict[str, Tensor]]:
        """Compute the discriminators' loss from their outputs, and the means of their logs."""
        pairs = list(zip(real.logits, fake.logits, strict=True))
        loss = self._reduced(
            [discriminator_loss(self.loss, *pair, self.smoothing) for pair in pairs]
        )
        logs = [logit_statistics(self.loss, *pair, name) for pair in pairs]
        return loss, {key: mean_of([log[key] for log in logs]) for key in logs[0]}

    def observe(
        self, real: Outputs, fakes: Sequence[Outputs], count: int, step: int
    ) -> dict[str, Tensor]:
        """Adapt to the outputs of one evaluation, and return what to log of it.

        All state that follows the outputs moves here, once an evaluation, and in no loss.

        Args:
            real: outputs for the real samples.
            fakes: for each kind of fakes.
            count: of real samples.
            step: which adaptive augmentation counts.
        """
        del fakes
        return self.alteration.observe(real.logits, count, step)

    def generator_loss_of(self, fake: Outputs, real: Outputs | None = None) -> Tensor:
        """Compute the generator's loss from the discriminators' outputs."""
        reals = [None] * len(fake.logits) if real is None else real.logits
        return self._reduced(
            [generator_loss(self.loss, *pair) for pair in zip(fake.logits, reals, strict=True)]
        )

    @torch.no_grad()
    def clip(self) -> None:
        """Clamp the weights where that is the penalty; to be called after each of its steps."""
        if isinstance(self.penalty, ClipParams):
            limit = self.penalty.limit
            for parameter in self.network.parameters():
                parameter.clamp_(-limit, limit)

    def _altered(
        self, x: Tensor, condition: Tensor | None, step: int
    ) -> tuple[Tensor, Tensor | None]:
        """Alter samples and their condition as the discriminator is shown them at ``step``."""
        if condition is None:
            (shown,) = self.alteration(x, step=step)
            return shown, None
        shown, given = self.alteration(x, given=(condition,), step=step)
        return shown, given

    def _inconsistency(
        self,
        penalty: ConsistencyParams,
        seen: Outputs,
        x: Tensor,
        condition: Tensor | None,
        labels: Tensor | None,
    ) -> Tensor:
        """Compute how much logits change from those ``seen`` where samples are altered again."""
        if condition is None:
            (x,) = diff_augment(penalty.alterations, x)
        else:
            x, condition = diff_augment(penalty.alterations, x, condition)
        return consistency(seen.logits, self(x, condition, labels).logits)

    def _logits_of(self, condition: Tensor | None, labels: Tensor | None) -> Logits:
        """Make the discriminators a function of samples alone: [N, C, H, W] -> summed logits."""

        def logits_of(x: Tensor) -> Tensor:
            return torch.stack([y.sum() for y in self(x, condition, labels).logits])

        return logits_of

    def _reduced(self, losses: list[Tensor]) -> Tensor:
        if self.weights is not None:
            pairs = zip(self.weights, losses, strict=True)
            return torch.stack([weight * loss for weight, loss in pairs]).sum()
        return losses[0] if len(losses) == 1 else torch.stack(losses).mean()


class Adversaries(nn.ModuleDict):
    """Discriminators by name that one optimiser trains together."""

    def __getitem__(self, name: str) -> Adversary:
        adversary = super().__getitem__(name)
        assert isinstance(adversary, Adversary)
        return adversary

    def discriminator_loss(
        self, real: Mapping[str, Tensor], fake: Mapping[str, Tensor], step: int
    ) -> tuple[Tensor, dict[str, Tensor]]:
        """Sum the discriminators' losses: a scalar, and what to log, which ends in their names.

        Args:
            real: samples [N, C, H, W] for each.
            fake: as many; no gradient should lead on from them.
            step: which a lazy penalty counts.
        """
        losses: list[Tensor] = []
        logs: dict[str, Tensor] = {}
        for name in self:
            loss, found = self[name].discriminator_loss(real[name], fake[name], step, name=name)
            losses.append(loss)
            logs |= found
        return torch.stack(losses).sum(), logs

    def clip(self) -> None:
        """Clamp the weights of each where that is its penalty."""
        for name in self:
            self[name].clip()
