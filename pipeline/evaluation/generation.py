"""Samplers and scorers of pictures; reconstructors of pictures and sound."""

import math
from pathlib import Path

import torch
from torch import Generator, Tensor, nn

from pipeline.capabilities import Classifier, Latent, Reconstructor, Sampler, Scorer, Tokenizer
from pipeline.codecs import MelCodec
from pipeline.datasets.store import Store
from pipeline.evaluation.pictures import mean_sample, samples
from pipeline.evaluation.results import MODEL, Evaluation, Rows, in_batches, slices
from pipeline.figures import Caption, save_grid
from pipeline.losses.reconstruction import gaussian_nll
from pipeline.metrics.coverage import class_coverage
from pipeline.metrics.frechet import frechet_distance
from pipeline.metrics.sharpness import high_frequency_energy
from pipeline.nn.quantiser import codebook_usage, perplexity

SHOWN = 8
MOST_SAMPLES = 2000
LOUDEST = 3.0  # deviations of a mel bin that are drawn white


def evaluate_generation(
    model: nn.Module,
    untrained: nn.Module,
    store: Store,
    domain: str,
    classifier: Classifier | None,
    evaluation: Evaluation,
    out: Path,
) -> None:
    """Whatever a generative model can do, on one domain.

    ``untrained`` is the same model with fresh weights, a baseline.
    """
    if isinstance(model, Sampler) and isinstance(untrained, Sampler):
        evaluate_sampler(model, untrained, store, domain, classifier, evaluation, out)
    if isinstance(model, Reconstructor):
        evaluate_reconstructor(model, store, domain, classifier, evaluation, out)
    if isinstance(model, Tokenizer) and isinstance(untrained, Tokenizer):
        evaluate_codes(model, untrained, store, domain, evaluation)
    if isinstance(model, Scorer):
        evaluate_scorer(model, store, domain, evaluation)
    if isinstance(model, Latent):
        show_interpolation(model, store, domain, out)


def evaluate_sampler(
    model: Sampler,
    untrained: Sampler,
    store: Store,
    domain: str,
    classifier: Classifier | None,
    evaluation: Evaluation,
    out: Path,
) -> None:
    """Samples against the training pictures, in the classifier's features."""
    show = model.sample(SHOWN * SHOWN, Generator().manual_seed(0))
    caption = Caption(f"{len(show)} samples of a fixed seed, none picked by hand")
    save_grid(out / "samples.png", list(slices(show, SHOWN)), caption)
    if classifier is None:
        return
    real = samples(store, "train", domain, MOST_SAMPLES)
    baselines = {
        MODEL: draw(model, len(real)),
        "noise": torch.rand(real.shape, generator=Generator().manual_seed(2)) * 2 - 1,
        "untrained": draw(untrained, len(real)),
        "test_pictures": samples(store, "test", domain),
    }
    reference = in_batches(classifier.features, real)
    evaluation.add(
        "samples",
        "fd_features",
        {
            name: frechet_distance(in_batches(classifier.features, x), reference)
            for name, x in baselines.items()
        },
    )
    evaluation.add(
        "samples",
        "class_coverage",
        {
            name: class_coverage(
                in_batches(classifier.classify, x).argmax(dim=1), len(classifier.classes)
            )
            for name, x in baselines.items()
        },
    )


def evaluate_reconstructor(
    model: Reconstructor,
    store: Store,
    domain: str,
    classifier: Classifier | None,
    evaluation: Evaluation,
    out: Path,
) -> None:
    """Reconstructions of the test pictures beside the mean picture."""
    x = samples(store, "test", domain)
    y = in_batches(model.reconstruct, x)
    mean = mean_sample(store, domain)
    rows = {
        MODEL: float((y - x).square().mean()),
        "mean_picture": float((mean - x).square().mean()),
    }
    evaluation.add("reconstruction", "mse", rows)
    baselines = {MODEL: y, "mean_picture": mean.expand_as(x), "test_pictures": x}
    evaluation.add("reconstruction", "high_frequency", detail(y, x))
    if classifier is not None:
        reference = in_batches(classifier.features, samples(store, "train", domain, MOST_SAMPLES))
        distances = {
            name: frechet_distance(in_batches(classifier.features, picture), reference)
            for name, picture in baselines.items()
        }
        evaluation.add("reconstruction", "fd_features", distances)
    caption = Caption("Reconstructions of test pictures", ["test picture", "reconstruction"])
    shown = [x[: 2 * SHOWN], y[: 2 * SHOWN]]
    if isinstance(store.codec, MelCodec):
        shown = [row.flip(-2) / LOUDEST for row in shown]
    save_grid(out / "reconstructions.png", shown, caption)


def detail(y: Tensor, x: Tensor) -> Rows:
    """The energy of fine detail over that of the test pictures: below 1 is blurred, above grainy.

    With the ceiling alone beside it: what is more than 1 is not better.
    """
    most = max(high_frequency_energy(x), 1e-12)  # flat pictures have none
    return {MODEL: high_frequency_energy(y) / most, "test_pictures": 1.0}


def evaluate_codes(
    model: Tokenizer, untrained: Tokenizer, store: Store, domain: str, evaluation: Evaluation
) -> None:
    """How much of the codebook the test pictures use, beside half of it and fresh weights."""
    x = samples(store, "test", domain)
    baselines = {
        name: in_batches(tokenizer.encode_codes, x)
        for name, tokenizer in (
            (MODEL, model),
            ("untrained", untrained),
        )
    }
    found = {name: float(perplexity(codes, model.codes)) for name, codes in baselines.items()}
    evaluation.add("codes", "perplexity", {**found, "half_the_codebook": model.codes / 2})
    found = {name: float(codebook_usage(codes, model.codes)) for name, codes in baselines.items()}
    evaluation.add("codes", "use", found)


def evaluate_scorer(model: Scorer, store: Store, domain: str, evaluation: Evaluation) -> None:
    """Log-likelihood of the test pictures beside one Gaussian about the mean picture."""
    x = samples(store, "test", domain)
    train = samples(store, "train", domain)
    mean = train.mean(dim=0, keepdim=True)
    variance = (train - mean).square().mean().log()
    nats = {
        MODEL: float(in_batches(model.score, x).mean()),
        "mean_picture": -float(gaussian_nll(x, mean.expand_as(x), variance).mean()),
    }
    evaluation.add("likelihood", "elbo", nats)
    # Pictures have 256 levels over a range of 2: a density a unit is 127.5 times one a level.
    values = x[0].numel()
    bits = {name: math.log2(127.5) - n / values / math.log(2) for name, n in nats.items()}
    evaluation.add("likelihood", "bits_per_dim", bits)


def show_interpolation(model: Latent, store: Store, domain: str, out: Path) -> None:
    """Straight lines between the codes of test pictures."""
    codes = model.encode(samples(store, "test", domain, 2 * SHOWN))
    steps = torch.linspace(0, 1, SHOWN)[:, None]
    lines = [model.decode(torch.lerp(a, b, steps)) for a, b in slices(codes, 2)]
    caption = Caption("Straight lines between the codes of two test pictures, one line a row")
    save_grid(out / "interpolations.png", lines, caption)


def draw(model: Sampler, count: int) -> Tensor:
    """``count`` samples of a fixed seed, in batches."""
    generator = Generator().manual_seed(1)
    return torch.cat([model.sample(min(64, count - at), generator) for at in range(0, count, 64)])
