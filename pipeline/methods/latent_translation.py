"""Translators whose generators may work between the latents of a finished VQ model."""

from abc import ABC
from typing import Self

from pydantic import model_validator

from pipeline.backbones import OneWayGeneratorParams, TwoWayGeneratorParams
from pipeline.backbones.latent import LatentTranslationParams
from pipeline.methods.pretrained import SecondStageRunParams
from pipeline.methods.runs import TranslatorRunParams
from pipeline.models.card import Pretrained
from pipeline.models.latent_translator import LatentTranslator
from pipeline.models.translators import GeneratorTranslator
from pipeline.samples import DatasetSpec


class LatentTranslationRunParams(TranslatorRunParams, SecondStageRunParams, ABC):
    """A run whose generators are networks of samples, or of a finished VQ model's latents."""

    generator: OneWayGeneratorParams | TwoWayGeneratorParams

    @model_validator(mode="after")
    def _builds_on_its_tokenizer(self) -> Self:
        latent = isinstance(self.generator, LatentTranslationParams)
        if self.built_on != ("models" if latent else ""):
            raise ValueError(
                "generator: {kind: latent} and pretrained: models/NAME belong together, found "
                f"pretrained: {self.pretrained}"
            )
        return self

    def build_latent_translator(
        self,
        params: LatentTranslationParams,
        data: DatasetSpec,
        directions: dict[str, tuple[str, ...]],
        pretrained: Pretrained | None,
    ) -> LatentTranslator:
        """Build a network for each direction, target -> source, around the VQ model handed in.

        Raises ValueError where there is no VQ model, or it codes other samples than the domains'.
        """
        for name in self.domains:
            tokenizer = self.pretrained_tokenizer(pretrained, data.specs[name])
        dim = tokenizer.quant_conv.out_channels
        networks = {to: params.build(dim) for to in directions}
        return LatentTranslator(
            tokenizer, networks, directions, frozen=params.tokenizer == "frozen"
        )


Translators = GeneratorTranslator | LatentTranslator
