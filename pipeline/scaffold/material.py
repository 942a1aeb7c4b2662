"""The folders that a recipe is for: what they hold, and whether they go together."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from pipeline.conventions import WORLD_22K
from pipeline.datasets.layouts import Split
from pipeline.datasets.near_names import near_words
from pipeline.datasets.survey.files import ENDINGS, Clip, Kind, Seen
from pipeline.datasets.survey.layout import kind_of, looks_halved, splits_of
from pipeline.datasets.survey.names import domain_names, folder_name
from pipeline.datasets.survey.survey import Holdings, bad, common_keys, take_stock
from pipeline.errors import UserError, listing

SHORTEST = 32
"""Frames of the shortest chunk that the networks and the classifier can take."""
PAIRED = 0.9
"""The share of names in common from which folders are meant as pairs."""


@dataclass(frozen=True)
class Material:
    """One or two folders of good files."""

    kind: Kind
    folders: dict[Split, dict[str, Path]]
    """Split -> domain -> folder."""
    holdings: Holdings
    paired: bool
    """Two domains have the same names."""
    halved: bool
    """The pictures look like two side by side."""

    @property
    def domains(self) -> list[str]:
        """The domains, in the order of the folders."""
        return list(self.folders["train"])

    @property
    def sides(self) -> list[int]:
        """The sides of all pictures, in order."""
        every = (h for domains in self.holdings.values() for h in domains.values())
        return sorted(size.side for holding in every for size in holding.pictures)

    def count(self, domain: str) -> int:
        """Count files of a domain to train with, those that will be held out included."""
        return len(self.holdings["train"][domain].seen)


def gather(roots: Sequence[Path]) -> Material:
    """Read the folders.

    Raises UserError where they are missing, the same or in each other, where they hold different
    things, and, all listed at once, where files are bad or names lack their counterparts.
    """
    apart(roots)
    kind = one_kind(roots)
    folders = split_folders(roots, kind)
    holdings = take_stock(folders, kind)
    damaged = [*bad(holdings), *too_short(holdings)]
    if damaged:
        problems = listing(f"{one.file}: {one.problem}" for one in damaged)
        raise UserError(f"{len(damaged)} files can't be used; fix or remove them:\n{problems}")
    paired = len(roots) > 1 and kind == "pictures" and are_paired(holdings)
    places = [at for domains in folders.values() for at in domains.values()]
    halved = kind == "pictures" and all(looks_halved(place) for place in places)
    return Material(kind, folders, holdings, paired, halved)


def apart(roots: Sequence[Path]) -> None:
    """Raise UserError where a folder is missing, given twice, or inside the other."""
    for root in roots:
        if not root.is_dir():
            raise UserError(f"expected a folder at {root}: there is none")
    if len(roots) < 2:
        return
    a, b = (root.resolve() for root in roots)
    if a == b:
        raise UserError(f"--a and --b are both {a}: a translation needs two different domains")
    if a in b.parents or b in a.parents:
        raise UserError(f"{roots[0]} and {roots[1]} lie in each other, so files would be in both")


def one_kind(roots: Sequence[Path]) -> Kind:
    """Return what all folders hold; raise UserError for pictures and sound together."""
    found: dict[Kind, list[str]] = {}
    for root in roots:
        kind, others = kind_of(root)
        if others:
            raise UserError(
                f"{root} holds pictures and sound ({others} files of the rarer): part them"
            )
        found.setdefault(kind, []).append(str(root))
    if len(found) > 1:
        raise UserError(
            f"{found['pictures'][0]} holds pictures, {found['sounds'][0]} sound: "
            "a translator needs one kind"
        )
    kind = next(iter(found))
    if kind == "sounds" and len(roots) < 2:
        raise UserError(f"{roots[0]} holds sound: name the other speaker's folder by --b")
    return kind


def split_folders(roots: Sequence[Path], kind: Kind) -> dict[Split, dict[str, Path]]:
    """Return train folders, and test folders where every root has one.

    Raises UserError where one root has a test folder and the other has none, and where a root
    holds the folders of two domains.
    """
    names = domain_names([folder_name(root) for root in roots])
    split = {name: splits_of(root, ENDINGS[kind]) for name, root in zip(names, roots, strict=True)}
    for root in roots:
        if (root / "trainA").is_dir():
            raise UserError(
                f"{root} holds two domains, in trainA and trainB: name these by --a and --b, or "
                f"paste what `crossdomain check-data {root}` prints into a recipe's params.yaml"
            )
    folders: dict[Split, dict[str, Path]] = {"train": {n: at["train"] for n, at in split.items()}}
    tested = [name for name, places in split.items() if "test" in places]
    if tested and len(tested) < len(names):
        raise UserError(
            f"'{tested[0]}' has a test folder and the other domain has none: give both one, or none"
        )
    return {**folders, "test": {n: at["test"] for n, at in split.items()}} if tested else folders


def too_short(holdings: Holdings) -> list[Seen]:
    """List recordings below the shortest chunk."""
    seconds = SHORTEST * WORLD_22K.hop / WORLD_22K.rate
    return [
        Seen(one.file, None, f"{one.what.heard:.2f} s are shorter than {seconds:.2f} s")
        for domains in holdings.values()
        for holding in domains.values()
        for one in holding.seen
        if isinstance(one.what, Clip) and frames_in(one.what) < SHORTEST
    ]


def frames_in(clip: Clip) -> int:
    """Compute the frames of a recording in the convention that recipes have."""
    return int(clip.heard * WORLD_22K.rate) // WORLD_22K.hop


def are_paired(holdings: Holdings) -> bool:
    """Tell whether two domains have the same names.

    Raises UserError, listing the files without a counterpart, where that is true of most: pairs
    with gaps are a mistake, while a few names in common are chance.
    """
    alone: list[str] = []
    near: list[str] = []
    for domains in holdings.values():
        common = common_keys(domains)
        if len(common) < PAIRED * max(len(holding.keys) for holding in domains.values()):
            return False
        near.append(near_words(*(holding.keys for holding in domains.values())))
        for holding in domains.values():
            alone += [f"{holding.folder / key}.*" for key in sorted(holding.keys - common)]
    if alone:
        raise UserError(
            "the names are those of pairs, but these files have no counterpart; add it, or remove "
            f"them:\n{listing([*filter(None, near), *alone])}"
        )
    return True
