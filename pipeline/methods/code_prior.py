"""A transformer over the codes of a finished VQ model, which so learns to draw samples.

Esser et al. 2021, section 3.2.
"""

from collections.abc import Iterator
from typing import Any, Literal

import torch
from pydantic import Field, PositiveFloat, PositiveInt
from torch import Generator, Tensor, nn
from torch.nn.functional import cross_entropy
from torch.optim import AdamW, Optimizer

from pipeline.backbones.gpt import GPT, GPTParams
from pipeline.capabilities import Sampler
from pipeline.methods.base import (
    AdamWParams,
    GenerativeRunParams,
    StackedMethod,
    StackedRunParams,
    Update,
)
from pipeline.models.vq import VQModel
from pipeline.nn.drawing import pick
from pipeline.samples import Batch, Labelled, Spec


class CodePriorParams(GenerativeRunParams, StackedRunParams):
    """The published transformer by default."""

    method: Literal["code_prior"]
    pretrained: str = Field(pattern=r"^models/[^/]+$")
    """The VQ model whose codes it learns, ``models/NAME``; it becomes part of this one."""
    network: GPTParams = GPTParams()
    conditional: bool = False
    """Whether classes can be asked for."""
    temperature: PositiveFloat = 1.0
    """What logits are divided by before drawing: below 1 less varied."""
    top_k: PositiveInt | None = None
    """Draw from so many codes, the likeliest."""
    top_p: float | None = Field(None, gt=0, le=1)
    """Draw from the fewest codes that reach this probability together."""
    optimizer: AdamWParams = AdamWParams(rate=3e-4, beta1=0.9, beta2=0.95, decay=0.1)

    def build_model(self, specs: dict[str, Spec], classes: tuple[str, ...]) -> "CodePriorModel":
        """The transformer and the model that it stands on, with fresh weights.

        Raises ValueError where there is no VQ model of such samples to stand on.
        """
        tokenizer = self.ground().build_model()
        seen, spec = list(self.ground().specs.values()), specs[self.domain]
        if not isinstance(tokenizer, VQModel):
            raise ValueError(f"{self.pretrained} has no codes")
        if seen != [spec]:
            raise ValueError(f"{self.pretrained} codes samples of {seen}, but these are of {spec}")
        if self.conditional and not classes:
            raise ValueError(f"conditional: {self.domain} has no classes")
        return CodePriorModel(tokenizer, spec, classes if self.conditional else (), self)

    def build(self, specs: dict[str, Spec], classes: tuple[str, ...]) -> "CodePrior":
        """The model and its cross-entropy."""
        return CodePrior(self.build_model(specs, classes), adam=self.optimizer)


class CodePriorModel(nn.Module, Sampler):
    """Draws codes one after the other, row by row, and decodes them."""

    def __init__(
        self, tokenizer: VQModel, spec: Spec, classes: tuple[str, ...], params: CodePriorParams
    ) -> None:
        super().__init__()
        self.tokenizer = tokenizer.freeze()
        self.rows, self.columns = tokenizer.grid(spec)
        self.classes = len(classes)
        self.gpt: GPT = params.network.build(
            self.rows * self.columns, max(self.classes, 1), tokenizer.codes
        )
        self.temperature, self.top_k, self.top_p = params.temperature, params.top_k, params.top_p

    def sample(
        self,
        n: int,
        generator: Generator | None = None,
        condition: Tensor | None = None,
        temperature: float | None = None,
        top_k: float | None = None,
        top_p: float | None = None,
    ) -> Tensor:
        """Decoded draws; of classes drawn evenly where none are asked for.

        By the parameters' temperature, top-k and top-p where none are given; a top-k of 0 draws
        from all codes.
        """
        if condition is None:
            condition = torch.randint(max(self.classes, 1), (n,), generator=generator)
        elif not self.classes:
            raise ValueError("classes can't be asked for: it was trained without (conditional)")
        levels = torch.rand(self.gpt.length, n, generator=generator)
        device = self.gpt.places.device
        how: dict[str, Any] = {
            "temperature": self.temperature if temperature is None else temperature,
            "k": self.top_k if top_k is None else int(top_k) or None,
            "p": self.top_p if top_p is None else top_p,
        }
        codes = self.draw(condition.to(device), levels.to(device), **how)
        return self.tokenizer.decode_codes(codes.view(n, self.rows, self.columns))

    @torch.no_grad()
    def draw(self, start: Tensor, levels: Tensor, **how: Any) -> Tensor:
        """Codes [N, T] for starts [N], from uniform numbers [T, N]; ``how``: as `pick` is told."""
        caches = self.gpt.empty_caches(len(start))
        drawn: list[Tensor] = []
        for at, level in enumerate(levels):
            logits = self.gpt.step(start, drawn[-1] if drawn else None, at, caches)
            drawn.append(pick(logits, level, **how))
        return torch.stack(drawn, dim=1)


class CodePrior(StackedMethod):
    """See `CodePriorParams`; batches are `Labelled`."""

    def __init__(self, model: CodePriorModel, *, adam: AdamWParams) -> None:
        super().__init__()
        self.model: CodePriorModel = model
        self.adam = adam

    def stand_on(self, finished: nn.Module) -> None:
        """Takes the VQ model's weights."""
        self.model.tokenizer.load_state_dict(finished.state_dict())

    def optimizers(self) -> dict[str, Optimizer]:
        """``model``: weight decay for the matrices of linear layers alone, as in minGPT."""
        linear = [m.weight for m in self.model.gpt.modules() if isinstance(m, nn.Linear)]
        chosen = {id(weight) for weight in linear}
        others = [p for p in self.model.gpt.parameters() if id(p) not in chosen]
        groups = [
            {"params": linear, "weight_decay": self.adam.decay},
            {"params": others, "weight_decay": 0.0},
        ]
        betas = (self.adam.beta1, self.adam.beta2)
        return {"model": AdamW(groups, lr=self.adam.rate, betas=betas, fused=True)}

    def updates(self, batch: Batch, step: int) -> Iterator[Update]:
        """One update of the cross-entropy of each code given those before it (eq. 11)."""
        assert isinstance(batch, Labelled)
        with torch.no_grad():
            codes = self.model.tokenizer.encode_codes(batch.x).flatten(1)
        start = batch.y if self.model.classes else torch.zeros_like(batch.y)
        logits = self.model.gpt(start, codes[:, :-1])
        nats = cross_entropy(logits.flatten(0, 1), codes.flatten())
        yield Update("model", nats, {"cross_entropy": nats})
