"""Data to evaluate a model on: a folder of the user's, or a prepared data set."""

from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from pathlib import Path
from typing import NamedTuple

from pipeline.capabilities import Vocoder
from pipeline.cli.commands.evaluate_data import StoreAs, first_of, prepare_places
from pipeline.cli.commands.evaluate_domains import (
    Found,
    Known,
    Place,
    check_known,
    choose,
    find_places,
    kind_in,
    match,
    parse_domains,
)
from pipeline.codecs import Codec, ImageCodec, PointCodec, SoundCodec, holds
from pipeline.codecs.sound import Statistics
from pipeline.conventions import differences
from pipeline.datasets.store import Store
from pipeline.datasets.survey.files import ENDINGS, Kind
from pipeline.datasets.survey.layout import files_of
from pipeline.datasets.survey.names import domain_names
from pipeline.datasets.survey.words import columns
from pipeline.datasets.views import VIEWS, View
from pipeline.errors import UserError, some
from pipeline.evaluation.results import Protocol
from pipeline.inference.finished import FinishedModel
from pipeline.report.words import counted
from pipeline.system.json_files import read_json

NO_SPLIT = (
    "  no test split is set apart, so all files are tested with: if the model was trained on some",
    "  of them, the numbers say little of how it does on new ones",
)


class Chosen(NamedTuple):
    """Data that is found and matched with a model's domains, and not yet read."""

    lines: list[str]
    """The data as it was understood, for the user to check."""
    aspects: Protocol
    """The part of it that is tested with: its ``split``, ``test`` or ``all`` where no test split is
    set apart; and the ``limit``, where there are more items."""
    open: Callable[[Path], Store]
    """Prepares it, at a path where nothing else is, if it is not prepared already."""


def choose_data(
    finished: FinishedModel, root: Path, domains: Sequence[str], layout: str, limit: int | None
) -> Chosen:
    """Match a folder or a prepared data set with a model's domains.

    Raises UserError where it does not suit the model, or nobody can tell which domain is which.
    """
    wanted = parse_domains(domains)
    if is_store(root):
        if layout != "auto":
            raise UserError(f"--layout {layout} is for files, but {root} is a prepared data set")
        return choose_store(finished, Store(root), wanted, limit)
    if isinstance(finished.codec, PointCodec):
        raise UserError(
            f"'{finished.name}' was trained on points, which no files hold: name a prepared data "
            "set in place of a folder"
        )
    kind: Kind = "pictures" if isinstance(finished.codec, ImageCodec) else "sounds"
    kind_in(root, kind, finished.name)
    found = as_one(find_places(root, kind, layout), finished, root, kind, layout)
    known = known_of(finished, wanted, [place.name for place in found.places])
    places = choose(found, known, wanted, root, kind)
    codec = codec_for(finished, places)
    used = {(place.test, place.half) for place in places.values()}
    left = [place.name for place in found.places if (place.test, place.half) not in used]
    rows = [row_of(domain, place, kind, root, limit) for domain, place in places.items()]
    lines = [f"{root}: {kind}, layout '{found.layout}'", *(f"  {line}" for line in columns(rows))]
    if left and not wanted:
        lines.append(f"  passed over: {some(left)}, which the model does not know")
    lines += without(known.domains, places)
    split = "test" if any(place.split for place in places.values()) else "all"
    if split == "all":
        lines += NO_SPLIT
    counts = [len(files_of(place.test, ENDINGS[kind])) for place in places.values()]
    aspects: Protocol = {"split": split, **limit_of(counts, limit)}
    return Chosen(lines, aspects, lambda out: prepare_places(places, codec, out, limit))


def limit_of(counts: Iterable[int], limit: int | None) -> Protocol:
    """Describe a limit, where there are more items."""
    return {} if limit is None or max(counts) <= limit else {"limit": limit}


def is_store(root: Path) -> bool:
    """Tell a prepared data set from a folder with a meta.json of other programs."""
    try:
        content = read_json(root / "meta.json")
    except (OSError, ValueError):
        return False
    return isinstance(content, dict) and {"codec", "domains"} <= content.keys()


def as_one(found: Found, finished: FinishedModel, root: Path, kind: Kind, layout: str) -> Found:
    """Take all files for one domain where a model knows a single one, and folders or halves that
    are called otherwise: pictures are sorted by class or by date, or are simply wide.
    """
    known = finished.params.domains
    names = [place.name.casefold() for place in found.places]
    if layout != "auto" or len(known) != 1 or len(names) < 2 or known[0].casefold() in names:
        return found
    if found.layout == "ab" or isinstance(finished.model, Vocoder):
        return found
    flat = find_places(root, kind, "flat")
    parted = [any(place.split for place in one.places) for one in (found, flat)]
    return flat if parted[0] == parted[1] else found  # never train and test mixed


def known_of(finished: FinishedModel, wanted: Mapping[str, str], found: Sequence[str]) -> Known:
    """Return the domains that a model knows; a vocoder takes any voice, whatever it is called."""
    domains = finished.params.domains
    if isinstance(finished.model, Vocoder):
        names = tuple(wanted) or tuple(domain_names(found))
        if not {n.casefold() for n in names} & {n.casefold() for n in domains}:
            domains = names
    codec, views = finished.codec, list[View]()
    if isinstance(codec, ImageCodec):
        views = [name for name in VIEWS if name in domains and codec.channels[name] == 1]
    return Known(finished.name, domains, tuple(views))


def codec_for(finished: FinishedModel, domains: Iterable[str]) -> Codec:
    """Return a model's codec, with voices that a vocoder has never heard.

    Raises UserError where pictures have channels that no file has.
    """
    codec = finished.codec
    if isinstance(codec, ImageCodec):
        if odd := [name for name in domains if codec.channels[name] not in (1, 3)]:
            raise UserError(
                f"'{finished.name}' reads {odd[0]} in {codec.channels[odd[0]]} channels, and "
                "pictures have 3, or 1 of grey"
            )
        return codec
    if isinstance(codec, PointCodec):
        return codec
    bins = codec.features
    nothing = Statistics(
        mean=(0.0,) * bins, std=(1.0,) * bins
    )  # a vocoder's frames are as they are
    strangers = {name: nothing for name in domains if name not in codec.statistics}
    return codec.model_copy(update={"statistics": {**codec.statistics, **strangers}})


def row_of(
    domain: str, place: Place, kind: Kind, root: Path, limit: int | None
) -> tuple[str, str, str]:
    """Say of a domain which files are tested with, and which ones they are compared with."""
    count = len(files_of(place.test, ENDINGS[kind]))
    few = f"the first {limit:,} of " if limit and limit < count else ""
    made = f"{place.view} views of " if place.view else ""
    half = f"the {place.name} halves of " if place.half is not None else ""
    test = f"tested with: {made}{half}{few}{below(place.test, root)}, {counted(count, 'file')}"
    if place.train is None:
        return (domain, test, "compared with: the same")
    count = len(files_of(place.train, ENDINGS[kind]))
    return (domain, test, f"compared with: {below(place.train, root)}, {counted(count, 'file')}")


def below(folder: Path, root: Path) -> str:
    """Name a folder by its place below the root."""
    if folder == root:
        return "the folder"
    return str(folder.relative_to(root) if root in folder.parents else folder)


def without(known: Sequence[str], there: Collection[str]) -> list[str]:
    """Say which of a model's domains are not there."""
    absent = [name for name in known if name not in there]
    return [f"  without {some(absent)}: what needs that is not measured"] if absent else []


def choose_store(
    finished: FinishedModel, store: Store, wanted: Mapping[str, str], limit: int | None
) -> Chosen:
    """Match a prepared data set with a model's domains, by its test split.

    Raises UserError where it was prepared for other models, or has no such split.
    """
    ours, theirs = holds(finished.codec), holds(store.codec)
    if ours != theirs:
        raise UserError(f"'{finished.name}' was trained on {ours}, but {store.root} holds {theirs}")
    there = list(store.meta.domains.get("test", {}))
    if not there:
        raise UserError(f"{store.root} has no split 'test' to evaluate on")
    known = known_of(finished, wanted, there)
    if wanted:
        check_known(wanted, known)
        if missing := [name for name in wanted.values() if name not in there]:
            raise UserError(
                f"--domains: {store.root} has no domain '{missing[0]}' in split 'test'; there are: "
                f"{', '.join(there)}"
            )
    names = wanted or match(there, known, True, store.root)
    check_codec(finished, store, names)
    counts = store.meta.counts
    rows = [("", *(f"split {split}" for split in counts))] + [
        (ours, *(f"{counts[split].get(theirs, 0):,}" for split in counts))
        for ours, theirs in names.items()
    ]
    lines = [f"{store.root}: a prepared data set", *(f"  {line}" for line in columns(rows))]
    lines += without(known.domains, names)
    renamed = any(ours != theirs for ours, theirs in names.items())
    every = {name for domains in store.meta.domains.values() for name in domains}
    shown = names if renamed else {name: name for name in sorted(every)}
    codec = codec_for(finished, shown) if isinstance(store.codec, SoundCodec) else finished.codec
    aspects = limit_of((counts["test"][theirs] for theirs in names.values()), limit)
    chosen: dict[str, list[int]] = {}
    if limit is not None and aspects:
        lines.append(f"  of split test, the first {limit:,} of each domain")
        tested = {ours: theirs for ours, theirs in shown.items() if theirs in there}
        keys = {ours: store.domain("test", theirs).keys for ours, theirs in tested.items()}
        chosen = first_of(keys, limit, names)
    return Chosen(lines, aspects, lambda _: StoreAs(store, shown, codec, chosen))


def check_codec(finished: FinishedModel, store: Store, names: Mapping[str, str]) -> None:
    """Raise UserError where a data set was not prepared as a model's samples are."""
    ours, theirs, other = finished.codec, store.codec, f"{store.root} was prepared otherwise"
    if isinstance(ours, SoundCodec) and isinstance(theirs, SoundCodec):
        if found := differences(ours.convention, theirs.convention):
            raise UserError(f"{other} than '{finished.name}' takes frames: {found}")
        if ours.level != theirs.level:
            raise UserError(
                f"{other} than '{finished.name}' takes recordings: level: expected {ours.level}, "
                f"found {theirs.level}"
            )
    elif isinstance(ours, PointCodec) and isinstance(theirs, PointCodec):
        for mine, its in names.items():
            if ours.dims[mine] != theirs.dims[its]:
                raise UserError(
                    f"{other} than '{finished.name}' takes points: coordinates: expected "
                    f"{ours.dims[mine]}, found {theirs.dims[its]}"
                )
    elif isinstance(ours, ImageCodec) and isinstance(theirs, ImageCodec):
        if ours.size != theirs.size:
            raise UserError(
                f"{other} than '{finished.name}' takes pictures: size: expected {ours.size}, found "
                f"{theirs.size}"
            )
        for mine, its in names.items():
            if ours.channels[mine] != theirs.channels[its]:
                raise UserError(
                    f"{other} than '{finished.name}' takes {mine}: channels: expected "
                    f"{ours.channels[mine]}, found {theirs.channels[its]} of {its}"
                )
            if ours.labels.get(mine) != theirs.labels.get(its):
                raise UserError(
                    f"{other} than '{finished.name}' takes {mine}: as colours, whose resizing "
                    "mixes labels; name the folder of the label maps' files instead"
                )
