"""Recordings and conversions of voices, analysed and compared sentence by sentence."""

import math
from dataclasses import dataclass

import torch
from torch import Tensor

from pipeline.codecs.pitch import f0_track
from pipeline.codecs.spectrogram import log_mel
from pipeline.conventions import MelConvention
from pipeline.evaluation.results import MODEL
from pipeline.metrics.distortion import (
    align,
    aligned_distortion,
    cepstral_distortion,
    highest_order,
    mel_cepstrum,
)
from pipeline.metrics.modulation import modulation_distance
from pipeline.metrics.pitch import log_f0_correlation, log_f0_rmse, voicing_error
from pipeline.metrics.world_distortion import LEAST, world_mel_cepstrum


@dataclass(frozen=True)
class VoiceAnalysis:
    """Features of one sound that metrics need, computed once."""

    mel: Tensor
    """Log-mel [M, T], in the convention's logarithm."""
    cepstrum: Tensor
    """[T, 24], or what so few mel bands have."""
    f0: Tensor
    """Hz [T], 0 where unvoiced."""
    world_cepstrum: Tensor | None
    """[T', 24], every 5 ms; None of a sound that is too short to have one."""


def analyse(wave: Tensor, convention: MelConvention) -> VoiceAnalysis:
    """Analyse a waveform [samples]."""
    mel = log_mel(wave, convention)
    cepstrum = mel_cepstrum(to_natural_log(mel, convention), highest_order(convention.mels))
    f0 = f0_track(wave, convention)
    return VoiceAnalysis(mel, cepstrum, f0, world_cepstrum(wave, convention))


def world_cepstrum(wave: Tensor, convention: MelConvention) -> Tensor | None:
    """Compute WORLD's mel cepstra [T, 24] of a waveform [samples]; None where it is too short.

    At `world_rate`: what a vocoder made of frames has nothing above their highest band, where a
    recording has something, and the logarithm of nothing would drown all else.
    """
    import soxr

    rate = world_rate(convention)
    if rate != convention.rate:
        wave = torch.from_numpy(soxr.resample(wave.numpy(), convention.rate, rate))
    return world_mel_cepstrum(wave, rate) if len(wave) >= LEAST * rate else None


def world_rate(convention: MelConvention) -> int:
    """Choose the rate that has the convention's bands and no more, samples a second."""
    return min(convention.rate, round(2 * convention.fmax))


def natural_log_mel(wave: Tensor, convention: MelConvention) -> Tensor:
    """Compute the log-mel [M, T] of a wave in natural logarithms, whatever the convention's are."""
    return to_natural_log(log_mel(wave, convention), convention)


def to_natural_log(mel: Tensor, convention: MelConvention) -> Tensor:
    """Convert a log-mel, or a difference of two, from the convention's logarithm to the natural
    one.
    """
    return mel if convention.log == "ln" else mel * math.log(10)


def compare_voices(
    sentences: list[dict[str, VoiceAnalysis]], truths: list[VoiceAnalysis]
) -> dict[str, dict[str, float | Tensor]]:
    """Measure distances from the true recordings: metric -> the model and each baseline -> values.

    Those of the sentences [N], but for modulation spectra, which whole sets have. Where nothing is
    voiced in both, a sentence has no distance of pitch and is left out; a baseline without any such
    sentence is left out of the metric. Its voicing error, which every sentence has, tells why. A
    metric that the model has no value of is left out: the others' would stand beside nothing.

    Args:
        sentences: for each sentence the model's and each baseline's sound, by name.
        truths: the recordings of the same sentences.
    """
    found: dict[str, dict[str, list[float]]] = {}
    for voices, truth in zip(sentences, truths, strict=True):
        for name, voice in voices.items():
            for metric, value in measure_distances(voice, truth).items():
                values = found.setdefault(metric, {}).setdefault(name, [])
                if value is not None:
                    values.append(value)
    rows: dict[str, dict[str, float | Tensor]] = {
        metric: {name: torch.tensor(values) for name, values in of.items() if values}
        for metric, of in found.items()
        if of[MODEL]
    }
    true_cepstra = [truth.cepstrum for truth in truths]
    rows["modulation_distance"] = {
        name: modulation_distance([voices[name].cepstrum for voices in sentences], true_cepstra)
        for name in sentences[0]
    }
    return rows


def measure_distances(voice: VoiceAnalysis, truth: VoiceAnalysis) -> dict[str, float | None]:
    """Measure one sentence along one path of time; None for what can't be said of it."""
    here, there = align(voice.cepstrum, truth.cepstrum)
    f0, true_f0 = voice.f0[here], truth.f0[there]
    return {
        "mcd": cepstral_distortion(voice.cepstrum[here], truth.cepstrum[there]),
        "mcd_world": world_distortion(voice, truth),
        "log_f0_rmse": log_f0_rmse(f0, true_f0),
        "log_f0_correlation": log_f0_correlation(f0, true_f0),
        "voicing_error": voicing_error(f0, true_f0),
    }


def world_distortion(voice: VoiceAnalysis, truth: VoiceAnalysis) -> float | None:
    """Measure the distortion of WORLD's mel cepstra along a path of their own, in dB."""
    a, b = voice.world_cepstrum, truth.world_cepstrum
    if a is None or b is None:
        return None
    return aligned_distortion(a, b)
