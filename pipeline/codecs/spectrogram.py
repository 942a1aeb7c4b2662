"""Waveform to log-mel spectrogram and back, in the framing that mel vocoders share.

A mel of one convention in the vocoder of another is noise, so the convention is a value that
travels with every artefact. The default is HiFi-GAN's (Kong, Kim and Bae, 2020, arXiv:2010.05646;
``meldataset.py`` of its repository).
"""

from functools import lru_cache
from typing import Any

import numpy as np
import torch
from torch import Tensor
from torch.nn import functional as F

from pipeline.conventions import HIFI_GAN, MelConvention
from pipeline.nn.padding import reflected

_INVERSION_STEPS = 10


def log_mel(wave: Tensor, convention: MelConvention = HIFI_GAN) -> Tensor:
    """Return the log-mel spectrogram of a waveform.

    Differentiable, always in float32, also under autocast.

    Args:
        wave: ``[N]`` or ``[B, N]``, in [-1, 1], at ``convention.rate``; N at least one hop.

    Returns:
        ``[M, T]`` or ``[B, M, T]`` with ``T = N // hop``, at least ``log(floor)``.

    Raises:
        ValueError: wrong shape, integers, shorter than one hop, or a sample that is not finite.
    """
    if wave.ndim not in (1, 2) or not wave.is_floating_point():
        raise ValueError(f"a wave is [N] or [B, N] of floats, not {wave.dtype} {list(wave.shape)}")
    if wave.shape[-1] < convention.hop:
        raise ValueError(f"{wave.shape[-1]} samples are less than one hop of {convention.hop}")
    check_finite(wave)
    return log_mel_unchecked(wave, convention)


def check_finite(wave: Tensor) -> None:
    """Raise ValueError where a sample is not finite."""
    # What is not finite never adds up to what is, and a sum takes a twentieth of the time.
    if not torch.isfinite(wave.sum()) and not torch.isfinite(wave).all():
        raise ValueError("the wave has samples that are not finite")


def log_mel_unchecked(wave: Tensor, convention: MelConvention) -> Tensor:
    """Compute `log_mel` for waves that are known to fit, as in training.

    A look at every sample would make an accelerator wait, and a loss that is no number is the
    loop's to report.
    """
    with torch.autocast(wave.device.type, enabled=False):
        logarithm = torch.log if convention.log == "ln" else torch.log10
        bands = _bands(_spectra(wave.float(), convention), convention)
        return logarithm(bands.clamp(min=convention.floor))


@torch.no_grad()
def griffin_lim(
    log_mel: Tensor,
    convention: MelConvention = HIFI_GAN,
    iterations: int = 32,
    momentum: float = 0.99,
) -> Tensor:
    """Return a waveform whose log-mel spectrogram is close to the given one.

    Fast Griffin-Lim (Perraudin, Balazs and Sondergaard, 2013) on the magnitudes of
    ``magnitude_from_mel``, from random phases of a fixed seed: equal input, equal output.

    Args:
        log_mel: ``[M, T]`` in the convention's logarithm, T at least 1.
        iterations: rounds of projection; twice as many as 32 gain 0.04 dB of mel-cepstral
            distortion on speech, half as many lose 0.07 dB.
        momentum: 0 (plain Griffin-Lim) to below 1, as in librosa and torchaudio.

    Returns:
        ``[N]`` with ``N = T * hop``, float32, not clipped.

    Raises:
        ValueError: wrong shape, a value that is not finite or not a magnitude, or iterations
            or momentum out of range.
    """
    if iterations < 0:
        raise ValueError(f"iterations is {iterations}, not 0 or more")
    if not 0 <= momentum < 1:
        raise ValueError(f"momentum is {momentum}, not in [0, 1)")
    magnitude = magnitude_from_mel(log_mel, convention).T.contiguous()  # [T, F]: fast transforms
    # Drawn on the CPU so that the result does not depend on the device's generator.
    angle = torch.rand(magnitude.shape, generator=torch.Generator().manual_seed(0))
    phase = torch.polar(torch.ones_like(angle), 2 * torch.pi * angle).to(magnitude.device)
    previous = torch.zeros_like(phase)
    envelope = _envelope(len(magnitude), convention, magnitude.device)
    for _ in range(iterations):
        rebuilt = _spectra(_wave(_scaled(phase, magnitude), envelope, convention), convention)
        ahead = torch.sub(rebuilt, previous, alpha=momentum / (1 + momentum))
        phase, previous = torch.sgn(ahead), rebuilt  # z / |z|
    return _wave(_scaled(phase, magnitude), envelope, convention)


@torch.no_grad()
def magnitude_from_mel(log_mel: Tensor, convention: MelConvention = HIFI_GAN) -> Tensor:
    """Return the non-negative magnitudes whose mel spectrogram is the given one, as nearly as may
    be.

    Ten multiplicative updates for the Kullback-Leibler divergence (Lee and Seung, 2001), from the
    clamped pseudo-inverse. On speech this beats the pseudo-inverse, gelsd, and a hundred updates
    for the squared error, which heeds loud bands alone, and costs next to nothing.

    Args:
        log_mel: ``[M, T]`` in the convention's logarithm.

    Returns:
        ``[n_fft / 2 + 1, T]``, float32; zero where no mel band reaches.

    Raises:
        ValueError: wrong shape, or a value that is not finite or whose exponential is not.
    """
    if log_mel.ndim != 2 or log_mel.shape[0] != convention.mels or log_mel.shape[1] < 1:
        raise ValueError(f"a log-mel is [{convention.mels}, T], not {list(log_mel.shape)}")
    mel = log_mel.float().exp() if convention.log == "ln" else 10 ** log_mel.float()
    if not (torch.isfinite(log_mel).all() and torch.isfinite(mel).all()):
        raise ValueError("the log-mel has values that are not finite or overflow")
    filters, start = mel_filters(convention, mel.device), _pseudo_inverse(convention, mel.device)
    with torch.autocast(mel.device.type, enabled=False):
        magnitude = (start @ mel).clamp(min=convention.floor)
        weight = filters.sum(0)[:, None].clamp(min=1e-8)
        for _ in range(_INVERSION_STEPS):
            excess = mel / (filters @ magnitude).clamp(min=1e-10)
            magnitude = magnitude * (filters.T @ excess) / weight
    return magnitude


def _spectra(wave: Tensor, convention: MelConvention) -> Tensor:
    """Transform ``[..., N]`` to complex ``[..., N // hop, F]``, with the reflected margins."""
    padded = _reflect(wave, convention.padding)
    frames = padded.unfold(-1, convention.n_fft, convention.hop)
    spectra: Tensor = torch.fft.rfft(frames * _window(convention, wave.device))
    return spectra


def _bands(spectra: Tensor, convention: MelConvention) -> Tensor:
    """Map complex ``[..., T, F]`` to the magnitudes of mel bands ``[..., M, T]``."""
    filters = _heard_filters(convention, spectra.device)
    heard = spectra[..., : len(filters)]
    if spectra.requires_grad or spectra.device.type != "cpu":
        return (heard.abs() @ filters).transpose(-1, -2)
    # numpy's absolute values take a fifth of the time of torch's, and of the filters' weights all
    # but one in forty are 0.
    magnitude = np.abs(heard.numpy()).reshape(-1, len(filters))
    bands = torch.from_numpy(_sparse_filters(convention) @ magnitude.T)
    return bands.reshape(-1, *spectra.shape[:-1]).movedim(0, -2)


def _scaled(phase: Tensor, magnitude: Tensor) -> Tensor:
    """Multiply both; torch would make a complex tensor of the magnitudes first."""
    return torch.view_as_complex(torch.view_as_real(phase) * magnitude[..., None])


def _wave(spectra: Tensor, envelope: Tensor, convention: MelConvention) -> Tensor:
    """Transform complex ``[T, F]`` to ``[T * hop]``: the least-squares inverse, margins cut off."""
    frames = torch.fft.irfft(spectra, n=convention.n_fft) * _window(convention, spectra.device)
    margin, length = convention.padding, len(spectra) * convention.hop
    return (_overlap_add(frames, convention) / envelope)[margin : margin + length]


def _envelope(frames: int, convention: MelConvention, device: torch.device) -> Tensor:
    """Return the sum of squared windows over each sample, margins included."""
    window = _window(convention, device).square().expand(frames, -1)
    return _overlap_add(window, convention).clamp(min=1e-8)


def _overlap_add(frames: Tensor, convention: MelConvention) -> Tensor:
    """Add ``[T, n_fft]`` to ``[(T - 1) * hop + n_fft]``, in pieces of a hop."""
    hop, pieces = convention.hop, -(-convention.n_fft // convention.hop)
    parts = F.pad(frames, (0, pieces * hop - convention.n_fft))
    parts = parts.reshape(len(frames), pieces, hop)
    total = frames.new_zeros(len(frames) + pieces - 1, hop)
    for piece in range(pieces):
        total[piece : piece + len(frames)] += parts[:, piece]
    return total.flatten()[: (len(frames) - 1) * hop + convention.n_fft]


def _reflect(wave: Tensor, margin: int) -> Tensor:
    """Pad the last axis by reflection, back and forth where the wave is shorter than the margin."""
    length = wave.shape[-1]
    if margin < length:
        return reflected(wave, (margin, margin))
    period = 2 * (length - 1)
    index = torch.arange(-margin, length + margin, device=wave.device).abs() % max(period, 1)
    return wave[..., torch.minimum(index, period - index)]


@lru_cache(maxsize=8)
def _window(convention: MelConvention, device: torch.device) -> Tensor:
    """Return a Hann window in the middle of ``[n_fft]`` zeros."""
    # A tensor made under inference_mode could not enter a later backward pass.
    with torch.inference_mode(False):
        before = (convention.n_fft - convention.win) // 2
        window = torch.hann_window(convention.win, device=device, dtype=torch.float32)
        return F.pad(window, (before, convention.n_fft - convention.win - before))


@lru_cache(maxsize=8)
def mel_filters(convention: MelConvention, device: torch.device) -> Tensor:
    """Return the mel filters, ``[M, F]``."""
    from torchaudio.functional import melscale_fbanks

    with torch.inference_mode(False):
        bank: Tensor = melscale_fbanks(
            convention.n_fft // 2 + 1,
            convention.fmin,
            convention.fmax,
            convention.mels,
            convention.rate,
            norm=None if convention.norm == "none" else convention.norm,
            mel_scale=convention.scale,
        )
        return bank.T.to(device=device, dtype=torch.float32).contiguous()


@lru_cache(maxsize=8)
def _heard_filters(convention: MelConvention, device: torch.device) -> Tensor:
    """Return the filters as ``[F', M]``, without the frequencies above all bands."""
    filters = mel_filters(convention, device)
    with torch.inference_mode(False):
        highest = int(filters.sum(0).nonzero().max())
        return filters[:, : highest + 1].T.contiguous()


@lru_cache(maxsize=8)
def _sparse_filters(convention: MelConvention) -> Any:
    """Return `_heard_filters` on the processor as scipy's sparse rows, ``[M, F']``."""
    from scipy.sparse import csr_array

    return csr_array(_heard_filters(convention, torch.device("cpu")).T.numpy())


@lru_cache(maxsize=8)
def _pseudo_inverse(convention: MelConvention, device: torch.device) -> Tensor:
    """Return the pseudo-inverse of the filters, ``[F, M]``.

    It is decomposed in float64, for the bank may lack full rank.
    """
    with torch.inference_mode(False):
        inverse: Tensor = torch.linalg.pinv(mel_filters(convention, torch.device("cpu")).double())
        return inverse.to(device=device, dtype=torch.float32)
