"""Translators of pictures: distance to the truth, target accuracy, there and back."""

from functools import partial

from torch import Tensor

from pipeline.capabilities import Classifier, Translator
from pipeline.evaluation.classifying import predict
from pipeline.evaluation.context import Context
from pipeline.evaluation.data import in_batches
from pipeline.evaluation.drawing import SHOWN
from pipeline.evaluation.results import MODEL
from pipeline.figures import Caption, save_grid
from pipeline.inference.translation import translate_any_size
from pipeline.metrics.psnr import psnr
from pipeline.metrics.ssim import ssim


def evaluate_translator(context: Context) -> None:
    """Measure and show every direction on the test split."""
    model = context.model
    assert isinstance(model, Translator)
    for target, source in model.directions.items():
        evaluate_direction(context, model, source, target)


def evaluate_direction(context: Context, model: Translator, source: str, target: str) -> None:
    """Measure and show the translation of ``source``'s test pictures into ``target``."""
    task = f"{source}_to_{target}"
    x = context.samples("test", source)
    y = in_batches(partial(translate_any_size, model, to=target), x)
    rows = {f"input: {source}": x, f"translation: {target}": y}
    if source in model.directions:
        back = in_batches(partial(translate_any_size, model, to=source), y)
        rows[f"back again: {source}"] = back
        context.add(task, "cycle_l1", {MODEL: l1(back, x), "no_model": l1_to_next(x)})
    if context.store.aligned("test", source, target):
        truth = context.samples("test", target)
        rows[f"true counterpart: {target}"] = truth
        compare_to_truth(context, task, x, y, truth, context.mean_sample(target))
    if context.classifier is not None and target in context.classifier.classes:
        measure_accuracy(context, task, context.classifier, target, x, y)
    caption = Caption(f"{source} to {target}, test pictures", list(rows))
    save_grid(context.out / f"{task}.png", [row[:SHOWN] for row in rows.values()], caption)


def compare_to_truth(
    context: Context, task: str, x: Tensor, y: Tensor, truth: Tensor, mean: Tensor
) -> None:
    """Compare translations ``y`` of ``x`` with the true counterparts, all [N, C, H, W].

    Baselines are the mean picture [1, C, H, W] and the input, a grey one beside colours too: what
    is not coloured at all is not far off.
    """
    answers = {MODEL: y, context.terms.mean: mean.expand_as(truth)}
    if x.shape[1] in (1, truth.shape[1]) and x.shape[2:] == truth.shape[2:]:
        answers["untouched_input"] = x.expand_as(truth)
    for name, metric in (("psnr", psnr), ("ssim", ssim), ("l1", l1)):
        context.add(task, name, {answer: metric(z, truth) for answer, z in answers.items()})


def measure_accuracy(
    context: Context, task: str, classifier: Classifier, target: str, x: Tensor, y: Tensor
) -> None:
    """Measure the share of translations ``y`` classified as the target, beside that of ``x``."""
    wanted = classifier.classes.index(target)
    shares = {
        name: float((predict(classifier, pictures) == wanted).float().mean())
        for name, pictures in ((MODEL, y), ("untouched_input", x))
    }
    context.add(task, "target_accuracy", shares)


def l1(x: Tensor, reference: Tensor) -> float:
    """Measure the mean absolute difference."""
    return float((x - reference).abs().mean())


def l1_to_next(x: Tensor) -> float:
    """Measure each picture's `l1` to the next one: what coming back at random gives."""
    return l1(x.roll(1, dims=0), x)
