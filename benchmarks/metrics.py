"""python -m benchmarks.metrics [CASE ...]: distances of feature sets against torch-fidelity's.

10,000 vectors of 2,048 features a side, the size of Inception's, both sides' kept in float32 as
networks leave them. Each competitor has a process of its own, and they take turns
(benchmarks/turns.py). Both values are stored beside the times: they differ by what torch-fidelity
adds up in float32. Needs torch-fidelity. Writes benchmarks/results/metrics.json.
"""

import sys
from collections.abc import Callable
from functools import partial

import torch
from rich.table import Table
from torch import Tensor

from benchmarks.machine import publish
from benchmarks.turns import in_fresh_process, race, summary
from pipeline.metrics.frechet import frechet_distance
from pipeline.metrics.inception_score import inception_score
from pipeline.metrics.kernel import kernel_distance
from pipeline.metrics.precision_recall import precision_recall

TURNS = 3
COUNT, FEATURES, CLASSES = 10_000, 2048, 1008
SUBSETS, SUBSET_SIZE, NEIGHBOURS, SPLITS, SEED = 20, 1000, 3, 10, 2020
YARDSTICK = "plain torch-fidelity"
COMPETITORS = (YARDSTICK, "ours")

Call = Callable[[], float]


def feature_sets(features: int) -> tuple[Tensor, Tensor]:
    """Draw two sets of features that depend on each other and are not below 0."""
    generator = torch.Generator().manual_seed(0)
    sides = []
    for shift in (0.0, 0.1):
        mixing = torch.randn(features, features, generator=generator) / features**0.5
        drawn = torch.randn(COUNT, features, generator=generator)
        sides.append((drawn @ mixing + shift).relu())
    return sides[0], sides[1]


def frechet_calls() -> dict[str, Call]:
    """Return calls from features to FID."""
    from torch_fidelity.metric_fid import fid_features_to_statistics, fid_statistics_to_metric

    a, b = feature_sets(FEATURES)

    def plain() -> float:
        both = [fid_features_to_statistics(x) for x in (a, b)]
        return fid_statistics_to_metric(*both, verbose=False)["frechet_inception_distance"]

    return {YARDSTICK: plain, "ours": lambda: frechet_distance(a, b)}


def kernel_calls() -> dict[str, Call]:
    """Return calls from features to the mean of KID over subsets."""
    from torch_fidelity.metric_kid import kid_features_to_metric

    a, b = feature_sets(FEATURES)
    asked = {"kid_subsets": SUBSETS, "kid_subset_size": SUBSET_SIZE, "rng_seed": SEED}

    def plain() -> float:
        found = kid_features_to_metric(a, b, verbose=False, **asked)
        return found["kernel_inception_distance_mean"]

    return {
        YARDSTICK: plain,
        "ours": lambda: kernel_distance(a, b, SUBSETS, SUBSET_SIZE, SEED).value,
    }


def precision_calls() -> dict[str, Call]:
    """Return calls from features to precision."""
    from torch_fidelity.metric_prc import prc_features_to_metric

    a, b = feature_sets(FEATURES)

    def plain() -> float:
        found = prc_features_to_metric(a, b, prc_neighborhood=NEIGHBOURS, verbose=False)
        return found["precision"]

    return {YARDSTICK: plain, "ours": lambda: precision_recall(a, b, NEIGHBOURS).precision}


def score_calls() -> dict[str, Call]:
    """Return calls from logits to the inception score."""
    from torch_fidelity.metric_isc import isc_features_to_metric

    logits = 3 * feature_sets(CLASSES)[0]

    def plain() -> float:
        return isc_features_to_metric(logits, SPLITS, True, SEED)["inception_score_mean"]

    return {YARDSTICK: plain, "ours": lambda: inception_score(logits, SPLITS, SEED).value}


CASES: dict[str, Callable[[], dict[str, Call]]] = {
    "FID": frechet_calls,
    f"KID, {SUBSETS} subsets of {SUBSET_SIZE:,}": kernel_calls,
    "precision and recall": precision_calls,
    "inception score": score_calls,
}


def make_call(competitor: str, case: str) -> Call:
    """Draw the features, in the competitor's process."""
    return CASES[case]()[competitor]


def value(competitor: str, case: str) -> float:
    """Compute a competitor's number once."""
    return make_call(competitor, case)()


def measure(case: str) -> dict[str, dict[str, float]]:
    """Measure seconds a call, ratio of times and value of both."""
    turns = race(partial(make_call, case=case), COMPETITORS, TURNS, seconds=0.0, least=1)
    seconds = [{name: 1 / rate for name, rate in turn.items()} for turn in turns]
    found = summary(seconds, YARDSTICK, "seconds")
    for name in COMPETITORS:
        found[name]["value"] = in_fresh_process(value, name, case)
    return found


def main(wanted: list[str]) -> None:
    """Measure the cases that are named, or all."""
    table = Table("case", *(f"{name}: seconds, of plain, value" for name in COMPETITORS))
    cases = {}
    for case in wanted or CASES:
        cases[case] = measure(case)
        cells = [
            f"{found['seconds']:.3g} x{found['ratio']:.2f} {found['value']:.9g}"
            for found in cases[case].values()
        ]
        table.add_row(case, *cells)
    publish("metrics", table, cases)


if __name__ == "__main__":
    main(sys.argv[1:])
