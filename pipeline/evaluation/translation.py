"""Translators of pictures: distance to the truth, likeness to the target, structure, there and
back.
"""

from collections.abc import Mapping
from functools import partial

from torch import Tensor

from pipeline.capabilities import Classifier, Translator, task_of
from pipeline.evaluation.cases import Ranking, rank, save_cases
from pipeline.evaluation.ceilings import equal_counts
from pipeline.evaluation.classifying import add_frechet, features_of, predict
from pipeline.evaluation.colours import move_colours
from pipeline.evaluation.context import Context
from pipeline.evaluation.data import MOST_REFERENCES, in_batches
from pipeline.evaluation.drawing import SHOWN
from pipeline.evaluation.looking import add_lpips, compare_looks
from pipeline.evaluation.results import MODEL, Protocol
from pipeline.evaluation.verdicts import PAIRED, UNPAIRED
from pipeline.figures import Caption, save_grid
from pipeline.inference.translation import translate_any_size
from pipeline.metrics.edges import edge_correlation
from pipeline.metrics.ms_ssim import LEAST, ms_ssim_each
from pipeline.metrics.psnr import psnr_each
from pipeline.metrics.ssim import ssim_each
from pipeline.samples import Paired

INPUT, STATISTICS = "untouched_input", "colour_statistics"
Answers = Mapping[str, Tensor]
"""The model's translations and each baseline's answers, [N, C, H, W] in [-1, 1]."""


def evaluate_translator(context: Context) -> None:
    """Measure and show every direction on the test split."""
    model = context.model
    assert isinstance(model, Translator)
    for source, target in model.pairs():
        evaluate_direction(context, model, source, target)


def evaluate_direction(context: Context, model: Translator, source: str, target: str) -> None:
    """Measure and show the translation of ``source``'s test pictures into ``target``."""
    task = task_of(source, target)
    decision = PAIRED if context.finished.params.reads is Paired else UNPAIRED
    if source not in context.domains:
        context.miss_task(task, decision, f"the data has no test pictures of {source}")
        return
    context.decide(task, decision)
    x = context.samples("test", source)
    y = in_batches(partial(translate_any_size, model, to=target), x)
    answers = {MODEL: y, **baselines(context, source, target, x, like=y)}
    rows = {f"input: {source}": x, f"translation: {target}": y}
    ranking: Ranking | None = None
    if model.leads(target, source):
        back = in_batches(partial(translate_any_size, model, to=source), y)
        rows[f"back again: {source}"] = back
        cycle = l1_each(back, x)
        others = {"no_model": l1_each(x.roll(1, dims=0), x)} if len(x) > 1 else {}
        measured = {MODEL: cycle, **others}
        context.add(task, "cycle_l1", measured, count=len(x))
        ranking = Ranking("cycle_l1", cycle)
    if context.store.has("test", target) and context.store.aligned("test", source, target):
        truth = context.samples("test", target)
        rows[f"true counterpart: {target}"] = truth
        ranking = compare_to_truth(context, task, target, answers, truth)
    elif decision is PAIRED:
        for metric in ("psnr", "ssim", "l1"):
            reason = f"no pictures of {target} have the names of those of {source}"
            context.miss(task, metric, reason)
    kept = {name: edge_correlation(z, x) for name, z in answers.items()}
    context.add(task, "edge_correlation", kept, count=len(x))
    compare_to_target(context, task, target, answers)
    caption = Caption(f"{source} to {target}, the first test pictures", list(rows))
    save_grid(context.out / f"{task}.png", [row[:SHOWN] for row in rows.values()], caption)
    if ranking is not None:
        keys = context.store.domain("test", source).keys
        context.results.cases[task] = rank(ranking, keys)
        save_cases(context, task, ranking, rows)


def baselines(
    context: Context, source: str, target: str, x: Tensor, like: Tensor
) -> dict[str, Tensor]:
    """Answer without learning, where the input has the translations' shape.

    With the input itself (a grey one beside colours too), and with its colours' mean and std moved
    to those of the target's reference pictures.
    """
    if x.shape[1] not in (1, like.shape[1]) or x.shape[2:] != like.shape[2:]:
        return {}
    answers = {INPUT: x.expand_as(like)}
    if x.shape[1] == like.shape[1] and context.reference_split(target) is not None:
        seen = [context.references(name, MOST_REFERENCES) for name in (source, target)]
        answers[STATISTICS] = move_colours(x, *seen)
    return answers


def compare_to_truth(
    context: Context, task: str, target: str, answers: Answers, truth: Tensor
) -> Ranking:
    """Compare translations with the true counterparts [N, C, H, W], beside the mean picture; rank
    them by PSNR. By MS-SSIM too where pictures are large enough for its scales.
    """
    mean = context.mean_samples(target)
    if mean is not None:
        answers = {**answers, context.terms.mean: mean.expand_as(truth)}
    about = context.describe_learnt(target)
    metrics = {"psnr": psnr_each, "ssim": ssim_each, "l1": l1_each}
    if min(truth.shape[2:]) >= LEAST:
        metrics["ms_ssim"] = ms_ssim_each
    for name, metric in metrics.items():
        rows = {answer: metric(z, truth) for answer, z in answers.items()}
        context.add(task, name, rows, count=len(truth), **about)
    add_lpips(context, task, answers, truth)
    return Ranking("psnr", psnr_each(answers[MODEL], truth))


def compare_to_target(context: Context, task: str, target: str, answers: Answers) -> None:
    """Compare translations with the target's own pictures, where there are any.

    In the features of a network that was trained on photographs, and of the data set's classifier,
    which also says what it takes for the target. Beside the model and its baselines stand, as the
    ceiling, the target's test pictures, unless they are what all are compared with.
    """
    classifier = context.classifier
    if classifier is None or target not in classifier.class_names:
        context.miss_classified(task, ("fd_features", "target_accuracy"), target)
        classifier = None
    if context.reference_split(target) is None:
        looks = ("kd_imagenet", "fid", "cmmd")
        for metric in looks if classifier is None else (*looks, "fd_features"):
            context.miss(task, metric, f"the data has no pictures of {target} to compare with")
    else:
        compare_to_references(context, task, classifier, target, answers)
    if classifier is not None:
        wanted = classifier.class_names.index(target)
        shares = {name: (predict(classifier, z) == wanted).float() for name, z in answers.items()}
        about = context.by_classifier()
        context.add(task, "target_accuracy", shares, count=len(answers[MODEL]), **about)


def compare_to_references(
    context: Context, task: str, classifier: Classifier | None, target: str, answers: Answers
) -> None:
    """Measure distances in features between translations and the target's reference pictures.

    Beside them stand as many test pictures of the target, the ceiling.
    """
    groups = dict(answers)
    if context.has_ceiling(target):
        groups = equal_counts(context, task, answers, context.samples("test", target))
    reference = context.references(target, MOST_REFERENCES)
    compare_looks(context, task, groups, reference, [target])
    if classifier is None:
        return
    about: Protocol = {
        "count": len(groups[MODEL]),
        **context.describe_references([target], len(reference)),
        **context.by_classifier(),
    }
    true = in_batches(classifier.features, reference)
    add_frechet(context, task, features_of(classifier, groups), true, about)


def l1_each(x: Tensor, reference: Tensor) -> Tensor:
    """Measure the mean absolute difference of each item, [N]."""
    return (x - reference).abs().flatten(1).mean(dim=1)
