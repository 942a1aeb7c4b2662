"""Vocoders: what is lost when a recording goes through frames and back."""

from pathlib import Path

import torch
from torch import Tensor

from pipeline.capabilities import Vocoder
from pipeline.codecs import MelCodec
from pipeline.codecs.spectrogram import log_mel
from pipeline.conventions import MelConvention
from pipeline.datasets.store import Store
from pipeline.evaluation.clips import CLIPS, save_clip, vocode
from pipeline.evaluation.context import Context
from pipeline.evaluation.listening import Recordings, add_heard
from pipeline.evaluation.results import MODEL
from pipeline.evaluation.verdicts import VOCODING
from pipeline.evaluation.voices import natural_log_mel, to_natural_log
from pipeline.inference.vocoders import GriffinLim, fitting
from pipeline.metrics.distortion import mel_cepstral_distortion

CLASSICAL, UNTRAINED, TRUTH = "griffin_lim", "untrained", "target_recording"


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
    recordings = Recordings(context.store, context.networks.judges, convention.rate)
    for domain in voices_of(context):
        context.decide(domain, VOCODING)
        originals = read_recordings(context.store, domain, convention)
        mels = [log_mel(wave, convention) for wave in originals]
        copies = {
            name: [vocode(mel.T, vocoder) for mel in mels] for name, vocoder in vocoders.items()
        }
        compare_copies(context, domain, copies, mels, convention)
        hear(context, domain, copies, recordings)
        save_sounds(context.out / domain, copies, originals, convention)


def voices_of(context: Context) -> tuple[str, ...]:
    """Choose whose recordings are copied: those of the model's own speakers, or of all that there
    are where it knows none of them, for a vocoder takes any voice.
    """
    there = tuple(context.store.meta.domains.get("test", {}))
    return tuple(name for name in context.domains if name in there) or there or context.domains


def compare_copies(
    context: Context,
    domain: str,
    copies: dict[str, list[Tensor]],
    mels: list[Tensor],
    convention: MelConvention,
) -> None:
    """Compare copies' frames with those that they were made of, [M, T] each."""
    truths = [to_natural_log(mel, convention) for mel in mels]
    again = {
        name: [natural_log_mel(wave, convention) for wave in waves]
        for name, waves in copies.items()
    }
    # `l1` warps no time: the frames of a copy are those of its recording.
    for metric, measure in {"mcd": mel_cepstral_distortion, "mel_l1": l1}.items():
        rows = {
            name: torch.tensor(list(map(measure, found, truths))) for name, found in again.items()
        }
        context.add(domain, metric, rows, count=len(truths))


def hear(
    context: Context, domain: str, copies: dict[str, list[Tensor]], recordings: Recordings
) -> None:
    """Let the independent judges hear copies beside the recordings themselves."""
    said = []
    for index, key in enumerate(context.store.domain("test", domain).keys):
        sounds = {name: waves[index] for name, waves in copies.items()}
        said.append(recordings.beside(sounds, domain, key, {TRUTH: domain}))
    add_heard(context, domain, said, recordings, {"own_similarity": domain})


def l1(a: Tensor, b: Tensor) -> float:
    """Measure the mean absolute difference."""
    return float((a - b).abs().mean())


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
        save_clip(
            folder, number, f"Recording {number + 1}", {**sounds, "target": recording}, convention
        )
