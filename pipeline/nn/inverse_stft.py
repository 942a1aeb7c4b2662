"""The inverse of the short-time Fourier transform, as a layer without weights."""

import torch
from torch import Tensor
from torch.nn.functional import pad


def inverse_stft(spectra: Tensor, hop: int) -> Tensor:
    """Transform complex spectra [N, T, n_fft / 2 + 1] to waves [N, T * hop] of exactly that length.

    The least-squares inverse under a Hann window of n_fft samples (Griffin & Lim 1984, eq. 6):
    windowed frames are added, and divided by the sum of the squared windows. Frame ``t`` is centred
    on sample ``(t + 1/2) * hop``, as `MelConvention` has them, so (n_fft - hop) / 2 samples are cut
    off at each end ("same" padding in Vocos's code). ``torch.istft`` refuses that, for windows
    vanish at the ends that are cut off. ``n_fft - hop`` is even, and ``2 * hop <= n_fft``.
    """
    frames, n_fft = spectra.shape[1], 2 * (spectra.shape[2] - 1)
    window = torch.hann_window(n_fft, device=spectra.device, dtype=torch.float32)
    waves = overlap_add(torch.fft.irfft(spectra, n=n_fft) * window, hop)
    envelope = overlap_add(window.square().expand(1, frames, -1), hop)
    cut = slice((n_fft - hop) // 2, (n_fft - hop) // 2 + frames * hop)
    return waves[:, cut] / envelope[:, cut]


def overlap_add(frames: Tensor, hop: int) -> Tensor:
    """Add frames [N, T, n_fft], each ``hop`` samples after the last, in pieces of a hop.

    Gives [N, (T + P - 1) * hop] where P hops cover a frame; what is beyond the last frame is 0.
    """
    count, length, n_fft = frames.shape
    pieces = -(-n_fft // hop)
    parts = pad(frames, (0, pieces * hop - n_fft)).view(count, length, pieces, hop)
    shifted = [pad(parts[:, :, p], (0, 0, p, pieces - 1 - p)) for p in range(pieces)]
    return torch.stack(shifted).sum(0).flatten(1)
