"""Voice converters: how far from the target's own recording, whose voice it is, how high."""

from dataclasses import dataclass
from functools import partial
from pathlib import Path

import torch
from torch import Tensor

from pipeline.capabilities import Classifier, Translator, Vocoder, task_of
from pipeline.codecs import MelCodec, SoundCodec
from pipeline.codecs.pitch import Pitch, f0_track
from pipeline.datasets.store import Store
from pipeline.evaluation.cases import Ranking, rank
from pipeline.evaluation.classical import convert_by_statistics
from pipeline.evaluation.clips import CLIPS, save_clip, vocode, vocode_sample
from pipeline.evaluation.context import Context
from pipeline.evaluation.listening import Recordings, add_heard
from pipeline.evaluation.results import MODEL, Protocol
from pipeline.evaluation.verdicts import CONVERSION
from pipeline.evaluation.voices import VoiceAnalysis, analyse, compare_voices, world_rate
from pipeline.inference.translation import translate_any_size
from pipeline.inference.vocoders import fitting

SOURCE, STATISTICS, CEILING = "source_through_vocoder", "statistics", "copy_synthesis"
CLASSICAL = "statistics_f0"
DISTANCES = (
    "mcd",
    "mcd_world",
    "log_f0_rmse",
    "log_f0_correlation",
    "voicing_error",
    "modulation_distance",
)
"""The metrics that need the target's recording of a sentence."""
OF_PITCH = ("log_f0_rmse", "log_f0_correlation", "voicing_error")
"""Those of them that need pitch."""
EXTRACTOR = "DIO and StoneMask"
"""The extractor of pitch, here and in prepared recordings: see `pipeline.codecs.pitch`."""
BEFORE, WANTED, TRUTH = "source_recording", "target_speaker", "target_recording"


@dataclass(frozen=True)
class Sentence:
    """One test sentence: the source speaker's and, where there is one, the target's recording."""

    key: str
    frames: Tensor
    """The source's frames [T, F]."""
    source: Tensor
    """Waveform [samples]."""
    target: Tensor | None
    """Waveform [samples]."""


def evaluate_converter(context: Context) -> None:
    """Measure every direction on the parallel test sentences, or on all where none are parallel.

    Beside the model stand the source through the same vocoder, two statistics baselines (mean and
    std of each feature moved to the target's, through the vocoder; and of mels those of pitch,
    too, by `convert_by_statistics`, which WORLD's frames have moved already), and, as the ceiling,
    the true target through the vocoder and as it is. Raises UserError where the vocoder does not
    take the store's frames.
    """
    model, codec = context.model, context.store.codec
    assert isinstance(model, Translator)
    assert isinstance(codec, SoundCodec)
    vocoder = fitting(context.vocoder, codec.convention)
    recordings = Recordings(context.store, context.networks.judges, codec.convention.rate)
    for source, target in model.pairs():
        task = task_of(source, target)
        if source not in context.domains:
            reason = f"the data has no test recordings of {source}"
            context.miss_task(task, CONVERSION, reason)
            continue
        context.decide(task, CONVERSION)
        sentences = read_sentences(context.store, source, target)
        waves = [convert(model, codec, said, source, target, vocoder) for said in sentences]
        voices = [
            {name: analyse(w, codec.mel_convention) for name, w in of.items()} for of in waves
        ]
        ranking = compare_to_truth(context, task, target, sentences, voices)
        hear(context, task, sentences, waves, recordings, source, target)
        if context.classifier is not None and target in context.classifier.class_names:
            measure_accuracy(context, task, context.classifier, target, waves, codec)
        else:
            context.miss_classified(task, ("target_accuracy", "target_probability"), target)
        compare_pitch(context, task, sentences, voices, codec, target)
        if ranking is not None:
            context.results.cases[task] = rank(ranking, [said.key for said in sentences])
        save_sounds(context.out / task, waves, sentences, codec, ranking)


def compare_to_truth(
    context: Context,
    task: str,
    target: str,
    sentences: list[Sentence],
    voices: list[dict[str, VoiceAnalysis]],
) -> Ranking | None:
    """Compare conversions with the target's own recordings, where there are any; rank them."""
    codec = context.store.codec
    assert isinstance(codec, SoundCodec)
    truths = [analyse(s.target, codec.mel_convention) for s in sentences if s.target is not None]
    if not truths:
        for metric in DISTANCES:
            context.miss(task, metric, f"{target} says none of these sentences")
        return None
    ranking: Ranking | None = None
    for metric, rows in compare_voices(voices, truths).items():
        bands = codec.mel_convention
        rate = world_rate(bands) if metric == "mcd_world" else bands.rate
        about: Protocol = {"count": len(truths), "rate": rate}
        if metric != "modulation_distance":  # of whole sets, along no path of time
            about["alignment"] = "dynamic time warping"
        if metric in OF_PITCH:
            about["extractor"] = EXTRACTOR
        context.add(task, metric, rows, **about)
        found = rows[MODEL]
        if metric == "mcd" and isinstance(found, Tensor):
            ranking = Ranking(metric, found)
    return ranking


def hear(
    context: Context,
    task: str,
    sentences: list[Sentence],
    waves: list[dict[str, Tensor]],
    recordings: Recordings,
    source: str,
    target: str,
) -> None:
    """Let the independent judges hear conversions, baselines and the natural recordings."""
    said = []
    for sentence, sounds in zip(sentences, waves, strict=True):
        natural = {BEFORE: source, **({} if sentence.target is None else {TRUTH: target})}
        said.append(recordings.beside(sounds, source, sentence.key, natural))
    speakers = {"target_similarity": target, "source_similarity": source}
    if not context.store.has("test", target):
        del speakers["target_similarity"]
        for metric in ("target_similarity", "similarity_margin"):
            context.miss(task, metric, f"the data has no test recordings of {target}")
    add_heard(context, task, said, recordings, speakers)


def read_sentences(store: Store, source: str, target: str) -> list[Sentence]:
    """Read the test sentences that both speakers say; where there are none, the source's."""
    a = store.domain("test", source)
    b = store.domain("test", target) if store.has("test", target) else None
    places = {} if b is None else {key: index for index, key in enumerate(b.keys)}
    shared = [key for key in a.keys if key in places]

    return [
        Sentence(
            key,
            torch.from_numpy(a.item(index).astype("float32")),
            torch.from_numpy(a.wave(index)),
            torch.from_numpy(b.wave(places[key])) if shared and b is not None else None,
        )
        for index, key in enumerate(a.keys)
        if key in places or not shared
    ]


def convert(
    model: Translator,
    codec: SoundCodec,
    sentence: Sentence,
    source: str,
    target: str,
    vocoder: Vocoder,
) -> dict[str, Tensor]:
    """Convert a sentence by the model and by each baseline: name -> waveform [samples]."""
    sample = codec.to_sample(sentence.frames[None], source)
    converted = translate_any_size(model, sample, target)
    said = partial(vocode_sample, beside=sentence.frames, of=source)
    waves = {
        MODEL: said(converted[0], codec, target, vocoder),
        SOURCE: vocode(sentence.frames, vocoder),
        STATISTICS: said(sample[0], codec, target, vocoder),
    }
    if isinstance(codec, MelCodec):
        classical = convert_by_statistics(sentence.source, codec, source, target)
        waves |= {} if classical is None else {CLASSICAL: classical}
    if sentence.target is not None:
        waves[CEILING] = vocode(codec.frames_of(sentence.target), vocoder)
    return waves


def measure_accuracy(
    context: Context,
    task: str,
    classifier: Classifier,
    target: str,
    waves: list[dict[str, Tensor]],
    codec: SoundCodec,
) -> None:
    """Measure the share of sentences that are classified as the target speaker's.

    And the mean probability of the target, which still tells those apart whose sentences are all
    classified as the target's. The classifier is given what comes out of the vocoder, standardised
    as it learnt: by the statistics of its first class, whoever speaks.
    """
    wanted = classifier.class_names.index(target)
    probabilities = {
        name: torch.stack(
            [
                classifier.classify(codec.encode(of[name], classifier.class_names[0])[None])[0]
                for of in waves
            ]
        ).softmax(dim=1)
        for name in waves[0]
    }
    network = context.by_classifier()
    taken = {name: (p.argmax(dim=1) == wanted).float() for name, p in probabilities.items()}
    context.add(task, "target_accuracy", taken, count=len(waves), **network)
    sure = {name: p[:, wanted] for name, p in probabilities.items()}
    context.add(task, "target_probability", sure, count=len(waves), **network)


def compare_pitch(
    context: Context,
    task: str,
    sentences: list[Sentence],
    voices: list[dict[str, VoiceAnalysis]],
    codec: SoundCodec,
    target: str,
) -> None:
    """Compare mean and spread of pitch before and after with the target speaker's in training.

    What has no voiced frame is left out; where that is the model, so is all.
    """
    before = [f0_track(sentence.source, codec.mel_convention) for sentence in sentences]
    pitches = {
        MODEL: Pitch.of([sentence[MODEL].f0 for sentence in voices]),
        BEFORE: Pitch.of(before),
        WANTED: codec.statistics[target].pitch,
    }
    known = {name: pitch for name, pitch in pitches.items() if pitch is not None}
    if MODEL not in known:  # nothing to compare, and its voicing error says why
        return
    about: Protocol = {"count": len(sentences), "extractor": EXTRACTOR}
    if WANTED in known:
        about["target_speaker_from"] = "training recordings"
    context.add(f"{task}/pitch", "mean_f0", {name: p.hertz for name, p in known.items()}, **about)
    context.add(f"{task}/pitch", "f0_std", {name: p.cents for name, p in known.items()}, **about)


def save_sounds(
    folder: Path,
    waves: list[dict[str, Tensor]],
    sentences: list[Sentence],
    codec: SoundCodec,
    ranking: Ranking | None,
) -> None:
    """Write sounds and spectrograms of the best, the median and the worst sentence.

    Of the first where nothing ranks them.
    """
    chosen = range(len(waves))[:CLIPS] if ranking is None else ranking.chosen
    for number, index in enumerate(chosen):
        converted, sentence = waves[index], sentences[index]
        sounds = {SOURCE: converted[SOURCE], MODEL: converted[MODEL]}
        sounds |= {CLASSICAL: converted[CLASSICAL]} if CLASSICAL in converted else {}
        if sentence.target is not None:
            sounds["target"] = sentence.target
        title = sentence.key if ranking is None else f"{ranking.describe(number)}: {sentence.key}"
        save_clip(folder, number, title, sounds, codec.mel_convention)
