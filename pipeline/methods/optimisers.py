"""Optimisers by kind, the learning rate's schedule, and the average of weights over steps."""

import math
from typing import Annotated, Literal

from pydantic import Field
from torch import nn
from torch.optim import Adam, AdamW, RMSprop

from pipeline.block import Block, Step, Steps, default_kind


class AdamParams(Block):
    """Adam with the learning rate and momenta that image translation has used since DCGAN."""

    kind: Literal["adam"] = "adam"
    lr: float = Field(2e-4, gt=0)
    beta1: float = Field(0.5, ge=0, lt=1)
    beta2: float = Field(0.999, ge=0, lt=1)

    def build(self, *modules: nn.Module) -> Adam:
        """Build the optimiser of the `trainable_parameters` of ``modules``."""
        betas = (self.beta1, self.beta2)
        return Adam(trainable_parameters(*modules), lr=self.lr, betas=betas, fused=True)


class AdamWParams(Block):
    """Adam with decoupled weight decay (Loshchilov & Hutter 2019)."""

    kind: Literal["adamw"] = "adamw"
    lr: float = Field(2e-4, gt=0)
    beta1: float = Field(0.5, ge=0, lt=1)
    beta2: float = Field(0.999, ge=0, lt=1)
    weight_decay: float = Field(0.01, ge=0)
    """Each step subtracts lr * weight_decay * w."""

    def build(self, *modules: nn.Module) -> AdamW:
        """Build the optimiser of the `trainable_parameters` of ``modules``."""
        return AdamW(
            trainable_parameters(*modules),
            lr=self.lr,
            betas=(self.beta1, self.beta2),
            weight_decay=self.weight_decay,
            fused=True,
        )


class RMSpropParams(Block):
    """RMSprop, by default as WGAN has it (Arjovsky et al. 2017, algorithm 1)."""

    kind: Literal["rmsprop"] = "rmsprop"
    lr: float = Field(5e-5, gt=0)
    alpha: float = Field(0.99, ge=0, lt=1)
    """Smoothing constant of the squared gradients' average."""

    def build(self, *modules: nn.Module) -> RMSprop:
        """Build the optimiser of the `trainable_parameters` of ``modules``."""
        return RMSprop(trainable_parameters(*modules), lr=self.lr, alpha=self.alpha)


_AnyOptimizerParams = Annotated[
    AdamParams | AdamWParams | RMSpropParams, Field(discriminator="kind")
]
OptimizerParams = Annotated[_AnyOptimizerParams, default_kind("adam")]
AdamWByDefaultParams = Annotated[_AnyOptimizerParams, default_kind("adamw")]
"""Of methods whose paper has AdamW: a block that says no kind must not turn it into Adam."""


def trainable_parameters(*modules: nn.Module) -> list[nn.Parameter]:
    """List the parameters of ``modules`` that are not frozen, each once."""
    found = {p: None for module in modules for p in module.parameters() if p.requires_grad}
    return list(found)


class ScheduleParams(Block):
    """The learning rate's factor as a function of the step."""

    kind: Literal["constant", "linear", "exponential", "cosine"] = "constant"
    hold: float = Field(0.5, ge=0, lt=1)
    """Share of the steps at the full rate before a linear decay to zero begins."""
    gamma: float = Field(0.999, gt=0, le=1)
    """Factor of an exponential decay, applied once every ``every`` steps."""
    every: Steps = 809
    """Steps between two such multiplications. HiFi-GAN's are epochs: 809 batches of 16 in the
    12,950 training clips of LJSpeech."""

    def factor(self, step: int, steps: int) -> float:
        """Compute the factor at ``step`` of ``steps``: 1 at first.

        With ``linear`` it falls to (almost) 0 at the last step, with ``cosine`` too, along half a
        wave (Loshchilov & Hutter 2017, eq. 5, without restarts), with ``exponential`` a little
        every ``every`` steps.
        """
        if self.kind == "constant":
            return 1.0
        if self.kind == "exponential":
            return self.gamma ** (step // self.every)
        if self.kind == "cosine":
            return 0.5 * (1 + math.cos(math.pi * step / steps))
        held = self.hold * steps
        return min(1.0, (steps - step) / (steps - held))


class EMAParams(Block):
    """An exponential moving average of the weights, which is exported in place of the last ones.

    The running statistics of batch norm are computed anew for it when training ends: an average of
    statistics is not the statistic of averaged weights (Brock et al. 2019, section 3.1).
    """

    decay: float = Field(ge=0, lt=1)
    """Share that the average keeps a step, at most: it grows to this, as step / (step +
    10)."""
    start: Step = 0
    """Steps after which averaging begins; before, the average is the weights themselves."""
