"""Sounds as the metrics hear them, and how far they are from true recordings."""

from dataclasses import dataclass

from torch import Tensor

from pipeline.codecs.pitch import f0_track
from pipeline.codecs.spectrogram import log_mel
from pipeline.evaluation.results import MODEL, Rows
from pipeline.mel_convention import MelConvention
from pipeline.metrics.distortion import align, cepstral_distortion, mel_cepstrum
from pipeline.metrics.modulation import modulation_distance
from pipeline.metrics.pitch import log_f0_correlation, log_f0_rmse, voicing_error


@dataclass(frozen=True)
class Heard:
    """One sound, analysed once."""

    mel: Tensor  # log-mel [M, T], in the convention's logarithm
    cepstrum: Tensor  # [T, 24]
    f0: Tensor  # Hz [T], 0 where unvoiced


def listen(wave: Tensor, convention: MelConvention) -> Heard:
    """Analyses a waveform [samples]."""
    mel = log_mel(wave, convention)
    return Heard(mel, mel_cepstrum(natural(mel, convention)), f0_track(wave, convention))


def natural_mel(wave: Tensor, convention: MelConvention) -> Tensor:
    """The log-mel [M, T] of a wave, in natural logarithms whatever the convention's are."""
    return natural(log_mel(wave, convention), convention)


def natural(mel: Tensor, convention: MelConvention) -> Tensor:
    """A log-mel in the convention's logarithm -> in natural logarithms."""
    return mel if convention.log == "ln" else mel * 2.302585093


def compare(heard: list[dict[str, Heard]], truths: list[Heard]) -> dict[str, Rows]:
    """Each baseline's distances, by metric, from the recordings of the same sentences.

    Means over the sentences. Where nothing is voiced in both, a sentence has no distance of pitch
    and is left out of that mean; a baseline without any such sentence is left out of the metric.
    Its voicing error, which every sentence has, tells why. A metric that the model has no value of
    is left out: the others' would stand beside nothing.
    """
    found: dict[str, dict[str, list[float]]] = {}
    for baselines, truth in zip(heard, truths, strict=True):
        for name, sound in baselines.items():
            for metric, value in distances(sound, truth).items():
                values = found.setdefault(metric, {}).setdefault(name, [])
                if value is not None:
                    values.append(value)
    rows: dict[str, Rows] = {
        metric: {name: sum(values) / len(values) for name, values in of.items() if values}
        for metric, of in found.items()
        if of[MODEL]
    }
    true_cepstra = [truth.cepstrum for truth in truths]
    rows["modulation_distance"] = {
        name: modulation_distance([baselines[name].cepstrum for baselines in heard], true_cepstra)
        for name in heard[0]
    }
    return rows


def distances(sound: Heard, truth: Heard) -> dict[str, float | None]:
    """Of one sentence, along one path of time; None for what can't be said."""
    here, there = align(sound.cepstrum, truth.cepstrum)
    f0, true_f0 = sound.f0[here], truth.f0[there]
    return {
        "mcd": cepstral_distortion(sound.cepstrum[here], truth.cepstrum[there]),
        "log_f0_rmse": log_f0_rmse(f0, true_f0),
        "log_f0_correlation": log_f0_correlation(f0, true_f0),
        "voicing_error": voicing_error(f0, true_f0),
    }
