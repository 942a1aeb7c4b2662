"""Everything that is known of a folder: its layout and what is in each file."""

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from pipeline.datasets.layouts import Split, files_in, key_of
from pipeline.datasets.survey.files import ENDINGS, Clip, Kind, Picture, Seen, look
from pipeline.datasets.survey.layout import Layout


@dataclass(frozen=True)
class Holding:
    """The files of one split and domain."""

    folder: Path
    seen: list[Seen]

    @property
    def keys(self) -> set[str]:
        """Names of the files: two domains are aligned where these are equal."""
        return {key_of(one.file, self.folder) for one in self.seen}

    @property
    def pictures(self) -> list[Picture]:
        """The sizes of the good pictures, smallest first."""
        sizes = [one.what for one in self.seen if isinstance(one.what, Picture)]
        return sorted(sizes, key=lambda size: (size.side, max(size)))

    @property
    def clips(self) -> list[Clip]:
        """The good recordings, shortest first."""
        return sorted(one.what for one in self.seen if isinstance(one.what, Clip))


Holdings = dict[Split, dict[str, Holding]]
"""Split -> domain -> files."""


def take_stock(
    folders: dict[Split, dict[str, Path]], kind: Kind, *, halved: bool = False
) -> Holdings:
    """Read every file of every split and domain.

    Raises UserError where a folder is missing or holds nothing of that kind.
    """
    listed = {
        split: {domain: files_in(folder, ENDINGS[kind]) for domain, folder in domains.items()}
        for split, domains in folders.items()
    }
    files = [file for domains in listed.values() for found in domains.values() for file in found]
    seen = iter(look(files, kind, halved=halved))
    return {
        split: {
            domain: Holding(folders[split][domain], [next(seen) for _ in found])
            for domain, found in domains.items()
        }
        for split, domains in listed.items()
    }


def survey(layout: Layout) -> Holdings:
    """Return the stock of a layout, as far as its folders are there."""
    there: dict[Split, dict[str, Path]] = {
        split: {domain: at for domain, at in domains.items() if at not in layout.missing}
        for split, domains in layout.folders.items()
    }
    return take_stock(there, layout.kind, halved=layout.name == "halves")


def bad(holdings: Holdings) -> list[Seen]:
    """Return the files that are of no use."""
    return [one for one in every(holdings) if one.what is None]


def odd(holdings: Holdings) -> list[Seen]:
    """Return the files that are used although something is odd about them."""
    return [one for one in every(holdings) if one.remark]


def every(holdings: Holdings) -> Iterator[Seen]:
    """Return all files."""
    for domains in holdings.values():
        for holding in domains.values():
            yield from holding.seen


def common_keys(domains: dict[str, Holding]) -> set[str]:
    """Return the names that all domains have."""
    return set.intersection(*(holding.keys for holding in domains.values())) if domains else set()
