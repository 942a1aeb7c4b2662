"""Runs that build on what another stage has trained."""

from abc import ABC
from typing import ClassVar

from pydantic import Field

from pipeline.methods.base import RunParams
from pipeline.models.card import MOST_BELOW, Pretrained
from pipeline.models.vq import VQModel
from pipeline.samples import Spec


class SecondStageRunParams(RunParams, ABC):
    """A run that may build on another stage's output."""

    most_below: ClassVar[int] = MOST_BELOW
    """Models that one is built on, one on another."""

    pretrained: str | None = Field(None, pattern=r"^(classifiers|models)/[^/]+$")
    """The model below ``data/`` that is trained first: ``classifiers/NAME`` or ``models/NAME``. A
    block that says so is one of ``second_stage``, whose stages depend on it."""

    @property
    def built_on(self) -> str:
        """``classifiers`` or ``models``, whichever ``pretrained`` is one of; empty without."""
        return (self.pretrained or "").partition("/")[0]

    def handed_in(self, pretrained: Pretrained | None) -> Pretrained:
        """Return what was handed in; raise ValueError where nothing was."""
        if pretrained is None:
            raise ValueError(f"{self.pretrained} has to be trained first")
        return pretrained

    def pretrained_tokenizer(self, pretrained: Pretrained | None, spec: Spec) -> VQModel:
        """Return the VQ model that was handed in.

        Raises ValueError where there is none, or it codes other samples than those of ``spec``.
        """
        model, card = self.handed_in(pretrained)
        if not isinstance(model, VQModel):
            raise ValueError(f"{self.pretrained} has no codes")
        trained_on = next(iter(card.data.specs.values()))
        if not trained_on.same_kind(spec):
            raise ValueError(
                f"{self.pretrained} codes samples of {trained_on}, but these are of {spec}"
            )
        return model
