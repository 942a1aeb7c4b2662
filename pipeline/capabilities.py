"""Capabilities of finished models.

Evaluation, the command line and the demo ask ``isinstance(model, Translator)`` and the like; they
never ask for a model's name. A model may have several capabilities.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from typing import TYPE_CHECKING, ClassVar

from pipeline.options import Option

if TYPE_CHECKING:  # so that the command line can name capabilities without loading torch
    from torch import Generator, Tensor, device

    from pipeline.conventions import SoundConvention


class Translator(ABC):
    """Turns samples of one domain into samples of another."""

    directions: dict[str, tuple[str, ...]]
    """Target domain -> the source domains that were trained to lead there, one or more."""

    @abstractmethod
    def translate(self, x: Tensor, to: str) -> Tensor:
        """Translate samples [N, C, H, W] of any of ``directions[to]`` to samples of ``to``.

        Height and width stay. Raises KeyError where no direction leads to ``to``.
        """

    def pairs(self) -> list[tuple[str, str]]:
        """List each direction as its source and its target."""
        return [(of, to) for to, sources in self.directions.items() for of in sources]

    def leads(self, of: str, to: str) -> bool:
        """Tell whether there is a direction from ``of`` to ``to``."""
        return of in self.directions.get(to, ())


class Stylist(Translator):
    """Translates in a style that may be chosen, or be taken from another sample."""

    @abstractmethod
    def encode_style(self, y: Tensor) -> Tensor:
        """Encode samples [N, C, H, W] of a target domain to their style codes [N, Z]."""

    @abstractmethod
    def translate(self, x: Tensor, to: str, style: Tensor | None = None) -> Tensor:
        """Translate as `Translator` does, in styles [N, Z]; None: the model's typical style."""


class OneShot(Translator):
    """Translates into domains that it was not trained on, too, of which a few samples are known."""

    @abstractmethod
    def embed(self, x: Tensor) -> Tensor:
        """Embed samples [N, C, H, W], of whatever domain: [N, Z]. A domain is embedded as the mean
        of its samples."""

    @abstractmethod
    def translate_as(self, x: Tensor, embedding: Tensor) -> Tensor:
        """Translate samples [N, C, H, W], of whatever domain, into that of an embedding [Z]."""

    @abstractmethod
    def remember(self, x: Tensor, labels: Tensor) -> None:
        """Take samples [N, C, H, W] of the domains that it is trained on, by their numbers [N],
        into those domains' embeddings."""


class Sampler(ABC):
    """Draws new samples."""

    classes: int
    """Number of classes that can be asked for; 0 where sampling is unconditional."""
    options: ClassVar[tuple[Option, ...]] = ()
    """Those of `SAMPLING_OPTIONS` that its `sample` takes as keywords."""

    @abstractmethod
    def sample(
        self, n: int, generator: Generator | None = None, condition: Tensor | None = None
    ) -> Tensor:
        """Draw ``n`` samples [n, C, H, W]; ``condition`` holds class indices [n].

        Takes its ``options`` as further keywords. Raises ValueError where a class is asked for and
        the model has none.
        """

    def defaults(self) -> dict[Option, float]:
        """Return what each of its options is where none is given."""
        return {option: option.neutral for option in self.options}


class LatentSampler(Sampler):
    """Draws samples by decoding standard normal draws, so one can interpolate between samples."""

    latent: int
    """Length Z of a draw."""

    @abstractmethod
    def decode(self, z: Tensor) -> Tensor:
        """Decode draws [N, Z] to samples [N, C, H, W]."""

    def draw(
        self, n: int, generator: Generator | None = None, device: device | None = None
    ) -> Tensor:
        """Draw ``n`` latents [n, Z] on ``device``, where ``generator`` has to be; None: the
        processor."""
        import torch

        return torch.randn(n, self.latent, generator=generator, device=device)


class StyleSpace(ABC):
    """Draws samples of styles w, one for each layer: the first say what is coarse, the last what
    is fine (pose; features; colours)."""

    layers: int
    """Number L of the w that a sample takes."""

    @abstractmethod
    def to_w(self, z: Tensor, labels: Tensor | None = None) -> Tensor:
        """Map draws [N, Z], of classes ``labels`` [N], to w [N, W]; None: all of the first."""

    @abstractmethod
    def synthesise(self, ws: Tensor) -> Tensor:
        """Draw samples [N, C, H, W] of a w for each layer [N, L, W]: equal ones give equal ones."""

    def of_w(self, w: Tensor) -> Tensor:
        """Draw samples [N, C, H, W] of w [N, W], one for all layers."""
        return self.synthesise(w[:, None].expand(-1, self.layers, -1))

    def mix(self, coarse: Tensor, fine: Tensor, layer: int) -> Tensor:
        """Draw samples [N, C, H, W] of two w [N, W], the second from ``layer`` on, 0 to L.

        StyleGAN's style mixing (Karras et al. 2019, section 3.1).
        """
        import torch

        shared = [coarse[:, None].expand(-1, layer, -1)]
        shared.append(fine[:, None].expand(-1, self.layers - layer, -1))
        return self.synthesise(torch.cat(shared, dim=1))


class Reconstructor(ABC):
    """Squeezes samples through a bottleneck and back."""

    @abstractmethod
    def reconstruct(self, x: Tensor) -> Tensor:
        """Reconstruct samples [N, C, H, W], same shape."""


class Latent(ABC):
    """Has a latent space that can be entered and left."""

    @abstractmethod
    def encode(self, x: Tensor) -> Tensor:
        """Encode samples [N, C, H, W] to latents [N, Z]."""

    @abstractmethod
    def decode(self, z: Tensor) -> Tensor:
        """Decode latents [N, Z] to samples [N, C, H, W]."""


class Tokenizer(ABC):
    """Writes samples as grids of whole numbers, which a language model can learn."""

    codes: int
    """Number of codes, from 0 on."""

    @abstractmethod
    def encode_codes(self, x: Tensor) -> Tensor:
        """Encode samples [N, C, H, W] to codes [N, h, w], int64."""

    @abstractmethod
    def decode_codes(self, codes: Tensor) -> Tensor:
        """Decode codes [N, h, w] to samples [N, C, H, W]."""


class Scorer(ABC):
    """Gives each sample a number: how well the model explains it."""

    @abstractmethod
    def score(self, x: Tensor) -> Tensor:
        """Compute scores [N] of samples [N, C, H, W].

        Higher means more typical of the training data.
        """


class Classifier(ABC):
    """Tells classes (digits, domains, speakers) apart; evaluation's classifiers are such models."""

    class_names: tuple[str, ...]

    @abstractmethod
    def classify(self, x: Tensor) -> Tensor:
        """Compute logits [N, classes] of samples [N, C, H, W]."""

    @abstractmethod
    def features(self, x: Tensor) -> Tensor:
        """Compute features [N, F] of samples [N, C, H, W]: those of the last hidden layer."""


class Vocoder(ABC):
    """Turns frames into sound: log-mel, or, for WORLD, its parameters."""

    convention: SoundConvention
    """The convention of its frames; those of another would become noise."""

    @abstractmethod
    def vocode(self, frames: Tensor) -> Tensor:
        """Convert frames [N, M, T], not standardised, to waveforms [N, T * hop]."""


CAPABILITIES: dict[str, type] = {
    "translate": Translator,
    "style": Stylist,
    "one-shot": OneShot,
    "sample": Sampler,
    "style-space": StyleSpace,
    "reconstruct": Reconstructor,
    "latent": Latent,
    "codes": Tokenizer,
    "score": Scorer,
    "classify": Classifier,
    "vocode": Vocoder,
}


def capabilities(model: object) -> tuple[str, ...]:
    """Name what ``model`` can do, as model cards and the demo show it."""
    return tuple(name for name, kind in CAPABILITIES.items() if isinstance(model, kind))


def task_of(source: str, target: str) -> str:
    """Name a direction as results and their figures do: ``horse_to_zebra``."""
    return f"{source}_to_{target}"


def abilities(model: object) -> str:
    """Say what ``model`` can do, with a translator's directions."""
    names = list(capabilities(model))
    if isinstance(model, Translator):
        directions = [f"{' or '.join(of)} -> {to}" for to, of in model.directions.items()]
        names[names.index("translate")] = f"translate {', '.join(directions)}"
    return "; ".join(names)
