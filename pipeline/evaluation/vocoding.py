"""Vocoders: what is lost when a recording goes through frames and back."""

from pathlib import Path

import torch
from torch import Tensor

from pipeline.capabilities import Vocoder
from pipeline.codecs import MelCodec
from pipeline.codecs.spectrogram import log_mel
from pipeline.datasets.store import Store
from pipeline.evaluation.clips import CLIPS, save_clip, vocode
from pipeline.evaluation.context import Context
from pipeline.evaluation.results import MODEL, Rows
from pipeline.evaluation.translation import l1
from pipeline.evaluation.voices import natural_log_mel, to_natural_log
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
        mels = [log_mel(wave, convention) for wave in recordings]
        copies = {
            name: [vocode(mel.T, vocoder) for mel in mels] for name, vocoder in vocoders.items()
        }
        truths = [to_natural_log(mel, convention) for mel in mels]
        again = {
            name: [natural_log_mel(wave, convention) for wave in waves]
            for name, waves in copies.items()
        }
        # `l1` warps no time: the frames of a copy are those of its recording.
        for metric, measure in {"mcd": mel_cepstral_distortion, "mel_l1": l1}.items():
            rows: Rows = {
                name: sum(map(measure, found, truths)) / len(truths)
                for name, found in again.items()
            }
            context.add(domain, metric, rows)
        save_sounds(context.out / domain, copies, recordings, convention)


def read_recordings(store: Store, domain: str, convention: MelConvention) -> list[Tensor]:
    """Read the test clips of a domain, each [samples], cut to whole frames."""
    clips = store.domain("test", domain)
    waves = [clips.wave(index) for index in range(len(clips))]
    hop = convention.hop
    return [torch.from_numpy(wave[: len(wave) // hop * hop]) for wave in waves]


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
