"""`crossdomain check-data`: what a folder holds, before anything is trained."""

from pathlib import Path

from pipeline.datasets.survey.layout import find_layout
from pipeline.datasets.survey.survey import bad, survey
from pipeline.datasets.survey.words import data_block, finding
from pipeline.errors import UserError


def run(root: Path, wanted: str) -> None:
    """Print the whole finding; raise UserError then where training would fail."""
    layout = find_layout(root, wanted)
    holdings = survey(layout)
    print(finding(layout, holdings))
    usable = [h for h in holdings["train"].values() if any(one.what for one in h.seen)]
    if layout.missing or not usable:
        missing = ", ".join(str(at) for at in layout.missing) or "usable files"
        raise UserError(f"{root}: layout '{layout.name}' lacks {missing}")
    print("\nTo read it, in params.yaml (root is relative to that file):\n")
    print(data_block(layout, holdings), end="")
    if damaged := bad(holdings):
        raise UserError(f"{len(damaged)} files can't be used: fix or remove those listed above")
