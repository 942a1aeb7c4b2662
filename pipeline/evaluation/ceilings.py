"""Ceilings: real test samples in the model's place, at a count that all samples beside them share.

A Frechet distance falls with the number of samples, and coverage rises with it (docs/metrics.md),
so that a row tells nothing whose values are of different counts.
"""

from collections.abc import Mapping, Sequence

from torch import Tensor

from pipeline.evaluation.context import Context
from pipeline.evaluation.data import spread

FEW = 50
"""Test samples below which they are no ceiling, unless the model has no more: all else would be
measured at their count, and real digits are 16.9 from the training digits at 45, 4.4 at 360."""


def equal_counts(
    context: Context, task: str, answers: Mapping[str, Tensor], real: Tensor
) -> dict[str, Tensor]:
    """Put ``real`` test samples [M, C, H, W] beside answers [N, C, H, W], as many of each.

    The rows of each are those of `spread`. Where there are too few real ones, that is filed and the
    answers stay alone.
    """
    most = min(map(len, answers.values()))
    if not enough(context, task, len(real), most):
        return dict(answers)
    count = min(len(real), most)
    groups = {**answers, context.terms.test: real}
    return {name: x[spread(count, len(x))] for name, x in groups.items()}


def enough(context: Context, task: str, there: int, wanted: int) -> bool:
    """Tell whether so many test samples are a ceiling where ``wanted`` could be measured.

    Where they are not, file it.
    """
    if there >= min(FEW, wanted):
        return True
    few = f"there are {there}: with fewer than {FEW} of everything distances say little"
    context.miss(task, context.terms.test, few)
    return False


def mixed_alike(references: Sequence[int], tests: Sequence[int]) -> list[int]:
    """Return how many test samples of each domain to take, so that their shares are those of
    ``references``, the numbers that metrics compare with.

    As many as there are of the domain that has fewest in proportion, at least one of each, and no
    more than references.
    """
    tests = [min(pair) for pair in zip(references, tests, strict=True)]
    test, reference = min(zip(tests, references, strict=True), key=lambda pair: pair[0] / pair[1])
    return [max(1, count * test // reference) for count in references]
