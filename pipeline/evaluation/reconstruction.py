"""Reconstructors: what comes back out of the bottleneck, beside the mean sample."""

from torch import Tensor

from pipeline.capabilities import Classifier, Reconstructor
from pipeline.codecs import ImageCodec, SoundCodec
from pipeline.evaluation.cases import Ranking, save_cases
from pipeline.evaluation.classifying import add_frechet, features_of, standardise_for
from pipeline.evaluation.clips import CLIPS, save_clip, vocode_sample
from pipeline.evaluation.context import Context
from pipeline.evaluation.data import MOST_REFERENCES, in_batches
from pipeline.evaluation.drawing import SHOWN, drawable
from pipeline.evaluation.looking import add_lpips, compare_looks
from pipeline.evaluation.results import MODEL, Protocol, Rows
from pipeline.evaluation.verdicts import RECONSTRUCTION
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
        context.decide(context.task("reconstruction", domain), RECONSTRUCTION)
        ranking = compare_reconstructions(context, domain, x, y)
        show_reconstructions(context, domain, x, y, ranking)
        if isinstance(context.store.codec, SoundCodec):
            save_sounds(context, context.store.codec, domain, x[:CLIPS], y[:CLIPS])


def compare_reconstructions(context: Context, domain: str, x: Tensor, y: Tensor) -> Ranking:
    """Compare reconstructions ``y`` with the originals ``x``, both [N, C, H, W]; rank them."""
    task, terms, scale = (
        context.task("reconstruction", domain),
        context.terms,
        context.scale(domain),
    )
    mean = context.mean_samples(domain)
    answers = {MODEL: y} if mean is None else {MODEL: y, terms.mean: mean.expand_as(x)}
    errors = {name: (z - x).square().flatten(1).mean(dim=1) for name, z in answers.items()}
    learnt = context.describe_learnt(domain)
    context.add(task, "mse", errors, count=len(x), **learnt, **scale)
    detail = measure_detail(y, x, terms.test)
    context.add(task, "high_frequency", detail, count=len(x), **scale)
    groups = {**answers, terms.test: x} if context.has_ceiling(domain) else answers
    if isinstance(context.store.codec, ImageCodec):
        add_lpips(context, task, groups, x)
        compare_looks(context, task, groups, context.references(domain, MOST_REFERENCES), [domain])
    if context.classifier is None:
        context.miss_classified(task, ["fd_features"], domain)
    else:
        compare_features(context, context.classifier, domain, groups)
    return Ranking("mse", errors[MODEL])


def compare_features(
    context: Context, classifier: Classifier, domain: str, groups: dict[str, Tensor]
) -> None:
    """Compare samples [N, C, H, W] with the reference's in the classifier's features."""
    codec, task = context.store.codec, context.task("reconstruction", domain)
    reference = context.references(domain, MOST_REFERENCES)
    seen = {name: standardise_for(classifier, x, codec, domain) for name, x in groups.items()}
    standard = standardise_for(classifier, reference, codec, domain)
    about: Protocol = {
        "count": len(groups[MODEL]),
        **context.describe_references([domain], len(reference)),
        **context.by_classifier(),
        **context.scale(domain),
    }
    true = in_batches(classifier.features, standard)
    add_frechet(context, task, features_of(classifier, seen), true, about)


def measure_detail(y: Tensor, x: Tensor, ceiling: str) -> Rows:
    """Measure fine detail of ``y`` relative to that of ``x``: below 1 is blurred, above grainy.

    With the ceiling alone beside it: what is more than 1 is not better.
    """
    most = max(high_frequency_energy(x), 1e-12)  # flat samples have none
    return {MODEL: high_frequency_energy(y) / most, ceiling: 1.0}


def show_reconstructions(
    context: Context, domain: str, x: Tensor, y: Tensor, ranking: Ranking
) -> None:
    """Draw the first samples ``x`` [N, C, H, W] above their reconstructions ``y``, and the best,
    median and worst.
    """
    sample, codec = context.terms.sample, context.store.codec
    rows = {f"test {sample}": x, "reconstruction": y}
    caption = Caption(f"Reconstructions of the first test {sample}s", list(rows))
    drawn = [drawable(some[: 2 * SHOWN], codec) for some in rows.values()]
    save_grid(context.out / f"{context.task('reconstructions', domain)}.png", drawn, caption)
    save_cases(context, context.task("reconstruction", domain), ranking, rows)


def save_sounds(context: Context, codec: SoundCodec, domain: str, x: Tensor, y: Tensor) -> None:
    """Write originals ``x`` [N, 1, M, T] and reconstructions ``y`` as sound."""
    vocoder = fitting(context.vocoder, codec.convention)
    folder = context.out / context.task("reconstructions", domain)
    frames = context.rows("test", domain, limit=len(x))
    for number, (beside, *pair) in enumerate(zip(frames, x, y, strict=True)):
        original, rebuilt = (
            vocode_sample(z, codec, domain, vocoder, beside=beside.float()) for z in pair
        )
        waves = {"original": original, MODEL: rebuilt}
        save_clip(folder, number, f"Chunk {number + 1}", waves, codec.mel_convention)
