"""A model's numbers beside its baselines', and who is better."""

import json
import math
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from pipeline.errors import UserError
from pipeline.evaluation.results import METRICS, MODEL, Metric, Results, Rows

Verdict = Literal["better", "level", "behind"]


@dataclass(frozen=True)
class Rival:
    """What a model is compared with."""

    title: str
    words: str
    ceiling: bool = False
    """It knows the answer: nobody is expected to beat it, so it doesn't compete."""


RIVALS: dict[str, Rival] = {
    "mean_picture": Rival(
        "Mean picture",
        "The mean of all training pictures, given as every answer: what a model reaches that has "
        "learnt nothing but the average.",
    ),
    "untouched_input": Rival(
        "Untouched input", "The input, handed back as it came: what doing nothing reaches."
    ),
    "no_model": Rival(
        "No model", "Another test picture in place of the one that should have come back."
    ),
    "noise": Rival("Noise", "Pictures of independent random values."),
    "untrained": Rival("Untrained", "The same network with its first, random weights."),
    "half_the_codebook": Rival(
        "Half the codebook", "Half of the codes, all used alike: what a healthy codebook exceeds."
    ),
    "test_pictures": Rival(
        "Test pictures",
        "Real pictures that training never saw, in place of the model's. They set the ceiling: "
        "samples as good as new data would land here.",
        ceiling=True,
    ),
    "source_through_vocoder": Rival(
        "Source through vocoder",
        "The source speaker, unconverted, through the same vocoder: what doing nothing reaches.",
    ),
    "statistics": Rival(
        "Statistics",
        "The source with the mean and deviation of each mel band moved to the target speaker's, "
        "through the same vocoder: what converting frames without learning reaches. Pitch stays.",
    ),
    "statistics_f0": Rival(
        "Statistics with pitch",
        "The same of the mel bands and of pitch (log F0), done to the recording itself by the "
        "WORLD vocoder: the classical conversion without learning.",
    ),
    "source_recording": Rival(
        "Source, before", "The source speaker's recordings of the sentences, before conversion."
    ),
    "target_speaker": Rival(
        "Target speaker", "The target speaker's training recordings: what conversion should reach."
    ),
    "griffin_lim": Rival(
        "Griffin-Lim",
        "The classical algorithm, which finds phases that fit the frames and learns nothing.",
    ),
    "copy_synthesis": Rival(
        "Copy synthesis",
        "The target speaker's own recording through the same vocoder. It sets the ceiling: what "
        "it loses, the vocoder loses.",
        ceiling=True,
    ),
}
"""Everything that evaluations put beside a model, in words."""


MINUS = "\N{MINUS SIGN}"
HEADLINES = ("psnr", "mcd", "mse", "fd_features")
"""What an overview shows of a model, the foremost first: distances to the truth before opinions."""


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
    metric: Metric
    rows: Rows

    @property
    def strongest(self) -> str | None:
        """The baseline that is hardest to beat; None where only ceilings stand beside the model,
        or where no value is better than another.
        """
        if self.metric.higher_is_better is None:
            return None
        names = [name for name in self.rows if name != MODEL and not baseline(name).ceiling]
        return max(names, key=self._merit, default=None)

    @property
    def verdict(self) -> Verdict | None:
        """How the model fares against its strongest baseline, where it has one."""
        if self.strongest is None:
            return None
        model, baseline = self._merit(MODEL), self._merit(self.strongest)
        if model == baseline:
            return "level"
        return "better" if model > baseline else "behind"

    def cell(self, name: str) -> Cell | None:
        """The value of ``model`` or of a baseline; None where the metric has none."""
        if name not in self.rows:
            return None
        competes = name == MODEL or not baseline(name).ceiling
        top = max(self._merit(MODEL), self._merit(self.strongest or MODEL))
        finite = math.isfinite(self.rows[name])
        best = competes and finite and self.strongest is not None and self._merit(name) == top
        return Cell(self.text(name), best)

    def text(self, name: str) -> str:
        """A value as people read it, without its unit."""
        return number(self.rows[name])

    def _merit(self, name: str) -> float:
        """Higher is better; what is no number is worst."""
        value = self.rows[name]
        if not math.isfinite(value):
            return -math.inf
        return value if self.metric.higher_is_better else -value


def baseline(name: str) -> Rival:
    """A baseline in words; one that `RIVALS` doesn't know is a baseline with only its name."""
    return RIVALS.get(name) or Rival(spoken(name), "")


def read_comparisons(path: Path) -> list[Comparison]:
    """The comparisons of an evaluation's results, by task, in the order of `METRICS`.

    Raises UserError where the file is not what evaluation writes.
    """
    try:
        results: Results = json.loads(path.read_text(encoding="utf-8"))
        return [
            Comparison(task, name, METRICS[name], {k: float(v) for k, v in found[name].items()})
            for task, found in results.items()
            for name in sorted(found, key=list(METRICS).index)
            if MODEL in found[name]
        ]
    except (ValueError, TypeError, AttributeError) as error:
        raise UserError(f"{path} holds no results; evaluate again ({error})") from error


def headline(comparisons: list[Comparison]) -> Comparison | None:
    """The foremost metric that has a baseline, of the first task that it measures."""
    judged = [c for c in comparisons if c.strongest is not None]
    order = [*HEADLINES, *METRICS]
    return min(judged, key=lambda c: order.index(c.name), default=None)


def number(value: float) -> str:
    """Four significant digits, with a true minus sign."""
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
    """An identifier as words: ``arthur_to_beatrice`` -> Arthur to beatrice."""
    return capital(name.replace("_", " ").replace("/", " / ").strip())


def capital(words: str) -> str:
    """Words with a capital at their head; the rest stays, unlike with ``str.capitalize``."""
    return words[:1].upper() + words[1:]
