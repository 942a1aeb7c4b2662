"""A transformer over the codes of a finished VQ model, which so learns to draw samples.

Esser et al. 2021, section 3.2.
"""

from collections.abc import Iterator
from typing import Literal

import torch
from pydantic import Field, PositiveFloat
from torch import nn
from torch.nn.functional import cross_entropy
from torch.optim import AdamW, Optimizer

from pipeline.backbones.gpt import GPTParams
from pipeline.block import Count
from pipeline.methods.base import Losses, Method, Update
from pipeline.methods.optimisers import AdamWParams
from pipeline.methods.pretrained import SecondStageRunParams
from pipeline.methods.runs import GenerativeRunParams
from pipeline.models.card import Pretrained
from pipeline.models.code_prior import CodePriorModel, Decoding
from pipeline.samples import DatasetSpec, Labelled


class CodePriorParams(GenerativeRunParams, SecondStageRunParams):
    """The published transformer by default."""

    method: Literal["code_prior"]
    pretrained: str = Field(pattern=r"^models/[^/]+$")
    """The VQ model whose codes it learns, ``models/NAME``; it becomes part of this one."""
    network: GPTParams = GPTParams()
    conditional: bool = False
    """True: samples of a class are supported."""
    temperature: PositiveFloat = 1.0
    """Divisor of logits before drawing: below 1 less varied."""
    top_k: Count | None = None
    """Draw from so many codes, the likeliest."""
    top_p: float | None = Field(None, gt=0, le=1)
    """Draw from the fewest codes that reach this probability together."""
    optimizer: AdamWParams = AdamWParams(lr=3e-4, beta1=0.9, beta2=0.95, weight_decay=0.1)

    def build_model(
        self, data: DatasetSpec, pretrained: Pretrained | None = None
    ) -> CodePriorModel:
        """Build the transformer around the VQ model that was handed in.

        Raises ValueError where there is no VQ model of such samples, or no class to ask for.
        """
        spec = data.spec(self.domains)
        tokenizer = self.pretrained_tokenizer(pretrained, spec)
        if self.conditional and not data.classes:
            raise ValueError(f"conditional: {', '.join(self.domains)} has no classes")
        rows, columns = tokenizer.grid(spec)
        classes = len(data.classes) if self.conditional else 0
        return CodePriorModel(
            tokenizer,
            self.network.build(rows * columns, max(classes, 1), tokenizer.codes),
            (rows, columns),
            classes=classes,
            decoding=Decoding(self.temperature, self.top_k, self.top_p),
        )

    def build(self, data: DatasetSpec, pretrained: Pretrained | None = None) -> "CodePrior":
        """Build the model and its cross-entropy."""
        return CodePrior(self, self.build_model(data, pretrained))


class CodePrior(Method[Labelled]):
    """See `CodePriorParams`."""

    params: CodePriorParams
    model: CodePriorModel

    def optimizers(self) -> dict[str, Optimizer]:
        """Build ``model``: weight decay for the matrices of linear layers alone, as in minGPT."""
        adam = self.params.optimizer
        linear = [m.weight for m in self.model.gpt.modules() if isinstance(m, nn.Linear)]
        chosen = {id(weight) for weight in linear}
        others = [p for p in self.model.gpt.parameters() if id(p) not in chosen]
        groups = [
            {"params": linear, "weight_decay": adam.weight_decay},
            {"params": others, "weight_decay": 0.0},
        ]
        betas = (adam.beta1, adam.beta2)
        return {"model": AdamW(groups, lr=adam.lr, betas=betas, fused=True)}

    def updates(self, batch: Labelled, step: int) -> Iterator[Update]:
        """Yield one update of the cross-entropy of each code given those before it (eq. 11)."""
        with torch.no_grad():
            codes = self.model.tokenizer.encode_codes(batch.x).flatten(1)
        start = batch.y if self.model.classes else torch.zeros_like(batch.y)
        logits = self.model.gpt(start, codes[:, :-1])
        losses = Losses()
        losses.add("cross_entropy", cross_entropy(logits.flatten(0, 1), codes.flatten()))
        yield losses.update("model")
