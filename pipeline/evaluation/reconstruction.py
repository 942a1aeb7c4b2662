"""Reconstructors: what comes back out of the bottleneck, beside the mean sample."""

from torch import Tensor

from pipeline.capabilities import Classifier, Reconstructor
from pipeline.codecs import MelCodec
from pipeline.evaluation.classifying import measure_frechet, standardise_for
from pipeline.evaluation.clips import CLIPS, save_clip, vocode_sample
from pipeline.evaluation.context import Context
from pipeline.evaluation.data import in_batches
from pipeline.evaluation.drawing import SHOWN, drawable
from pipeline.evaluation.results import MODEL, Rows
from pipeline.evaluation.sampling import MOST_SAMPLES
from pipeline.figures import Caption, save_grid
from pipeline.inference.vocoders import fitting
from pipeline.metrics.sharpness import high_frequency_energy


def evaluate_reconstructor(context: Context) -> None:
    """Measure and show reconstructions of each domain's test samples."""
    model = context.model
    assert isinstance(model, Reconstructor)
    for domain in context.domains:
        x = context.samples("test", domain)
        y = in_batches(model.reconstruct, x)
        compare_reconstructions(context, domain, x, y)
        show_reconstructions(context, domain, x, y)
        if isinstance(context.store.codec, MelCodec):
            save_sounds(context, context.store.codec, domain, x[:CLIPS], y[:CLIPS])


def compare_reconstructions(context: Context, domain: str, x: Tensor, y: Tensor) -> None:
    """Compare reconstructions ``y`` with the originals ``x``, both [N, C, H, W]."""
    task, terms, mean = context.task("reconstruction", domain), context.terms, context.mean_sample
    answers = {MODEL: y, terms.mean: mean(domain)}
    errors = {name: float((z - x).square().mean()) for name, z in answers.items()}
    context.add(task, "mse", errors)
    context.add(task, "high_frequency", measure_detail(y, x, terms.test))
    if context.classifier is not None:
        groups = {MODEL: y, terms.mean: answers[terms.mean].expand_as(x), terms.test: x}
        distances = compare_features(context, context.classifier, domain, groups)
        context.add(task, "fd_features", distances)


def compare_features(
    context: Context, classifier: Classifier, domain: str, groups: dict[str, Tensor]
) -> Rows:
    """Compare samples [N, C, H, W] with the training data in the classifier's features."""
    codec = context.store.codec
    reference = context.samples("train", domain, MOST_SAMPLES)
    seen = {name: standardise_for(classifier, x, codec, domain) for name, x in groups.items()}
    reference = standardise_for(classifier, reference, codec, domain)
    return measure_frechet(classifier, seen, reference)


def measure_detail(y: Tensor, x: Tensor, ceiling: str) -> Rows:
    """Measure fine detail of ``y`` relative to that of ``x``: below 1 is blurred, above grainy.

    With the ceiling alone beside it: what is more than 1 is not better.
    """
    most = max(high_frequency_energy(x), 1e-12)  # flat samples have none
    return {MODEL: high_frequency_energy(y) / most, ceiling: 1.0}


def show_reconstructions(context: Context, domain: str, x: Tensor, y: Tensor) -> None:
    """Draw the first samples ``x`` [N, C, H, W] above their reconstructions ``y``."""
    sample, codec = context.terms.sample, context.store.codec
    caption = Caption(f"Reconstructions of test {sample}s", [f"test {sample}", "reconstruction"])
    rows = [drawable(some[: 2 * SHOWN], codec) for some in (x, y)]
    save_grid(context.out / f"{context.task('reconstructions', domain)}.png", rows, caption)


def save_sounds(context: Context, codec: MelCodec, domain: str, x: Tensor, y: Tensor) -> None:
    """Write originals ``x`` [N, 1, M, T] and reconstructions ``y`` as sound."""
    vocoder = fitting(context.vocoder, codec.convention)
    folder = context.out / context.task("reconstructions", domain)
    for number, pair in enumerate(zip(x, y, strict=True)):
        original, rebuilt = (vocode_sample(z, codec, domain, vocoder) for z in pair)
        waves = {"original": original, MODEL: rebuilt}
        save_clip(folder, number, "Chunk", waves, codec.convention)
