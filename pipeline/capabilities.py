"""What a finished model can do.

Evaluation, the command line and the demo ask ``isinstance(model, Translator)`` and the like; they
never ask for a model's name. A model may have several capabilities.
"""

from abc import ABC, abstractmethod
from inspect import signature
from typing import NamedTuple

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

    def draw(self, n: int, generator: Generator | None = None, truncation: float = 1.0) -> Tensor:
        """``n`` draws [n, Z], where ``generator`` is; ``truncation``: see `SAMPLING_OPTIONS`."""
        return truncation * torch.randn(n, self.latent, generator=generator)


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


class Tokenizer(ABC):
    """Writes samples as grids of whole numbers, which a language model can learn."""

    codes: int
    """How many numbers there are, from 0 on."""

    @abstractmethod
    def encode_codes(self, x: Tensor) -> Tensor:
        """Samples [N, C, H, W] -> codes [N, h, w], int64."""

    @abstractmethod
    def decode_codes(self, codes: Tensor) -> Tensor:
        """Codes [N, h, w] -> samples [N, C, H, W]."""


class Scorer(ABC):
    """Gives each sample a number: how well the model explains it."""

    @abstractmethod
    def score(self, x: Tensor) -> Tensor:
        """Samples [N, C, H, W] -> scores [N]; higher means more typical of the training data."""


class Classifier(ABC):
    """Tells classes (digits, domains, speakers) apart; evaluation's classifiers are such models."""

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
    "codes": Tokenizer,
    "score": Scorer,
    "classify": Classifier,
    "vocode": Vocoder,
}


class Option(NamedTuple):
    """A number that says how to draw samples."""

    least: float
    most: float
    neutral: float
    """What changes nothing."""
    step: float


SAMPLING_OPTIONS: dict[str, Option] = {
    "temperature": Option(0.1, 2.0, 1.0, 0.05),
    "top_k": Option(0, 64, 0, 1),
    "top_p": Option(0.05, 1.0, 1.0, 0.05),
    "truncation": Option(0.1, 1.0, 1.0, 0.05),
}
"""Keywords that `Sampler.sample` of a model may take, within what is worth trying.

``temperature`` divides the logits that codes are drawn from; ``top_k`` draws from so many, the
likeliest (0: from all), ``top_p`` from the fewest that reach this probability together;
``truncation`` draws latents nearer to their mean (psi of Karras et al. 2019)."""


def sampling_options(model: Sampler) -> dict[str, float]:
    """The `SAMPLING_OPTIONS` that ``model`` takes, and what it does where none is given.

    That is its attribute of the option's name, or else what changes nothing.
    """
    taken = signature(model.sample).parameters
    defaults = {name: getattr(model, name, None) for name in SAMPLING_OPTIONS if name in taken}
    return {
        name: SAMPLING_OPTIONS[name].neutral if value is None else float(value)
        for name, value in defaults.items()
    }


def capabilities(model: object) -> tuple[str, ...]:
    """The names of what ``model`` can do, as model cards and the demo show them."""
    return tuple(name for name, kind in CAPABILITIES.items() if isinstance(model, kind))
