"""Voice converters: how far from the target's own recording, whose voice it is, how high."""

from dataclasses import dataclass
from pathlib import Path

import torch
from torch import Tensor

from pipeline.capabilities import Classifier, Translator, Vocoder
from pipeline.codecs import MelCodec
from pipeline.codecs.pitch import Pitch, f0_track
from pipeline.codecs.spectrogram import log_mel
from pipeline.datasets.store import Store
from pipeline.evaluation.classical import convert_by_statistics
from pipeline.evaluation.clips import CLIPS, save_clip, vocode, vocode_sample
from pipeline.evaluation.context import Context
from pipeline.evaluation.results import MODEL
from pipeline.evaluation.voices import VoiceAnalysis, analyse, compare_voices
from pipeline.inference.translation import translate_any_size
from pipeline.inference.vocoders import fitting

SOURCE, STATISTICS, CEILING = "source_through_vocoder", "statistics", "copy_synthesis"
CLASSICAL = "statistics_f0"
BEFORE, WANTED = "source_recording", "target_speaker"


@dataclass(frozen=True)
class Sentence:
    """One test sentence: the source speaker's and, where there is one, the target's recording."""

    frames: Tensor
    """The source's log-mel [T, M]."""
    source: Tensor
    """Waveform [samples]."""
    target: Tensor | None
    """Waveform [samples]."""


def evaluate_converter(context: Context) -> None:
    """Measure every direction on the parallel test sentences, or on all where none are parallel.

    Beside the model stand the source through the same vocoder, two statistics baselines (mean and
    std of each mel bin moved to the target's, through the vocoder; and those of pitch, too,
    by `convert_by_statistics`), and, as the ceiling, the true target through the vocoder. Raises
    UserError where the vocoder does not take the store's frames.
    """
    model, codec = context.model, context.store.codec
    assert isinstance(model, Translator)
    assert isinstance(codec, MelCodec)
    vocoder = fitting(context.vocoder, codec.convention)
    for target, source in model.directions.items():
        task = f"{source}_to_{target}"
        sentences = read_sentences(context.store, source, target)
        waves = [convert(model, codec, said, source, target, vocoder) for said in sentences]
        voices = [{name: analyse(w, codec.convention) for name, w in of.items()} for of in waves]
        truths = [analyse(s.target, codec.convention) for s in sentences if s.target is not None]
        if truths:
            for metric, rows in compare_voices(voices, truths).items():
                context.add(task, metric, rows)
        if context.classifier is not None and target in context.classifier.classes:
            measure_accuracy(context, task, context.classifier, target, voices, codec)
        compare_pitch(context, task, sentences, voices, codec, target)
        save_sounds(context.out / task, waves[:CLIPS], sentences, codec)


def read_sentences(store: Store, source: str, target: str) -> list[Sentence]:
    """Read the test sentences that both speakers say; where there are none, the source's."""
    a, b = store.domain("test", source), store.domain("test", target)
    places = {key: index for index, key in enumerate(b.keys)}
    shared = [key for key in a.keys if key in places]

    return [
        Sentence(
            torch.from_numpy(a.item(index).astype("float32")),
            torch.from_numpy(a.wave(index)),
            torch.from_numpy(b.wave(places[key])) if shared else None,
        )
        for index, key in enumerate(a.keys)
        if key in places or not shared
    ]


def convert(
    model: Translator,
    codec: MelCodec,
    sentence: Sentence,
    source: str,
    target: str,
    vocoder: Vocoder,
) -> dict[str, Tensor]:
    """Convert a sentence by the model and by each baseline: name -> waveform [samples]."""
    sample = codec.to_sample(sentence.frames[None], source)
    converted = translate_any_size(model, sample, target)
    waves = {
        MODEL: vocode_sample(converted[0], codec, target, vocoder),
        SOURCE: vocode(sentence.frames, vocoder),
        STATISTICS: vocode_sample(sample[0], codec, target, vocoder),
    }
    classical = convert_by_statistics(sentence.source, codec, source, target)
    if classical is not None:
        waves[CLASSICAL] = classical
    if sentence.target is not None:
        waves[CEILING] = vocode(log_mel(sentence.target, codec.convention).T, vocoder)
    return waves


def measure_accuracy(
    context: Context,
    task: str,
    classifier: Classifier,
    target: str,
    voices: list[dict[str, VoiceAnalysis]],
    codec: MelCodec,
) -> None:
    """Measure the share of sentences that are classified as the target speaker's.

    And the mean probability of the target, which still tells those apart whose sentences are all
    classified as the target's. The classifier is given what comes out of the vocoder, standardised
    as it learnt: by the statistics of its first class, whoever speaks.
    """
    wanted = classifier.classes.index(target)
    accuracy, probability = (dict.fromkeys(voices[0], 0.0) for _ in range(2))
    for sentence in voices:
        for name, voice in sentence.items():
            sample = codec.to_sample(voice.mel.T[None], classifier.classes[0])
            logits = classifier.classify(sample)[0]
            accuracy[name] += float(logits.argmax() == wanted) / len(voices)
            probability[name] += float(logits.softmax(0)[wanted]) / len(voices)
    context.add(task, "target_accuracy", accuracy)
    context.add(task, "target_probability", probability)


def compare_pitch(
    context: Context,
    task: str,
    sentences: list[Sentence],
    voices: list[dict[str, VoiceAnalysis]],
    codec: MelCodec,
    target: str,
) -> None:
    """Compare mean and spread of pitch before and after with the target speaker's in training.

    What has no voiced frame is left out; where that is the model, so is all.
    """
    before = [f0_track(sentence.source, codec.convention) for sentence in sentences]
    pitches = {
        MODEL: Pitch.of([sentence[MODEL].f0 for sentence in voices]),
        BEFORE: Pitch.of(before),
        WANTED: codec.statistics[target].pitch,
    }
    known = {name: pitch for name, pitch in pitches.items() if pitch is not None}
    if MODEL not in known:  # nothing to compare, and its voicing error says why
        return
    context.add(f"{task}/pitch", "mean_f0", {name: p.hertz for name, p in known.items()})
    context.add(f"{task}/pitch", "f0_std", {name: p.cents for name, p in known.items()})


def save_sounds(
    folder: Path, waves: list[dict[str, Tensor]], sentences: list[Sentence], codec: MelCodec
) -> None:
    """Write sounds and spectrograms of the first sentences."""
    for number, (converted, sentence) in enumerate(zip(waves, sentences, strict=False)):
        sounds = {SOURCE: converted[SOURCE], MODEL: converted[MODEL]}
        if sentence.target is not None:
            sounds["target"] = sentence.target
        save_clip(folder, number, "Sentence", sounds, codec.convention)
