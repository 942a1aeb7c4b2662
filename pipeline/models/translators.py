"""The finished model of translators: a generator for each direction, one in a chosen style, or
bridges between the latents of a finished VQ model."""

from collections.abc import Mapping
from typing import Literal

from torch import Tensor, nn

from pipeline.backbones.bridge import EncodeTranslateDecode, LatentNetwork
from pipeline.capabilities import Stylist, Translator
from pipeline.models.vq import VQModel


class GeneratorTranslator(nn.Module, Translator):
    """Feed-forward translators, one a target domain."""

    def __init__(
        self,
        generators: Mapping[str, nn.Module],
        directions: dict[str, str],
        mode: Literal["train", "eval"],
        window: int | None = None,
    ) -> None:
        """``directions``: target -> source. ``mode`` is how the networks stand at inference.

        ``window``: of how many frames `translate_in_windows` is to make sound; None: of all.
        """
        super().__init__()
        self.generators = nn.ModuleDict(generators)
        self.directions = directions
        self.mode, self.window = mode, window

    @property
    def multiple(self) -> int:
        """Height and width of inputs must divide by this."""
        return max(int(getattr(g, "multiple", 1)) for g in self.generators.values())

    def generator(self, to: str) -> nn.Module:
        """The network that leads to ``to``."""
        return self.generators[to]

    def translate(self, x: Tensor, to: str) -> Tensor:
        """Samples [N, C, H, W] of ``directions[to]`` -> samples of ``to``."""
        generator = self.generators[to]
        generator.train(self.mode == "train")
        y: Tensor = generator(x)
        return y


class LatentTranslator(nn.Module, Translator):
    """Bridges between the latents of one VQ model, whose encoder and decoder they share."""

    def __init__(
        self,
        tokenizer: VQModel,
        bridges: Mapping[str, LatentNetwork],
        directions: dict[str, str],
        frozen: bool,
    ) -> None:
        """``bridges``: by target. ``directions``: target -> source."""
        super().__init__()
        self.tokenizer, self.bridges = tokenizer, nn.ModuleDict(bridges)
        self.directions, self.multiple = directions, tokenizer.multiple
        tokenizer.quantiser.requires_grad_(False)  # no latent meets the codebook
        if frozen:
            tokenizer.freeze()

    def generator(self, to: str) -> EncodeTranslateDecode:
        """The way to ``to`` as one network, of the same weights."""
        bridge = self.bridges[to]
        assert isinstance(bridge, LatentNetwork)
        return EncodeTranslateDecode(self.tokenizer, bridge)

    def translate(self, x: Tensor, to: str) -> Tensor:
        """Samples [N, C, H, W] of ``directions[to]`` -> samples of ``to``, within their range."""
        self.eval()
        y: Tensor = self.generator(to)(x)
        return y.clamp(-1, 1) if self.tokenizer.bounded else y


class InStyle(nn.Module, Translator):
    """A stylist that translates everything in one style."""

    def __init__(self, model: Stylist, style: Tensor) -> None:
        """``style`` is a code [1, Z]."""
        super().__init__()
        self.model = model
        self.directions = model.directions
        self.multiple = int(getattr(model, "multiple", 1))
        self.register_buffer("style", style)

    def translate(self, x: Tensor, to: str) -> Tensor:
        """Samples [N, C, H, W] of ``directions[to]`` -> samples of ``to``, in the style."""
        assert isinstance(self.style, Tensor)
        return self.model.translate(x, to, self.style.expand(len(x), -1))
