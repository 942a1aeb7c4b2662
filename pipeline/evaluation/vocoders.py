"""Vocoders: what is lost when a recording goes through frames and back."""

from pathlib import Path

import torch
from torch import Tensor

from pipeline.capabilities import Vocoder
from pipeline.codecs import MelCodec
from pipeline.codecs.mel import read_wave, to_audio
from pipeline.codecs.spectrogram import log_mel
from pipeline.datasets.store import Store
from pipeline.evaluation.hearing import natural_mel
from pipeline.evaluation.results import MODEL, Evaluation, Rows
from pipeline.figures import save_spectrograms
from pipeline.inference.vocoders import GriffinLim, fitting
from pipeline.mel_convention import MelConvention
from pipeline.metrics.distortion import mel_cepstral_distortion
from pipeline.system.files import write

SHOWN = 3
CLASSICAL, UNTRAINED = "griffin_lim", "untrained"


def evaluate_vocoder(
    model: Vocoder,
    untrained: Vocoder,
    store: Store,
    domains: tuple[str, ...],
    evaluation: Evaluation,
    out: Path,
) -> None:
    """Copies of the test recordings, beside Griffin-Lim's and those of random weights."""
    assert isinstance(store.codec, MelCodec)
    convention = store.codec.convention
    baselines = {
        MODEL: fitting(model, convention),
        CLASSICAL: GriffinLim(convention),
        UNTRAINED: untrained,
    }
    for domain in domains:
        clips = recordings(store, domain)
        copies = {name: [copy(v, c, convention) for c in clips] for name, v in baselines.items()}
        for metric, measure in {"mcd": distortion, "mel_l1": difference}.items():
            rows: Rows = {
                name: sum(map(measure, waves, clips, [convention] * len(clips))) / len(clips)
                for name, waves in copies.items()
            }
            evaluation.add(domain, metric, rows)
        save_figures(out / domain, copies, clips, convention)


def recordings(store: Store, domain: str) -> list[Tensor]:
    """The test clips of a domain, each [samples], cut to whole frames."""
    assert isinstance(store.codec, MelCodec)
    rate, hop = store.codec.convention.rate, store.codec.convention.hop
    clips = store.domain("test", domain)
    waves = [read_wave(clips.audio(index), rate) for index in range(len(clips))]
    return [torch.from_numpy(wave[: len(wave) // hop * hop]) for wave in waves]


def copy(vocoder: Vocoder, wave: Tensor, convention: MelConvention) -> Tensor:
    """A wave [samples] to frames and back."""
    return vocoder.vocode(log_mel(wave, convention)[None])[0]


def distortion(wave: Tensor, truth: Tensor, convention: MelConvention) -> float:
    """Mel-cepstral distortion, in dB."""
    return mel_cepstral_distortion(natural_mel(wave, convention), natural_mel(truth, convention))


def difference(wave: Tensor, truth: Tensor, convention: MelConvention) -> float:
    """Mean absolute difference of natural log-mels, frame by frame: no time is warped."""
    return float((natural_mel(wave, convention) - natural_mel(truth, convention)).abs().mean())


def save_figures(
    folder: Path, copies: dict[str, list[Tensor]], clips: list[Tensor], convention: MelConvention
) -> None:
    """Sounds and spectrograms of a few clips."""
    folder.mkdir(parents=True, exist_ok=True)
    for number, clip in enumerate(clips[:SHOWN]):
        sounds = {name: copies[name][number] for name in (CLASSICAL, MODEL)} | {"target": clip}
        for name, wave in sounds.items():
            write(folder / f"{number}_{name}.wav", to_audio(wave, convention.rate, "WAV"))
        mels = {name: log_mel(wave, convention) for name, wave in sounds.items()}
        save_spectrograms(folder / f"{number}.png", mels, convention)
