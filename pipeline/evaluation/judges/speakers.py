"""Speaker similarity by a network that tells speakers apart: Resemblyzer's encoder.

It was trained by the generalised end-to-end loss (Wan, Wang, Papir and Lopez Moreno, "Generalized
end-to-end loss for speaker verification", ICASSP 2018) on several thousand speakers (LibriSpeech,
VoxCeleb 1 and 2). An utterance's embedding is the mean of those of its partial utterances of 1.6 s,
brought to unit length; two are compared by their dot product. Natural recordings of VCC 2016 have
0.90 to the mean of their speaker's other recordings and 0.65 to other speakers'. Weights come with
the package ``resemblyzer``; the network is defined here, because the package's own code needs a C
extension.

Equal to the package on equal input, but its preparation of recordings is not repeated:

- Loudness. The network's mel bands are no logarithms, so loudness matters: 6 dB more or less in one
  of two compared recordings cost 0.03 of similarity (VCC 2016). The package makes quiet ones louder
  and leaves loud ones; here every one is brought to `LEVEL`, so that a converter is not judged by
  its gain.
- Silence. The package drops it by the detector of WebRTC; here stretches count as silent that are
  `SILENCE` dB below the loudest. On VCC 2016 similarities differ by 0.004 on average for that,
  where leaving silence in makes 0.012.
"""

import math
from functools import lru_cache

import torch
from torch import Tensor, nn
from torch.nn import functional as F

from pipeline.datasets.recordings import LEVEL, SILENT
from pipeline.errors import UserError
from pipeline.evaluation.judges.sound import RATE, resampled
from pipeline.evaluation.weights import Weights, packaged_weights

N_FFT, HOP, MELS = 400, 160, 40
"""Window of 25 ms and step of 10 ms, samples; bands of power."""

PARTIAL, STEP = 160, 77
"""Frames of a partial utterance, and between the beginnings of two: 1.3 a second."""

COVERAGE = 0.75
"""Share of the last partial utterance that must be sound, unless it is the only one."""

STRETCH, SILENCE, HANGOVER = 480, 30.0, 3
"""Samples (30 ms) that are silent or not; dB below the loudest stretch; how many stretches beside
one that is not silent are kept."""

BATCH = 64
"""Partial utterances that the network is given at once."""


class SpeakerEncoder(nn.Module):
    """Three LSTM layers over mel frames; the last state's projection has unit length."""

    def __init__(self, mels: int = MELS, width: int = 256, layers: int = 3) -> None:
        """Build with fresh weights."""
        super().__init__()
        self.lstm = nn.LSTM(mels, width, layers, batch_first=True)
        self.linear = nn.Linear(width, width)

    def forward(self, mels: Tensor) -> Tensor:
        """Embed partial utterances [N, T, M] as [N, 256]: non-negative, of unit length."""
        _, (hidden, _) = self.lstm(mels)
        return F.normalize(self.linear(hidden[-1]).relu(), dim=1)


class Speakers:
    """Embeds voices, so that those of one speaker are similar."""

    name = "resemblyzer"

    def __init__(self, encoder: SpeakerEncoder, weights: Weights) -> None:
        """Take a trained encoder, and where its weights come from."""
        self.encoder, self.weights = encoder.eval().requires_grad_(False), weights

    @classmethod
    def load(cls) -> "Speakers":
        """Load the installed package's weights; raises UserError where it is missing."""
        weights = packaged_weights("resemblyzer", "pretrained.pt")
        encoder = SpeakerEncoder()
        try:
            state = torch.load(weights.path, map_location="cpu", weights_only=True)["model_state"]
            encoder.load_state_dict({name: state[name] for name in encoder.state_dict()})
        except Exception as error:  # whatever a damaged file makes of the reader
            raise UserError(f"can't read {weights.path}: {error}") from error
        return cls(encoder, weights)

    @property
    def protocol(self) -> dict[str, str | float]:
        """The encoder, its origin and how sound is prepared, which numbers depend on."""
        return {"judge": self.name, **self.weights.protocol, "level": LEVEL, "silence": SILENCE}

    @torch.no_grad()
    def embed(self, wave: Tensor, rate: int) -> Tensor:
        """Embed an utterance [samples] at ``rate`` as [256], of unit length.

        What is silent has an embedding too, though no meaning. Raises ValueError where the wave is
        empty or has a sample that is not finite.
        """
        partials = torch.split(partial_utterances(prepared(resampled(wave, rate))), BATCH)
        return mean_embedding(torch.cat([self.encoder(batch) for batch in partials]))


def mean_embedding(embeddings: Tensor) -> Tensor:
    """Average embeddings [N, 256], of one utterance or speaker, to one of unit length, [256]."""
    return F.normalize(embeddings.mean(0), dim=0)


def prepared(wave: Tensor) -> Tensor:
    """Drop silence from a wave [samples] at `RATE` and bring the rest to `LEVEL`: [samples']."""
    heard = without_silence(wave)
    loudness = float(heard.square().mean().sqrt())
    return heard if loudness < SILENT else heard * (10 ** (LEVEL / 20) / loudness)


def without_silence(wave: Tensor) -> Tensor:
    """Drop the stretches of a wave [samples] that are silent: [samples'].

    A wave of less than one stretch is returned as it is.
    """
    stretches = wave[: len(wave) // STRETCH * STRETCH].reshape(-1, STRETCH)
    if not len(stretches):
        return wave
    power = stretches.square().mean(1)
    heard = (power >= power.max() * 10 ** (-SILENCE / 10)).float()
    kept = F.max_pool1d(heard[None], 2 * HANGOVER + 1, stride=1, padding=HANGOVER)[0]
    return stretches[kept > 0].flatten()


def partial_utterances(wave: Tensor) -> Tensor:
    """Cut a wave [samples] at `RATE` into partial utterances of mel power, [N, 160, 40].

    They overlap by half. The last one is filled up with silence where sound covers enough of it,
    else left out.
    """
    frames = math.ceil((len(wave) + 1) / HOP)
    starts = list(range(0, max(1, frames - PARTIAL + STEP + 1), STEP))
    if len(starts) > 1 and len(wave) / HOP - starts[-1] < COVERAGE * PARTIAL:
        starts.pop()
    wave = F.pad(wave, (0, max(0, (starts[-1] + PARTIAL) * HOP - len(wave))))
    mel = mel_power(wave)
    return torch.stack([mel[start : start + PARTIAL] for start in starts])


def mel_power(wave: Tensor) -> Tensor:
    """Return the power of mel bands of a wave [samples] at `RATE`, [1 + samples // 160, 40].

    Frames are centred on multiples of the hop, with zeros beyond the ends.
    """
    window = torch.hann_window(N_FFT)
    padded = F.pad(wave, (N_FFT // 2, N_FFT // 2))
    spectra = torch.fft.rfft(padded.unfold(0, N_FFT, HOP) * window)
    power: Tensor = spectra.abs().square()
    return power @ _filters()


@lru_cache(maxsize=1)
def _filters() -> Tensor:
    """Return Slaney's mel filters over all frequencies, [201, 40]."""
    from torchaudio.functional import melscale_fbanks

    bank: Tensor = melscale_fbanks(
        N_FFT // 2 + 1, 0.0, RATE / 2, MELS, RATE, norm="slaney", mel_scale="slaney"
    )
    return bank
