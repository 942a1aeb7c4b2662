"""Voice converters: how far from the target's own recording, whose voice it is, how high."""

from dataclasses import dataclass
from pathlib import Path

import torch
from torch import Tensor

from pipeline.capabilities import Classifier, Translator, Vocoder
from pipeline.codecs import MelCodec
from pipeline.codecs.mel import read_wave, to_audio
from pipeline.codecs.pitch import Pitch
from pipeline.codecs.spectrogram import log_mel
from pipeline.datasets.store import Store
from pipeline.evaluation.classical import convert_by_statistics
from pipeline.evaluation.hearing import Heard, compare, listen
from pipeline.evaluation.results import MODEL, Evaluation
from pipeline.figures import save_spectrograms
from pipeline.inference.translation import translate_any_size
from pipeline.inference.vocoders import fitting
from pipeline.system.files import write

SHOWN = 3
SOURCE, STATISTICS, CEILING = "source_through_vocoder", "statistics", "copy_synthesis"
CLASSICAL = "statistics_f0"
BEFORE, WANTED = "source_recording", "target_speaker"


@dataclass(frozen=True)
class Clip:
    """One test sentence: the source speaker's and, where there is one, the target's recording."""

    frames: Tensor  # the source's log-mel [T, M]
    source: Tensor  # waveform [samples]
    target: Tensor | None  # waveform [samples]


def evaluate_converter(
    model: Translator,
    store: Store,
    classifier: Classifier | None,
    evaluation: Evaluation,
    out: Path,
    vocoder: Vocoder | None = None,
) -> None:
    """Every direction on the parallel test sentences, or on all where none are parallel.

    The sound is Griffin-Lim's where ``vocoder`` is None.

    Beside the model stand the source through the same vocoder, two statistics baselines (mean and
    deviation of each mel bin moved to the target's, through the vocoder; and those of pitch, too,
    by `convert_by_statistics`), and, as the ceiling, the true target through the vocoder.
    """
    codec = store.codec
    assert isinstance(codec, MelCodec)
    voice = fitting(vocoder, codec.convention)
    for target, source in model.directions.items():
        task = f"{source}_to_{target}"
        clips = read_clips(store, source, target, codec)
        waves = [candidates(model, codec, clip, source, target, voice) for clip in clips]
        heard = [{name: listen(w, codec.convention) for name, w in r.items()} for r in waves]
        truths = [listen(c.target, codec.convention) for c in clips if c.target is not None]
        if truths:
            for metric, rows in compare(heard, truths).items():
                evaluation.add(task, metric, rows)
        if classifier is not None and target in classifier.classes:
            ask_classifier(task, classifier, target, heard, codec, evaluation)
        report_pitch(task, clips, heard, codec, target, evaluation)
        save_figures(out, task, waves[:SHOWN], clips, codec)


def read_clips(store: Store, source: str, target: str, codec: MelCodec) -> list[Clip]:
    """The test sentences that both speakers say; where there are none, the source's."""
    a, b = store.domain("test", source), store.domain("test", target)
    places = {key: index for index, key in enumerate(b.keys)}
    shared = [key for key in a.keys if key in places]

    def read(path: Path) -> Tensor:
        return torch.from_numpy(read_wave(path, codec.convention.rate))

    return [
        Clip(
            torch.from_numpy(a.item(index).astype("float32")),
            read(a.audio(index)),
            read(b.audio(places[key])) if shared else None,
        )
        for index, key in enumerate(a.keys)
        if key in places or not shared
    ]


def candidates(
    model: Translator, codec: MelCodec, clip: Clip, source: str, target: str, vocoder: Vocoder
) -> dict[str, Tensor]:
    """The waveforms of the conversion and its baselines."""
    sample = codec.to_sample(clip.frames[None], source)
    converted = translate_any_size(model, sample, target)
    waves = {
        MODEL: vocode(codec.from_sample(converted, target)[0], vocoder),
        SOURCE: vocode(clip.frames, vocoder),
        STATISTICS: vocode(codec.from_sample(sample, target)[0], vocoder),
    }
    classical = convert_by_statistics(clip.source, codec, source, target)
    if classical is not None:
        waves[CLASSICAL] = classical
    if clip.target is not None:
        waves[CEILING] = vocode(log_mel(clip.target, codec.convention).T, vocoder)
    return waves


def vocode(frames: Tensor, vocoder: Vocoder) -> Tensor:
    """Frames [T, M] -> waveform."""
    return vocoder.vocode(frames.T[None])[0]


def ask_classifier(
    task: str,
    classifier: Classifier,
    target: str,
    heard: list[dict[str, Heard]],
    codec: MelCodec,
    evaluation: Evaluation,
) -> None:
    """The share of each baseline's clips that the classifier takes for the target speaker.

    And the mean probability that it gives the target, which still tells baselines apart whose clips
    are all taken for it. The classifier hears what comes out of the vocoder, standardised as it
    learnt: by the statistics of its first class, whoever speaks.
    """
    wanted = classifier.classes.index(target)
    taken, probability = (dict.fromkeys(heard[0], 0.0) for _ in range(2))
    for baselines in heard:
        for name, sound in baselines.items():
            logits = classifier.classify(codec.to_sample(sound.mel.T[None], classifier.classes[0]))[
                0
            ]
            taken[name] += float(logits.argmax() == wanted) / len(heard)
            probability[name] += float(logits.softmax(0)[wanted]) / len(heard)
    evaluation.add(task, "target_accuracy", taken)
    evaluation.add(task, "target_probability", probability)


def report_pitch(
    task: str,
    clips: list[Clip],
    heard: list[dict[str, Heard]],
    codec: MelCodec,
    target: str,
    evaluation: Evaluation,
) -> None:
    """Mean and spread of pitch before and after, beside the target speaker's in training.

    What has no voiced frame is left out; where that is the model, so is all.
    """
    before = [listen(clip.source, codec.convention).f0 for clip in clips]
    pitches = {
        MODEL: Pitch.of([baselines[MODEL].f0 for baselines in heard]),
        BEFORE: Pitch.of(before),
        WANTED: codec.statistics[target].pitch,
    }
    known = {name: pitch for name, pitch in pitches.items() if pitch is not None}
    if MODEL not in known:  # nothing to compare, and its voicing error says why
        return
    evaluation.add(f"{task}/pitch", "mean_f0", {name: p.hertz for name, p in known.items()})
    evaluation.add(f"{task}/pitch", "f0_std", {name: p.cents for name, p in known.items()})


def save_figures(
    out: Path, task: str, waves: list[dict[str, Tensor]], clips: list[Clip], codec: MelCodec
) -> None:
    """Sounds and spectrograms of a few sentences."""
    rate = codec.convention.rate
    for number, (baselines, clip) in enumerate(zip(waves, clips, strict=False)):
        sounds = {SOURCE: baselines[SOURCE], MODEL: baselines[MODEL]}
        if clip.target is not None:
            sounds["target"] = clip.target
        folder = out / task
        folder.mkdir(parents=True, exist_ok=True)
        for name, wave in sounds.items():
            write(folder / f"{number}_{name}.wav", to_audio(wave, rate, "WAV"))
        mels = {name: log_mel(wave, codec.convention) for name, wave in sounds.items()}
        save_spectrograms(folder / f"{number}.png", mels, codec.convention)
