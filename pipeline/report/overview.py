"""The rows of the overview: what each model does, and what it is worth."""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass

from pipeline.report.figures import Picture
from pipeline.report.groups import Group
from pipeline.report.model import Model
from pipeline.report.scales import Scale, scale_of
from pipeline.report.tasks import Kind, kinds_of
from pipeline.report.verdicts import LABELS, UNDECIDED, Label


@dataclass(frozen=True)
class Row:
    """A model of the overview."""

    model: Model
    kinds: list[Kind]
    picture: Picture | None
    """A sample of what it makes."""
    scale: Scale | None
    groups: list[Group]
    """The pages that compare it."""

    @property
    def label(self) -> Label:
        """The outcome that stands for the model."""
        return self.model.lead.label if self.model.lead else UNDECIDED

    @property
    def order(self) -> int:
        """The place of the outcome among all, best first."""
        return list(LABELS.values()).index(self.label)


def rows_of(models: Sequence[Model], groups: Sequence[Group]) -> list[Row]:
    """Make the rows of the overview, in the order of params.yaml."""
    return [
        Row(
            model,
            kinds_of(model.tasks),
            picture_of(model),
            scale_of(model.lead.comparison) if model.lead else None,
            [group for group in groups if model in group.models],
        )
        for model in models
    ]


def picture_of(model: Model) -> Picture | None:
    """Choose the picture that stands for a model: of its leading task, or the first there is."""
    lead = model.lead
    sections = sorted(
        model.sections, key=lambda section: lead is None or lead not in section.decisions
    )
    shown = [picture for section in sections for picture in section.pictures]
    heard = [clip.picture for section in sections for clip in section.clips if clip.picture]
    return next(iter([*shown, *heard, *model.figures.pictures]), None)


def tally(rows: Sequence[Row]) -> list[tuple[Label, int]]:
    """Count the outcomes, best first; those that are there."""
    counts = Counter(row.label for row in rows)
    return [(label, counts[label]) for label in LABELS.values() if counts[label]]
