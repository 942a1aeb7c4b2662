"""Distances of two waveforms' spectra, which ignore phases."""

from torch import Tensor
from torch.nn.functional import l1_loss

from pipeline.codecs.spectrogram import log_mel_unchecked
from pipeline.conventions import MelConvention


def mel_l1(a: Tensor, b: Tensor, convention: MelConvention) -> Tensor:
    """Average absolute differences of the log-mel spectrograms of waveforms [N, samples].

    Kong et al. 2020, eq. 3. In float32, also under autocast; not a number where a wave is not.
    """
    return l1_loss(log_mel_unchecked(a, convention), log_mel_unchecked(b, convention))
