"""What a finished model can do.

Evaluation, the command line and the demo ask ``isinstance(model, Translator)`` and the like; they
never ask for a model's name. A model may have several capabilities.
"""

from abc import ABC, abstractmethod
from inspect import signature

import torch
from torch import Generator, Tensor

from pipeline.codecs.spectrogram import MelConvention


class Translator(ABC):
    """Turns samples of one domain into samples of another."""

    directions: dict[str, str]
    """Target domain -> source domain, one entry for each direction that was trained."""

    @abstractmethod
    def translate(self, x: Tensor, to: str) -> Tensor:
        """Samples [N, C, H, W] of ``directions[to]`` -> samples of ``to``, of equal H and W.

        Raises KeyError where no direction leads to ``to``.
        """


class Stylist(Translator):
    """Translates in a style that may be chosen, or be taken from another sample."""

    @abstractmethod
    def encode_style(self, y: Tensor) -> Tensor:
        """Samples [N, C, H, W] of a target domain -> their style codes [N, Z]."""

    @abstractmethod
    def translate(self, x: Tensor, to: str, style: Tensor | None = None) -> Tensor:
        """As `Translator.translate`, in the styles [N, Z]; None: in the model's typical style."""


class Sampler(ABC):
    """Draws new samples."""

    classes: int
    """Number of classes that can be asked for; 0 where sampling is unconditional."""

    @abstractmethod
    def sample(
        self, n: int, generator: Generator | None = None, condition: Tensor | None = None
    ) -> Tensor:
        """``n`` samples [n, C, H, W]; ``condition`` holds class indices [n].

        Models may take options beside: see `SAMPLING_OPTIONS`.
        """


class LatentSampler(Sampler):
    """Draws samples by decoding standard normal draws, so that there are ways between samples."""

    latent: int
    """Length Z of a draw."""

    @abstractmethod
    def decode(self, z: Tensor) -> Tensor:
        """Draws [N, Z] -> samples [N, C, H, W]."""

    def draw(self, n: int, generator: Generator | None = None) -> Tensor:
        """``n`` draws [n, Z], where ``generator`` is."""
        return torch.randn(n, self.latent, generator=generator)


class Reconstructor(ABC):
    """Squeezes samples through a bottleneck and back."""

    @abstractmethod
    def reconstruct(self, x: Tensor) -> Tensor:
        """Samples [N, C, H, W] -> their reconstructions, same shape."""


class Latent(ABC):
    """Has a latent space that can be entered and left."""

    @abstractmethod
    def encode(self, x: Tensor) -> Tensor:
        """Samples [N, C, H, W] -> latents [N, Z]."""

    @abstractmethod
    def decode(self, z: Tensor) -> Tensor:
        """Latents [N, Z] -> samples [N, C, H, W]."""


class Scorer(ABC):
    """Gives each sample a number: how well the model explains it."""

    @abstractmethod
    def score(self, x: Tensor) -> Tensor:
        """Samples [N, C, H, W] -> scores [N]; higher means more typical of the training data."""


class Classifier(ABC):
    """Tells classes (digits, domains, speakers) apart; evaluation's judges are such models."""

    classes: tuple[str, ...]

    @abstractmethod
    def classify(self, x: Tensor) -> Tensor:
        """Samples [N, C, H, W] -> logits [N, classes]."""

    @abstractmethod
    def features(self, x: Tensor) -> Tensor:
        """Samples [N, C, H, W] -> features [N, F] of the last hidden layer."""


class Vocoder(ABC):
    """Turns log-mel frames into sound."""

    convention: MelConvention
    """What the frames mean; those of another convention would become noise."""

    @abstractmethod
    def vocode(self, frames: Tensor) -> Tensor:
        """Log-mel frames [N, M, T], not standardised -> waveforms [N, T * hop]."""


CAPABILITIES: dict[str, type] = {
    "translate": Translator,
    "style": Stylist,
    "sample": Sampler,
    "reconstruct": Reconstructor,
    "latent": Latent,
    "score": Scorer,
    "classify": Classifier,
    "vocode": Vocoder,
}


SAMPLING_OPTIONS: dict[str, tuple[float, float, float]] = {
    "temperature": (0.1, 2.0, 1.0),
    "truncation": (0.1, 1.0, 1.0),
}
"""Keywords that `Sampler.sample` of a model may take: least, most, and what changes nothing.

``temperature`` divides the logits that tokens are drawn from; ``truncation`` draws latents nearer
to their mean (Brock et al. 2019, Karras et al. 2019)."""


def sampling_options(model: Sampler) -> tuple[str, ...]:
    """The `SAMPLING_OPTIONS` that ``model`` takes."""
    taken = signature(model.sample).parameters
    return tuple(name for name in SAMPLING_OPTIONS if name in taken)


def capabilities(model: object) -> tuple[str, ...]:
    """The names of what ``model`` can do, as model cards and the demo show them."""
    return tuple(name for name, kind in CAPABILITIES.items() if isinstance(model, kind))
