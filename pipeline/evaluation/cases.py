"""The best, the median and the worst of what a model made, chosen by a metric and not by hand."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import torch
from torch import Tensor

from pipeline.evaluation.context import Context
from pipeline.evaluation.drawing import drawable
from pipeline.evaluation.metric_table import METRICS
from pipeline.evaluation.results import Cases
from pipeline.figures import Caption, save_grid

NAMES = ("best", "median", "worst")


@dataclass(frozen=True)
class Ranking:
    """A metric's values of all items of a task."""

    metric: str
    values: Tensor  # [N]

    @property
    def chosen(self) -> list[int]:
        """The indices of the best, the median and the worst item; fewer where there are fewer."""
        better_first = bool(METRICS[self.metric].higher_is_better)
        order = torch.argsort(self.values, descending=better_first, stable=True).tolist()
        places = dict.fromkeys((0, (len(order) - 1) // 2, len(order) - 1))
        return [order[place] for place in places]

    def describe(self, number: int) -> str:
        """Say which of `chosen` this is: "Best of 12 by PSNR to the true counterpart"."""
        names = NAMES if len(self.chosen) == len(NAMES) else NAMES[::2]
        title = METRICS[self.metric].title
        return f"{names[number].capitalize()} of {len(self.values)} by {title}"


def rank(ranking: Ranking, keys: Sequence[str]) -> Cases:
    """Name the best, the median and the worst item by their keys."""
    order = ranking.chosen
    named = [keys[index] for index in (order[0], order[len(order) // 2], order[-1])]
    return Cases(ranking.metric, *named)


def save_cases(context: Context, task: str, ranking: Ranking, rows: Mapping[str, Tensor]) -> None:
    """Draw the best, median and worst item side by side: ``<task>_cases.png``.

    ``rows``: a title and the samples [N, C, H, W] of each row.
    """
    chosen = ranking.chosen
    titles = [ranking.describe(number) for number in range(len(chosen))]
    caption = Caption(f"From the left: {'; '.join(titles)}", list(rows))
    codec = context.store.codec
    drawn = [drawable(row[chosen], codec) for row in rows.values()]
    save_grid(context.out / f"{task}_cases.png", drawn, caption)
