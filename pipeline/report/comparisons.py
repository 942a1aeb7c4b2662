"""A model's numbers beside its baselines', and which are better."""

import json
import math
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from pipeline.errors import UserError
from pipeline.evaluation.headline import CEILINGS, TRUTHS, merit
from pipeline.evaluation.results import METRICS, MODEL, Metric, Results, Rows

Outcome = Literal["better", "level", "behind"]


@dataclass(frozen=True)
class Baseline:
    """A baseline that a model is compared with."""

    title: str
    words: str


BASELINES: dict[str, Baseline] = {
    "mean_picture": Baseline(
        "Mean picture",
        "The mean of all training pictures, given as every answer: what a model reaches that has "
        "learnt nothing but the average.",
    ),
    "mean_chunk": Baseline(
        "Mean chunk",
        "The mean of all chunks of the training sound, given as every answer: what a model reaches "
        "that has learnt nothing but the average.",
    ),
    "untouched_input": Baseline(
        "Untouched input", "The input, handed back as it came: what doing nothing reaches."
    ),
    "no_model": Baseline(
        "No model", "Another test picture in place of the one that should have come back."
    ),
    "noise": Baseline("Noise", "Samples of independent random values."),
    "untrained": Baseline("Untrained", "The same network with its first, random weights."),
    "half_the_codebook": Baseline(
        "Half the codebook", "Half of the codes, all used alike: what a healthy codebook exceeds."
    ),
    "test_pictures": Baseline(
        "Test pictures",
        "Real pictures that training never saw, in place of the model's. They set the ceiling: "
        "samples as good as new data would land here.",
    ),
    "test_chunks": Baseline(
        "Test chunks",
        "Chunks of real recordings that training never heard, in place of the model's. They set "
        "the ceiling: samples as good as new data would land here.",
    ),
    "source_through_vocoder": Baseline(
        "Source through vocoder",
        "The source speaker, unconverted, through the same vocoder: what doing nothing reaches.",
    ),
    "statistics": Baseline(
        "Statistics",
        "The source with the mean and std of each mel band moved to the target speaker's, "
        "through the same vocoder: what converting frames without learning reaches. Pitch stays.",
    ),
    "statistics_f0": Baseline(
        "Statistics with pitch",
        "The same of the mel bands and of pitch (log F0), done to the recording itself by the "
        "WORLD vocoder: the classical conversion without learning.",
    ),
    "source_recording": Baseline(
        "Source, before", "The source speaker's recordings of the sentences, before conversion."
    ),
    "target_speaker": Baseline(
        "Target speaker", "The target speaker's training recordings: what conversion should reach."
    ),
    "griffin_lim": Baseline(
        "Griffin-Lim",
        "The classical algorithm, which finds phases that fit the frames and learns nothing.",
    ),
    "copy_synthesis": Baseline(
        "Copy synthesis",
        "The target speaker's own recording through the same vocoder. It sets the ceiling: what "
        "it loses, the vocoder loses.",
    ),
}
"""Everything that evaluations put beside a model, in words."""


MINUS = "\N{MINUS SIGN}"


@dataclass(frozen=True)
class Cell:
    """One value of a comparison."""

    text: str
    best: bool
    """No competitor has a better value."""


@dataclass(frozen=True)
class Comparison:
    """One metric of one task: the model's value and its baselines'."""

    task: str
    name: str
    rows: Rows

    @property
    def metric(self) -> Metric:
        """How the values are read."""
        return METRICS[self.name]

    @property
    def strongest(self) -> str | None:
        """The baseline that is hardest to beat; None where only ceilings stand beside the model,
        or where no value is better than another.
        """
        if self.metric.higher_is_better is None:
            return None
        names = [name for name in self.rows if name != MODEL and name not in CEILINGS]
        return max(names, key=self._merit, default=None)

    @property
    def outcome(self) -> Outcome | None:
        """The outcome against the strongest baseline, where there is one."""
        if self.strongest is None:
            return None
        model, strongest = self._merit(MODEL), self._merit(self.strongest)
        if model == strongest:
            return "level"
        return "better" if model > strongest else "behind"

    def cell(self, name: str) -> Cell | None:
        """Look up the value of the model or of a baseline; None where the metric has none."""
        if name not in self.rows:
            return None
        competes = name not in CEILINGS
        top = max(self._merit(MODEL), self._merit(self.strongest or MODEL))
        finite = math.isfinite(self.rows[name])
        best = competes and finite and self.strongest is not None and self._merit(name) == top
        return Cell(self.text(name), best)

    def text(self, name: str) -> str:
        """Write a value as people read it, without its unit."""
        return number(self.rows[name])

    def _merit(self, name: str) -> float:
        """Rank the value of the model or of a baseline by `merit`."""
        return merit(self.name, self.rows[name])


def baseline(name: str) -> Baseline:
    """Describe a baseline; one that `BASELINES` doesn't know by its name alone."""
    return BASELINES.get(name) or Baseline(spoken(name), "")


def read_comparisons(path: Path) -> list[Comparison]:
    """Read the comparisons of an evaluation's results, by task, in the order of `METRICS`.

    Raises UserError where the file is not what evaluation writes.
    """
    try:
        results: Results = json.loads(path.read_text(encoding="utf-8"))
        return [
            Comparison(task, name, {k: float(v) for k, v in found[name].items()})
            for task, found in results.items()
            for name in sorted(found, key=list(METRICS).index)
            if MODEL in found[name]
        ]
    except (ValueError, TypeError, AttributeError) as error:
        raise UserError(f"{path} holds no results; evaluate again ({error})") from error


def headline(comparisons: list[Comparison]) -> Comparison | None:
    """Choose the foremost metric that has a baseline, of the first task that it measures.

    Distances to the truth come before what a classifier says.
    """
    compared = [c for c in comparisons if c.strongest is not None]
    order = [*(column.metric for column in TRUTHS), *METRICS]
    return min(compared, key=lambda c: order.index(c.name), default=None)


def number(value: float) -> str:
    """Write a value in four significant digits, with a true minus sign."""
    if not math.isfinite(value):
        return "not a number" if math.isnan(value) else ("∞" if value > 0 else f"{MINUS}∞")
    size = abs(value)
    if size >= 1000:
        text = f"{value:,.0f}"
    elif size and size < 1e-4:
        text = f"{value:.2e}"
    else:
        text = f"{value:.4g}"
    return text.replace("-", MINUS)


def spoken(name: str) -> str:
    """Write an identifier as words: ``arthur_to_beatrice`` -> Arthur to beatrice."""
    return capital(name.replace("_", " ").replace("/", " / ").strip())


def capital(words: str) -> str:
    """Begin words with a capital; the rest stays, unlike with ``str.capitalize``."""
    return words[:1].upper() + words[1:]
