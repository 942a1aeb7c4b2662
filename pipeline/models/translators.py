"""Translators: a generator for each direction, with styles or in one, and with unseen domains."""

from collections.abc import Mapping
from typing import Literal

from torch import Tensor, nn

from pipeline.capabilities import OneShot, Stylist, Translator
from pipeline.nn.shapes import multiples_of


class GeneratorTranslator(nn.Module, Translator):
    """Feed-forward translators, one a target domain."""

    def __init__(
        self,
        generators: Mapping[str, nn.Module],
        directions: dict[str, tuple[str, ...]],
        mode: Literal["train", "eval"],
        chunk: int | None = None,
    ) -> None:
        """Take generators by target domain.

        Args:
            generators: networks of samples [N, C, H, W].
            directions: target -> its one source.
            mode: how the networks stand at inference.
            chunk: frames that sound is best converted in at a time; None: all.
        """
        super().__init__()
        self.generators = nn.ModuleDict(generators)
        self.directions = directions
        self.mode, self.chunk = mode, chunk

    @property
    def multiple(self) -> int:
        """Height and width of inputs must divide by this."""
        return max(int(getattr(g, "multiple", 1)) for g in self.generators.values())

    def generator(self, to: str) -> nn.Module:
        """Return the network that leads to ``to``."""
        return self.generators[to]

    def translate(self, x: Tensor, to: str) -> Tensor:
        """Translate samples [N, C, H, W] of ``directions[to]`` to samples of ``to``."""
        generator = self.generators[to]
        generator.train(self.mode == "train")
        y: Tensor = generator(x)
        return y


class StyledTranslator(GeneratorTranslator, Stylist):
    """A generator that takes style codes, and the encoder that finds them in pictures."""

    def __init__(self, to: str, of: str, generator: nn.Module, encoder: nn.Module) -> None:
        super().__init__({to: generator}, {to: (of,)}, mode="eval")
        self.encoder = encoder

    def encode_style(self, y: Tensor) -> Tensor:
        """Return the posterior's mean."""
        self.encoder.eval()
        mean: Tensor = self.encoder(y)[0]
        return mean

    def translate(self, x: Tensor, to: str, style: Tensor | None = None) -> Tensor:
        """Translate samples [N, C, H, W] in styles [N, Z]; None: in the prior's mean, 0."""
        generator = self.generators[to].eval()
        y: Tensor = generator(x, style)
        return y


class InStyle(nn.Module, Translator):
    """A stylist that translates everything in one style."""

    def __init__(self, model: Stylist, style: Tensor) -> None:
        """Take a style code [1, Z]."""
        super().__init__()
        self.model = model
        self.directions = model.directions
        self.multiple = int(getattr(model, "multiple", 1))
        self.register_buffer("style", style)

    def translate(self, x: Tensor, to: str) -> Tensor:
        """Translate samples [N, C, H, W] of ``directions[to]`` to those of ``to``, in the style."""
        assert isinstance(self.style, Tensor)
        return self.model.translate(x, to, self.style.expand(len(x), -1))


class WithUnseen(nn.Module, Translator):
    """A one-shot model with domains that it was not trained on, to reach or to start from."""

    def __init__(
        self, model: OneShot, target: tuple[str, Tensor] | None = None, source: str | None = None
    ) -> None:
        """Take the name of a new target with its embedding [Z], and that of a new source."""
        super().__init__()
        self.model, self.chunk = model, getattr(model, "chunk", None)
        self.multiple = multiples_of(model)
        self.target = None if target is None else target[0]
        known = tuple(dict.fromkeys([*model.directions, *(of for of, _ in model.pairs())]))
        directions = model.directions if target is None else {**model.directions, target[0]: known}
        new = () if source is None else (source,)
        self.directions = {to: (*sources, *new) for to, sources in directions.items()}
        self.register_buffer("embedding", None if target is None else target[1])

    def translate(self, x: Tensor, to: str) -> Tensor:
        """Translate samples [N, C, H, W] of any of ``directions[to]`` to samples of ``to``."""
        if to != self.target:
            return self.model.translate(x, to)
        assert isinstance(self.embedding, Tensor)
        return self.model.translate_as(x, self.embedding)
