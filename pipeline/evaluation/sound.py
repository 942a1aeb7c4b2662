"""Voice converters: distortion to the target's own recording, and whose voice it is."""

from dataclasses import dataclass
from pathlib import Path

import torch
from torch import Tensor

from pipeline.capabilities import Classifier, Translator, Vocoder
from pipeline.codecs import MelCodec
from pipeline.codecs.mel import read_wave, to_audio
from pipeline.codecs.spectrogram import MelConvention, log_mel
from pipeline.datasets.store import Store
from pipeline.evaluation.results import MODEL, Evaluation
from pipeline.exhibits import save_spectrograms
from pipeline.files import write
from pipeline.inference import translate_any_size
from pipeline.metrics.distortion import mel_cepstral_distortion
from pipeline.vocoders import fitting

SHOWN = 3
SOURCE, STATISTICS, CEILING = "source_through_vocoder", "statistics", "copy_synthesis"


@dataclass(frozen=True)
class Clip:
    """One test sentence: the source speaker's frames and, where there is one, the target's wave."""

    source: Tensor  # log-mel frames [T, M]
    target: Tensor | None  # waveform [samples]


def evaluate_converter(
    model: Translator,
    store: Store,
    judge: Classifier | None,
    evaluation: Evaluation,
    out: Path,
    vocoder: Vocoder | None = None,
) -> None:
    """Every direction on the parallel test sentences, or on all where none are parallel.

    The sound is Griffin-Lim's where ``vocoder`` is None.

    Beside the model stand the source through the same vocoder, the statistics baseline (mean and
    deviation of each mel bin moved to the target's), and, as the ceiling, the true target through
    the vocoder.
    """
    codec = store.codec
    assert isinstance(codec, MelCodec)
    voice = fitting(vocoder, codec.convention)
    for target, source in model.directions.items():
        task = f"{source}_to_{target}"
        clips = read_clips(store, source, target, codec)
        rivals = [candidates(model, codec, clip, source, target) for clip in clips]
        waves = [{name: vocode(f, voice) for name, f in rival.items()} for rival in rivals]
        if all(clip.target is not None for clip in clips):
            evaluation.add(task, "mcd", distortions(waves, clips, codec))
        if judge is not None and target in judge.classes:
            evaluation.add(task, "taken_for_target", opinions(judge, target, waves, codec))
        exhibit(out, task, waves[:SHOWN], clips, codec)


def read_clips(store: Store, source: str, target: str, codec: MelCodec) -> list[Clip]:
    """The test sentences that both speakers say; where there are none, the source's."""
    a, b = store.domain("test", source), store.domain("test", target)
    places = {key: index for index, key in enumerate(b.keys)}
    shared = [key for key in a.keys if key in places]
    return [
        Clip(
            torch.from_numpy(a.item(index).astype("float32")),
            torch.from_numpy(read_wave(b.audio(places[key]), codec.convention.rate))
            if shared
            else None,
        )
        for index, key in enumerate(a.keys)
        if key in places or not shared
    ]


def candidates(
    model: Translator, codec: MelCodec, clip: Clip, source: str, target: str
) -> dict[str, Tensor]:
    """Log-mel frames [T, M] of the conversion and its rivals."""
    sample = codec.to_sample(clip.source[None], source)
    converted = translate_any_size(model, sample, target)
    found = {
        MODEL: codec.from_sample(converted, target)[0],
        SOURCE: clip.source,
        STATISTICS: codec.from_sample(sample, target)[0],
    }
    if clip.target is not None:
        found[CEILING] = log_mel(clip.target, codec.convention).T
    return found


def vocode(frames: Tensor, vocoder: Vocoder) -> Tensor:
    """Frames [T, M] -> waveform."""
    return vocoder.vocode(frames.T[None])[0]


def distortions(
    waves: list[dict[str, Tensor]], clips: list[Clip], codec: MelCodec
) -> dict[str, float]:
    """Mean mel-cepstral distortion of each rival's sound to the target's recording, in dB."""
    totals: dict[str, float] = dict.fromkeys(waves[0], 0.0)
    for rivals, clip in zip(waves, clips, strict=True):
        assert clip.target is not None
        truth = natural_mel(clip.target, codec.convention)
        for name, wave in rivals.items():
            heard = natural_mel(wave, codec.convention)
            totals[name] += mel_cepstral_distortion(heard, truth) / len(clips)
    return totals


def natural_mel(wave: Tensor, convention: MelConvention) -> Tensor:
    """The log-mel [M, T] of a wave, in natural logarithms whatever the convention's are."""
    mel = log_mel(wave, convention)
    return mel if convention.log == "ln" else mel * 2.302585093


def opinions(
    judge: Classifier, target: str, waves: list[dict[str, Tensor]], codec: MelCodec
) -> dict[str, float]:
    """The share of each rival's clips that the judge takes for the target speaker.

    The judge hears what comes out of the vocoder, standardised as it learnt: by the statistics of
    its first class, whoever speaks.
    """
    wanted = judge.classes.index(target)
    shares: dict[str, float] = dict.fromkeys(waves[0], 0.0)
    for rivals in waves:
        for name, wave in rivals.items():
            frames = log_mel(wave, codec.convention).T[None]
            logits = judge.classify(codec.to_sample(frames, judge.classes[0]))
            shares[name] += float(logits.argmax() == wanted) / len(waves)
    return shares


def exhibit(
    out: Path, task: str, waves: list[dict[str, Tensor]], clips: list[Clip], codec: MelCodec
) -> None:
    """Sounds and spectrograms of a few sentences."""
    rate = codec.convention.rate
    for number, (rivals, clip) in enumerate(zip(waves, clips, strict=False)):
        sounds = {SOURCE: rivals[SOURCE], MODEL: rivals[MODEL]}
        if clip.target is not None:
            sounds["target"] = clip.target
        folder = out / task
        folder.mkdir(parents=True, exist_ok=True)
        for name, wave in sounds.items():
            write(folder / f"{number}_{name}.wav", to_audio(wave, rate, "WAV"))
        mels = {name: log_mel(wave, codec.convention) for name, wave in sounds.items()}
        save_spectrograms(folder / f"{number}.png", mels, codec.convention)
