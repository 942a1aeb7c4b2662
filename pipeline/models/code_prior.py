"""A transformer over the codes of a VQ model, which so draws samples (Esser et al. 2021)."""

from typing import Any, NamedTuple

import torch
from torch import Generator, Tensor, nn

from pipeline.backbones.gpt import GPT
from pipeline.capabilities import Sampler
from pipeline.models.sampling import draw_labels
from pipeline.models.vq import VQModel
from pipeline.nn.drawing import pick
from pipeline.options import TEMPERATURE, TOP_K, TOP_P, Option


class Decoding(NamedTuple):
    """Parameters of drawing codes from logits."""

    temperature: float
    top_k: int | None
    top_p: float | None


class CodePriorModel(nn.Module, Sampler):
    """Draws codes one after the other, row by row, and decodes them."""

    options = (TEMPERATURE, TOP_K, TOP_P)

    def __init__(
        self,
        tokenizer: VQModel,
        gpt: GPT,
        grid: tuple[int, int],
        *,
        classes: int,
        decoding: Decoding,
    ) -> None:
        """Take a finished VQ model, a transformer over ``grid`` (rows, columns) of its codes."""
        super().__init__()
        self.tokenizer = tokenizer.freeze()
        self.gpt = gpt
        self.rows, self.columns = grid
        self.classes = classes
        self.decoding = decoding

    def defaults(self) -> dict[Option, float]:
        """Return what it was trained to draw by."""
        return {
            TEMPERATURE: self.decoding.temperature,
            TOP_K: self.decoding.top_k or TOP_K.neutral,
            TOP_P: self.decoding.top_p or TOP_P.neutral,
        }

    def sample(
        self,
        n: int,
        generator: Generator | None = None,
        condition: Tensor | None = None,
        temperature: float | None = None,
        top_k: float | None = None,
        top_p: float | None = None,
    ) -> Tensor:
        """Decode drawn codes; of classes drawn evenly where none are asked for.

        By the parameters' temperature, top-k and top-p where none are given; a top-k of 0 draws
        from all codes. Raises ValueError where a class is not supported.
        """
        labels = draw_labels(self.classes, n, generator, condition)
        if labels is None:
            labels = torch.zeros(n, dtype=torch.int64)
        levels = torch.rand(self.gpt.length, n, generator=generator)
        device = self.gpt.places.device
        own = self.decoding
        how: dict[str, Any] = {
            "temperature": own.temperature if temperature is None else temperature,
            "k": own.top_k if top_k is None else int(top_k) or None,
            "p": own.top_p if top_p is None else top_p,
        }
        codes = self.draw(labels.to(device), levels.to(device), **how)
        return self.tokenizer.decode_codes(codes.view(n, self.rows, self.columns))

    @torch.no_grad()
    def draw(self, start: Tensor, levels: Tensor, **how: Any) -> Tensor:
        """Draw codes [N, T] for starts [N], from uniform numbers [T, N]; ``how``: as for `pick`."""
        caches = self.gpt.empty_caches(len(start))
        drawn: list[Tensor] = []
        for at, level in enumerate(levels):
            logits = self.gpt.step(start, drawn[-1] if drawn else None, at, caches)
            drawn.append(pick(logits, level, **how))
        return torch.stack(drawn, dim=1)
