"""Pictures as networks see them that nobody here trained.

The features of a classifier that learnt from the same pictures as the model know nothing but their
classes. EfficientNet-Lite0 learnt from photographs and comes as a package; Inception v3, CLIP and
LPIPS, which papers report, need files of weights that are given.
"""

from collections.abc import Iterable, Mapping

import torch
from torch import Tensor
from torch.nn.functional import normalize

from pipeline.evaluation.classifying import frechet_distances
from pipeline.evaluation.context import Context, Value
from pipeline.evaluation.data import in_batches, spread
from pipeline.evaluation.networks import FeatureNetwork, LogitsNetwork, LPIPSNetwork
from pipeline.evaluation.results import MODEL, Protocol
from pipeline.metrics.cmmd import cmmd
from pipeline.metrics.inception_score import inception_score
from pipeline.metrics.kernel import cubic_mmd, kernel_distance

MOST = 200
"""Pictures of each group that EfficientNet looks at, those of `spread`: a kernel distance is
unbiased at any number."""

SCALE = 1000.0
SUBSETS = 50
LEAST = 8
FEWEST_OF_FID = 50
"""Pictures below which FID is left to the kernel distances, which few do not make larger. Papers
have it of 120 and more; of 45 true digits a Frechet distance is four times that of 360."""

Groups = Mapping[str, Tensor]
"""The model's pictures, each baseline's and the ceiling's, [N, C, H, W] in [-1, 1]."""


def compare_looks(
    context: Context, task: str, groups: Groups, reference: Tensor, domains: Iterable[str]
) -> None:
    """File how like a reference of ``domains`` [M, C, H, W] the pictures of each group are as a
    whole.

    Nothing where they have no picture's channels, as label maps.
    """
    if reference.shape[1] not in (1, 3):
        return
    enough = min(len(reference), *map(len, groups.values())) >= LEAST
    few = "" if enough else f"there are fewer than {LEAST} pictures"
    for metric, name, add, most in (
        ("kd_imagenet", "pictures", add_kernel_distance, MOST),
        ("fid", "inception", add_inception, len(reference)),
        ("cmmd", "clip", add_cmmd, len(reference)),
    ):
        network = getattr(context.networks, name)
        if few or network is None:
            context.miss(task, metric, few or absent(context, name))
            continue
        references = context.describe_references(domains, min(most, len(reference)))
        add(context, task, network, groups, reference, references)


def absent(context: Context, network: str) -> str:
    """Say why a network is not there."""
    return context.networks.missing.get(network, "no such network was loaded")


def add_kernel_distance(
    context: Context,
    task: str,
    network: FeatureNetwork,
    groups: Groups,
    reference: Tensor,
    references: Protocol,
) -> None:
    """File the kernel distances in the features of a network of photographs, times 1,000."""
    true = in_batches(network.features, some_of(reference))
    rows: dict[str, float | Value | Tensor] = {}
    for name, x in groups.items():
        seen = in_batches(network.features, some_of(x))
        rows[name] = (
            kernel_with_interval(seen, true) if name == MODEL else SCALE * cubic_mmd(seen, true)
        )
    count = min(MOST, len(groups[MODEL]))
    context.add(task, "kd_imagenet", rows, **about(network, count), **references)


def some_of(x: Tensor) -> Tensor:
    """Choose `MOST` of pictures [N, C, H, W]: of several domains of each its share.

    Shares that are fixed vary less than those of pictures drawn from a mixture, which the distance
    of two sets takes for likeness: of equal halves of two domains it is below 0 by the domains'
    own distance / (2 (N - 1)), some -1.6 of 650.
    """
    return x[spread(MOST, len(x))]


def add_inception(
    context: Context,
    task: str,
    network: LogitsNetwork,
    groups: Groups,
    reference: Tensor,
    references: Protocol,
) -> None:
    """File FID, KID (times 1,000) and Inception score, as papers have them; of few pictures no FID.

    The model's FID has an interval, as a Frechet distance of other features has one.
    """
    true = in_batches(network.features, reference)
    found = {name: in_batches(network.features, x) for name, x in groups.items()}
    protocol = {**about(network, len(groups[MODEL])), **references}
    fewest = min(len(true), *map(len, found.values()))
    if fewest < FEWEST_OF_FID:
        few = f"of {fewest} pictures it is too high: it needs {FEWEST_OF_FID}"
        context.miss(task, "fid", few)
    else:
        context.add(task, "fid", frechet_distances(found, true), **protocol)
    kid = {name: kernel_with_interval(features, true) for name, features in found.items()}
    context.add(task, "kid", kid, **protocol)
    scores = {
        name: inception_score(network.logits_of(features), splits=1).value
        for name, features in found.items()
    }
    context.add(task, "inception_score", scores, splits=1, **protocol)


def add_cmmd(
    context: Context,
    task: str,
    network: FeatureNetwork,
    groups: Groups,
    reference: Tensor,
    references: Protocol,
) -> None:
    """File CMMD, as its authors have it: of embeddings that are brought to length 1."""
    true = normalize(in_batches(network.features, reference))
    rows = {
        name: cmmd(normalize(in_batches(network.features, x)), true) for name, x in groups.items()
    }
    context.add(task, "cmmd", rows, **about(network, len(groups[MODEL])), **references)


def add_lpips(context: Context, task: str, answers: Groups, truth: Tensor) -> None:
    """File the mean LPIPS of pairs of pictures, of each answer and its true counterpart.

    Nothing where they have no picture's channels, as label maps.
    """
    network = context.networks.lpips
    if truth.shape[1] not in (1, 3):
        return
    if network is None:
        context.miss(task, "lpips", absent(context, "lpips"))
        return
    if min(truth.shape[2:]) < network.least:
        small = f"{network.name} needs {network.least} pixels a side"
        context.miss(task, "lpips", small)
        return
    pairs = {name: torch.stack([x.expand_as(truth), truth], dim=1) for name, x in answers.items()}
    rows = {
        name: in_batches(lambda pair: network.each(pair[:, 0], pair[:, 1]), pair)
        for name, pair in pairs.items()
    }
    context.add(task, "lpips", rows, **about(network, len(truth)))


def about(network: FeatureNetwork | LPIPSNetwork, count: int) -> Protocol:
    """Describe how a network measured."""
    return {
        "count": count,
        "network": network.name,
        "network_checksum": network.checksum,
        "package": network.package,
        "resizing": network.resizing,
    }


def kernel_with_interval(seen: Tensor, true: Tensor) -> Value:
    """Measure the kernel distance of features [N, F] and [M, F], times 1,000, and bound it with
    95 %.

    By 1.96 standard deviations over halves of both sets drawn without replacement, which vary about
    the whole's value as wholes would about the truth (the delete-half jackknife).
    """
    half = min(len(seen), len(true)) // 2
    value = SCALE * cubic_mmd(seen, true)
    margin = 1.96 * SCALE * kernel_distance(seen, true, subsets=SUBSETS, subset_size=half).std
    return Value(value, (value - margin, value + margin))
