"""Translators of pictures: distance to the truth, the classifier's opinion, there and back."""

from functools import partial
from pathlib import Path

import numpy as np
import torch
from torch import Tensor

from pipeline.capabilities import Classifier, Translator
from pipeline.codecs import MelCodec
from pipeline.datasets.source import Array
from pipeline.datasets.store import Store
from pipeline.evaluation.results import MODEL, Evaluation, in_batches
from pipeline.figures import Caption, save_grid
from pipeline.inference.translation import translate_any_size
from pipeline.metrics.psnr import psnr
from pipeline.metrics.ssim import ssim

SHOWN = 8
WINDOW = 64  # frames: as many as any network's strides divide


def evaluate_translator(
    model: Translator,
    store: Store,
    classifier: Classifier | None,
    evaluation: Evaluation,
    out: Path,
) -> None:
    """Every direction of a translator on the test split."""
    for target, source in model.directions.items():
        task = f"{source}_to_{target}"
        x = samples(store, "test", source)
        y = in_batches(partial(translate_any_size, model, to=target), x)
        columns = [x, y]
        names = [f"input: {source}", f"translation: {target}"]
        if source in model.directions:
            back = in_batches(partial(translate_any_size, model, to=source), y)
            columns.append(back)
            names.append(f"back again: {source}")
            evaluation.add(task, "cycle_l1", {MODEL: l1(back, x), "no_model": cross_l1(x)})
        if store.aligned("test", source, target):
            truth = samples(store, "test", target)
            columns.append(truth)
            names.append(f"true counterpart: {target}")
            compare(task, x, y, truth, mean_sample(store, target), evaluation)
        if classifier is not None and target in classifier.classes:
            ask_classifier(task, classifier, target, x, y, evaluation)
        caption = Caption(f"{source} to {target}, test pictures", names)
        save_grid(out / f"{task}.png", [column[:SHOWN] for column in columns], caption)


def compare(
    task: str, x: Tensor, y: Tensor, truth: Tensor, mean: Tensor, evaluation: Evaluation
) -> None:
    """Translations beside the true counterparts, with the mean picture and the input as baselines.

    A grey input is a baseline in colour, too: what is not coloured at all is not far off.
    """
    baselines = {MODEL: y, "mean_picture": mean.expand_as(truth)}
    if x.shape[1] in (1, truth.shape[1]) and x.shape[2:] == truth.shape[2:]:
        baselines["untouched_input"] = x.expand_as(truth)
    for name, metric in (("psnr", psnr), ("ssim", ssim), ("l1", l1)):
        rows = {baseline: metric(picture, truth) for baseline, picture in baselines.items()}
        evaluation.add(task, name, rows)


def ask_classifier(
    task: str, classifier: Classifier, target: str, x: Tensor, y: Tensor, evaluation: Evaluation
) -> None:
    """The share of translations that the classifier takes for the target, beside the inputs'
    share."""
    wanted = classifier.classes.index(target)

    def share(pictures: Tensor) -> float:
        taken = in_batches(classifier.classify, pictures).argmax(dim=1) == wanted
        return float(taken.float().mean())

    evaluation.add(task, "target_accuracy", {MODEL: share(y), "untouched_input": share(x)})


def samples(store: Store, split: str, domain: str, limit: int | None = None) -> Tensor:
    """All (or the first ``limit``) pictures of a split and domain, [N, C, H, W].

    Of sound the clips' windows of `WINDOW` frames, end to end.
    """
    reader = store.domain(split, domain)
    rows = [reader.item(index) for index in range(min(len(reader), limit or len(reader)))]
    if isinstance(store.codec, MelCodec):
        rows = [window for item in rows for window in windows(item)]
    return store.codec.to_sample(torch.from_numpy(np.stack(rows)), domain)


def windows(frames: Array) -> list[Array]:
    """Frames [T, M] in windows [`WINDOW`, M]; those of a shorter clip are repeated."""
    whole = max(1, len(frames) // WINDOW) * WINDOW
    return np.split(np.resize(frames, (whole, frames.shape[1])), whole // WINDOW)


def mean_sample(store: Store, domain: str) -> Tensor:
    """The mean training picture [1, C, H, W]: what a model that knows nothing would answer."""
    return samples(store, "train", domain).mean(dim=0, keepdim=True)


def l1(x: Tensor, reference: Tensor) -> float:
    """Mean absolute difference."""
    return float((x - reference).abs().mean())


def cross_l1(x: Tensor) -> float:
    """Mean absolute difference of each picture to the next: what coming back at random gives."""
    return l1(x.roll(1, dims=0), x)
