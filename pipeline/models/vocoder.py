"""A trained vocoder."""

from torch import Tensor, nn

from pipeline.capabilities import Vocoder
from pipeline.conventions import MelConvention


class VocoderModel(nn.Module, Vocoder):
    """A generator of waveforms and what the mel frames that it takes mean."""

    convention: MelConvention

    def __init__(self, generator: nn.Module, convention: MelConvention) -> None:
        """Take a ``generator`` [N, M, T] -> [N, 1, T * hop]."""
        super().__init__()
        self.generator = generator
        self.convention = convention

    def vocode(self, frames: Tensor) -> Tensor:
        """Convert log-mel frames [N, M, T] to waveforms [N, T * hop].

        HiFi-GAN's are in [-1, 1]; those of Vocos may pass that, as Griffin-Lim's do.
        """
        wave: Tensor = self.generator(frames).squeeze(1)
        return wave
