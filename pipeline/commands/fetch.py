"""`crossdomain fetch`: published data sets, into folders that params.yaml can name."""

from pathlib import Path

from pipeline.downloads.published import PUBLISHED, WITH_ACCOUNT, Published, fetch, known
from pipeline.errors import UserError


def names() -> str:
    """A line for each data set."""
    width = max(map(len, [*PUBLISHED, *WITH_ACCOUNT])) + 2
    lines = [f"{name:<{width}}{published.shows}" for name, published in PUBLISHED.items()]
    lines += [f"{name:<{width}}not by a command: {how}" for name, how in WITH_ACCOUNT.items()]
    return "\n".join(lines)


def run(name: str | None, out: Path | None) -> str:
    """Fetches a data set; returns what was done and how params.yaml names it."""
    if name is None:
        raise UserError(f"expected the name of a data set; there are: {', '.join(PUBLISHED)}")
    published = known(name)
    folder = out or Path("data/raw") / name
    folder = folder if folder.name else folder.resolve()  # of '.', say
    return f"{fetch(published, folder)}\n\n{block(name, published, folder)}"


def block(name: str, published: Published, folder: Path) -> str:
    """What to write into params.yaml."""
    lines = [
        "In params.yaml (size: what training should see, or a little more to crop from):",
        "  datasets:",
        f"    {name}:",
        "      kind: pictures",
        f"      root: {folder}",
        f"      layout: {published.layout}",
        f"      domains: [{', '.join(published.domains)}]",
        "      size: 256",
    ]
    return "\n".join(lines)
