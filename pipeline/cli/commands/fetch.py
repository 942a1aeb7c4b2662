"""`crossdomain fetch`: published data sets, into folders that params.yaml can name."""

from pathlib import Path
from typing import get_args

from pipeline.datasets.downloads.published import PUBLISHED, WITH_ACCOUNT, Published, fetch, known
from pipeline.datasets.layouts import Corpus
from pipeline.errors import UserError


def names() -> str:
    """Return a line for each data set."""
    width = max(map(len, [*PUBLISHED, *WITH_ACCOUNT])) + 2
    lines = [f"{name:<{width}}{published.shows}" for name, published in PUBLISHED.items()]
    lines += [f"{name:<{width}}not by a command: {how}" for name, how in WITH_ACCOUNT.items()]
    return "\n".join(lines)


def run(name: str | None, out: Path | None) -> str:
    """Fetch a data set; return what was done and how params.yaml names it."""
    if name is None:
        raise UserError(f"expected the name of a data set; there are: {', '.join(PUBLISHED)}")
    published = known(name)
    folder = out or Path("data/raw") / (published.folder or name)
    folder = folder if folder.name else folder.resolve()  # of '.', say
    return f"{fetch(published, folder)}\n\n{block(name, published, folder)}"


def block(name: str, published: Published, folder: Path) -> str:
    """Return what to write into params.yaml."""
    lay = recordings if published.layout in get_args(Corpus) else pictures
    return "\n".join(lay(name, published, folder))


def pictures(name: str, published: Published, folder: Path) -> list[str]:
    """Return the block of a set of pictures."""
    return [
        "In params.yaml (size: what training should see, or a little more to crop from):",
        "  datasets:",
        f"    {name}:",
        "      kind: pictures",
        f"      root: {folder}",
        f"      layout: {published.layout}",
        f"      domains: [{', '.join(published.domains)}]",
        "      size: 256",
    ]


def recordings(name: str, published: Published, folder: Path) -> list[str]:
    """Return the block of a collection of speech, of which this may be one archive of several."""
    return [
        "In params.yaml (name the speakers you want; fetch the other parts of the collection too):",
        "  datasets:",
        f"    {published.layout}:",
        "      kind: corpus",
        f"      root: {folder.parent if published.folder else folder}",
        f"      corpus: {published.layout}",
        f"      speakers: [{', '.join(published.domains)}]",
    ]
