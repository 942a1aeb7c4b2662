"""Vocoders: what is lost when a recording goes through frames and back."""

from pathlib import Path

import torch
from torch import Tensor

from pipeline.capabilities import Vocoder
from pipeline.codecs import MelCodec
from pipeline.codecs.mel import read_wave
from pipeline.codecs.spectrogram import log_mel
from pipeline.datasets.store import Store
from pipeline.evaluation.clips import CLIPS, save_clip, vocode
from pipeline.evaluation.context import Context
from pipeline.evaluation.results import MODEL, Rows
from pipeline.evaluation.voices import natural_log_mel
from pipeline.inference.vocoders import GriffinLim, fitting
from pipeline.mel_convention import MelConvention
from pipeline.metrics.distortion import mel_cepstral_distortion

CLASSICAL, UNTRAINED = "griffin_lim", "untrained"


def evaluate_vocoder(context: Context) -> None:
    """Measure copies of the test recordings, beside Griffin-Lim's and the untrained model's.

    Raises UserError where the model does not take the store's frames.
    """
    model, untrained, codec = context.model, context.untrained, context.store.codec
    assert isinstance(model, Vocoder)
    assert isinstance(untrained, Vocoder)
    assert isinstance(codec, MelCodec)
    convention = codec.convention
    vocoders = {
        MODEL: fitting(model, convention),
        CLASSICAL: GriffinLim(convention),
        UNTRAINED: untrained,
    }
    for domain in context.domains:
        recordings = read_recordings(context.store, domain, convention)
        copies = {
            name: [copy(vocoder, wave, convention) for wave in recordings]
            for name, vocoder in vocoders.items()
        }
        for metric, measure in {"mcd": measure_mcd, "mel_l1": measure_mel_l1}.items():
            rows: Rows = {
                name: sum(map(measure, waves, recordings, [convention] * len(waves))) / len(waves)
                for name, waves in copies.items()
            }
            context.add(domain, metric, rows)
        save_sounds(context.out / domain, copies, recordings, convention)


def read_recordings(store: Store, domain: str, convention: MelConvention) -> list[Tensor]:
    """Read the test clips of a domain, each [samples], cut to whole frames."""
    clips = store.domain("test", domain)
    waves = [read_wave(clips.audio(index), convention.rate) for index in range(len(clips))]
    hop = convention.hop
    return [torch.from_numpy(wave[: len(wave) // hop * hop]) for wave in waves]


def copy(vocoder: Vocoder, wave: Tensor, convention: MelConvention) -> Tensor:
    """Turn a wave [samples] into frames and back."""
    return vocode(log_mel(wave, convention).T, vocoder)


def measure_mcd(wave: Tensor, truth: Tensor, convention: MelConvention) -> float:
    """Measure the mel-cepstral distortion of two waves, in dB."""
    return mel_cepstral_distortion(
        natural_log_mel(wave, convention), natural_log_mel(truth, convention)
    )


def measure_mel_l1(wave: Tensor, truth: Tensor, convention: MelConvention) -> float:
    """Measure the mean absolute difference of natural log-mels; no time is warped."""
    difference = natural_log_mel(wave, convention) - natural_log_mel(truth, convention)
    return float(difference.abs().mean())


def save_sounds(
    folder: Path,
    copies: dict[str, list[Tensor]],
    recordings: list[Tensor],
    convention: MelConvention,
) -> None:
    """Write sounds and spectrograms of the first recordings."""
    for number, recording in enumerate(recordings[:CLIPS]):
        sounds = {name: copies[name][number] for name in (CLASSICAL, MODEL)}
        save_clip(folder, number, "Recording", {**sounds, "target": recording}, convention)
