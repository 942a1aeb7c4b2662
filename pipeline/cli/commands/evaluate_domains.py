"""Folders and the domains of a model that they hold, by their names or as the user says."""

from collections.abc import Collection, Mapping, Sequence
from pathlib import Path
from typing import Literal, NamedTuple

from pipeline.datasets.contents import holds
from pipeline.datasets.layouts import TESTS, Split
from pipeline.datasets.survey.files import ENDINGS, Kind
from pipeline.datasets.survey.layout import Layout, files_of, find_layout, inside, splits_of
from pipeline.datasets.survey.names import domain_names, folder_name
from pipeline.datasets.views import View
from pipeline.errors import UserError, some

Half = Literal[0, 1]
"""The left or the right one of two pictures in a file."""

HALF_NAMES: dict[str, Half] = {"left": 0, "right": 1}


class Known(NamedTuple):
    """A model and its domains."""

    name: str
    """The model's."""
    domains: tuple[str, ...]
    views: tuple[View, ...] = ()
    """Those of them that can be made from pictures."""


class Place(NamedTuple):
    """The folders with the files of a domain."""

    name: str
    """Name of the domain there."""
    test: Path
    """The folder to test with."""
    train: Path | None = None
    """The folder to compare with; None: there is none, for no test split was set apart."""
    half: Half | None = None
    """The files hold two pictures side by side, and the domain is this one of them."""
    split: bool = False
    """``test`` was set apart by whoever made the folder, and is not all that there is."""
    view: View | None = None
    """The domain is made from the pictures that lie there."""


class Found(NamedTuple):
    """All domains that a folder holds."""

    layout: str
    places: list[Place]
    named: bool
    """Their names say what they show; those of A and B, or of left and right, don't."""


def kind_in(root: Path, wanted: Kind, model: str) -> None:
    """Raise UserError where a folder is missing, empty, or holds nothing of the kind that a model
    was trained on.
    """
    if not root.is_dir():
        found = "found a file" if root.exists() else "there is none"
        raise UserError(f"expected a folder at {root}: {found}")
    counts = {kind: len(files_of(root, endings)) for kind, endings in ENDINGS.items()}
    if counts[wanted]:
        return
    trained = "pictures" if wanted == "pictures" else "sound"
    others = {"pictures": "sound files", "sounds": "pictures"}[wanted]
    if count := sum(counts.values()):
        raise UserError(f"'{model}' was trained on {trained}, but {root} holds {count:,} {others}")
    allowed = ", ".join(ENDINGS[wanted])
    raise UserError(
        f"'{model}' was trained on {trained}, but {root} holds none: expected files that end in "
        f"{allowed}"
    )


def find_places(root: Path, kind: Kind, layout: str = "auto") -> Found:
    """Find the domains in a folder, and which files of each are to test with.

    Where a domain has no folder for that, those are all of its files. Raises UserError where the
    layout is unknown or does not fit.
    """
    endings = ENDINGS[kind]
    alone = None if holds(root / "train", endings) else only_test(root, endings)
    found = find_layout(alone or root, layout, kind)
    names = dict.fromkeys(name for domains in found.folders.values() for name in domains)
    places = [at for name in names if (at := place_of(found, name, alone is not None)) is not None]
    if found.name == "halves":
        places = [at._replace(name=n, half=i) for at in places for n, i in HALF_NAMES.items()]
    elif found.name == "flat":
        places = [at._replace(name=folder_name(root)) for at in places]
    return Found(found.name, places, found.name in ("folders", "flat"))


def only_test(root: Path, endings: tuple[str, ...]) -> Path | None:
    """Return the folder ``test`` or ``val`` where a root holds files there and nowhere else."""
    if holds(root, endings, deep=False) or not root.is_dir():
        return None
    folders = inside(root, endings)
    return folders[0] if len(folders) == 1 and folders[0].name in TESTS else None


def place_of(layout: Layout, name: str, split: bool) -> Place | None:
    """Return where a domain of a layout lies; None where nothing of it is there.

    ``split``: the layout's root is itself a test folder.
    """
    parts: tuple[Split, Split] = ("train", "test")
    train, test = (layout.folders.get(part, {}).get(name) for part in parts)
    train, test = (None if at in layout.missing else at for at in (train, test))
    if test is not None:
        return Place(name, test, train, split=True)
    return None if train is None else Place(name, train, split=split)


def parse_domains(given: Sequence[str]) -> dict[str, str]:
    """Read ``--domains horse=A,zebra=B``, which may be repeated.

    Raises UserError for what does not read like that.
    """
    found: dict[str, str] = {}
    for part in (part for text in given for part in text.split(",") if part.strip()):
        domain, equals, name = (piece.strip() for piece in part.partition("="))
        if not (domain and equals and name):
            raise UserError(f"--domains: found '{part.strip()}', expected DOMAIN=FOLDER")
        if domain in found:
            raise UserError(f"--domains names {domain} twice")
        found[domain] = name
    return found


def choose(
    found: Found,
    model: Known,
    wanted: Mapping[str, str],
    root: Path,
    kind: Kind,
) -> dict[str, Place]:
    """Choose the places of a model's domains, in their order.

    By ``wanted`` (domain -> a name in ``found``, or a folder below ``root``) where it says so; else
    by `match`. A view that is not there is made from the model's other domain. Raises UserError
    where ``wanted`` names what is not there, or one place twice.
    """
    places = {place.name: place for place in found.places}
    if not wanted:
        matched = match(list(places), model, found.named, root)
        chosen = {domain: places[name] for domain, name in matched.items()}
        return with_views(chosen, model)
    check_known(wanted, model)
    chosen = {
        domain: places.get(name) or place_at(root / name, kind, places, root)
        for domain, name in wanted.items()
    }
    taken: dict[tuple[Path, Half | None], str] = {}
    for domain, place in chosen.items():
        other = taken.setdefault((place.test.resolve(), place.half), domain)
        if other != domain:
            raise UserError(f"--domains: {other} and {domain} are both {wanted[domain]}")
    return with_views({name: chosen[name] for name in model.domains if name in chosen}, model)


def with_views(chosen: Mapping[str, Place], model: Known) -> dict[str, Place]:
    """Add the views that a model knows and that can be made from its other domain."""
    others = [name for name in model.domains if name in chosen and name not in model.views]
    made: dict[str, Place] = {
        view: chosen[others[0]]._replace(name=view, view=view)
        for view in model.views
        if view not in chosen and len(others) == 1
    }
    every: dict[str, Place] = {**chosen, **made}
    return {name: every[name] for name in model.domains if name in every}


def place_at(folder: Path, kind: Kind, places: Collection[str], root: Path) -> Place:
    """Return the place of a domain in a folder of its own; raise UserError where there is none."""
    if not folder.is_dir():
        there = some(sorted(places))
        raise UserError(f"--domains: found no '{folder.name}' in {root}; there are: {there}")
    splits = splits_of(folder, ENDINGS[kind])
    if "test" in splits:
        return Place(folder.name, splits["test"], splits["train"], split=True)
    return Place(folder.name, splits["train"])


def check_known(wanted: Mapping[str, str], model: Known) -> None:
    """Raise UserError where ``--domains`` names one that a model does not know."""
    if unknown := [name for name in wanted if name not in model.domains]:
        raise UserError(
            f"--domains: '{model.name}' has no domain '{unknown[0]}'; it knows "
            f"{', '.join(model.domains)}"
        )


def match(found: Sequence[str], model: Known, named: bool, root: Path) -> dict[str, str]:
    """Match the names in a folder with a model's domains: domain -> name, in the domains' order.

    By name, whatever the case. A single one of another name is the model's first domain that is no
    view; A and B, or left and right, are its domains in their order. Raises UserError where nobody
    can tell.
    """
    folded = {
        valid.casefold(): name for valid, name in zip(domain_names(found), found, strict=True)
    }
    folded |= {name.casefold(): name for name in found}
    same = {name: folded[name.casefold()] for name in model.domains if name.casefold() in folded}
    if same:
        return same
    if len(found) == 1:
        first = [*(name for name in model.domains if name not in model.views), *model.domains]
        return {first[0]: found[0]}
    if not named and len(found) <= len(model.domains):
        return dict(zip(model.domains, found, strict=False))
    example = ",".join(f"{a}={b}" for a, b in zip(model.domains, found, strict=False))
    raise UserError(
        f"'{model.name}' knows {some(model.domains)}, and {root} holds {some(found)}: say which is "
        f"which, as in --domains {example}"
    )
