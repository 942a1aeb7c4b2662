"""A survey in words, and the block of params.yaml that reads the folder."""

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import yaml

from pipeline.datasets.contents import contents_of
from pipeline.datasets.layouts import Split
from pipeline.datasets.near_names import near_words
from pipeline.datasets.survey.files import ENDINGS, Clip, Kind, Picture
from pipeline.datasets.survey.layout import EXPECTED, Layout, files_of
from pipeline.datasets.survey.names import block_name, domain_names, folder_name
from pipeline.datasets.survey.sizes import fitting
from pipeline.datasets.survey.survey import Holding, Holdings, bad, common_keys, every, odd
from pipeline.errors import listing

HEADERS: dict[Kind, tuple[str, ...]] = {
    "pictures": ("split", "domain", "files", "smallest", "median", "largest"),
    "sounds": ("split", "domain", "files", "total", "shortest", "longest", "rates"),
}


def finding(layout: Layout, holdings: Holdings) -> str:
    """Return what was expected and what was found."""
    found = ", ".join(
        f"{at.relative_to(layout.root).as_posix()}" if at != layout.root else "the folder itself"
        for at in dict.fromkeys(
            at for folders in layout.folders.values() for at in folders.values()
        )
        if at not in layout.missing
    )
    lines = [
        f"{layout.root}: {layout.kind}, layout '{layout.name}'",
        f"  expected: {EXPECTED[layout.name]}",
        f"  found: {found or 'nothing of it'}",
        *(f"  missing or empty: {at.relative_to(layout.root)}" for at in layout.missing),
    ]
    if layout.others:
        other = "sound files" if layout.kind == "pictures" else "pictures"
        lines.append(f"  passed over: {layout.others} {other}")
    lines += [f"  passed over: {line}" for line in passed_over(layout.root)]
    if left := unused(layout, holdings):
        what = (
            f"{len(left):,} {layout.kind} in other folders, as {left[0].relative_to(layout.root)}"
        )
        lines.append(f"  passed over: {what}")
    return "\n".join([*lines, "", *stock(layout.kind, holdings)])


def passed_over(root: Path) -> list[str]:
    """Say what a folder holds that is neither picture nor sound, or hidden."""
    return contents_of(root, tuple(end for ends in ENDINGS.values() for end in ends)).passed_over()


def unused(layout: Layout, holdings: Holdings) -> list[Path]:
    """Return the files of a layout's kind that are in none of its folders."""
    used = {one.file for one in every(holdings)}
    return [file for file in files_of(layout.root, ENDINGS[layout.kind]) if file not in used]


def stock(kind: Kind, holdings: Holdings) -> list[str]:
    """Return a table of the splits and domains, which names are equal, and every bad file."""
    rows = [
        (split, domain, f"{len(holding.seen):,}", *facts(holding, kind))
        for split, domains in holdings.items()
        for domain, holding in domains.items()
    ]
    lines = columns([HEADERS[kind], *rows])
    for split, domains in holdings.items():
        if len(domains) > 1:
            lines.append(equal_names(split, domains))
        if len(domains) == 2 and (near := near_words(*(d.keys for d in domains.values()))):
            lines.append(f"  {near}")
    damaged = bad(holdings)
    lines.append(f"bad files: {len(damaged) or 'none'}")
    lines += [f"  {one.file}: {one.problem}" for one in damaged]
    if remarked := odd(holdings):
        lines.append(f"used, but odd: {len(remarked)}")
        lines.append(listing(f"{one.file}: {one.remark}" for one in remarked))
    return lines


def equal_names(split: str, domains: dict[str, Holding]) -> str:
    """Compute how many names the domains of a split share, and what that makes them."""
    common, all_keys = common_keys(domains), set().union(*(d.keys for d in domains.values()))
    kind = "aligned" if common == all_keys else "partly aligned" if common else "not aligned"
    return f"equal names in {split}: {len(common):,} of {len(all_keys):,} ({kind})"


def facts(holding: Holding, kind: Kind) -> tuple[str, ...]:
    """Return the last columns of a row of the table."""
    if kind == "sounds":
        return sound_facts(holding.clips)
    sizes = holding.pictures
    if not sizes:
        return ("-", "-", "-")
    return tuple(pixels(size) for size in (sizes[0], sizes[len(sizes) // 2], sizes[-1]))


def sound_facts(clips: list[Clip]) -> tuple[str, ...]:
    """Describe lengths and rates."""
    if not clips:
        return ("-", "-", "-", "-")
    lengths = [clip.seconds for clip in clips]
    rates = ", ".join(f"{rate:,} Hz" for rate in sorted({clip.rate for clip in clips}))
    total = f"{sum(lengths) / 60:.1f} min"
    return (total, f"{lengths[0]:.2f} s", f"{lengths[-1]:.2f} s", rates)


def pixels(size: Picture) -> str:
    """Return a picture's size."""
    return f"{size.width}x{size.height}"


def columns(rows: Sequence[Sequence[str]]) -> list[str]:
    """Align rows of cells to lines of columns, two spaces apart."""
    widths = [max(map(len, column)) for column in zip(*rows, strict=True)]
    return [
        "  ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)).rstrip()
        for row in rows
    ]


def data_block(layout: Layout, holdings: Holdings) -> str:
    """Return the block under ``datasets`` that reads this folder, as YAML."""
    block: dict[str, Any] = {"kind": layout.kind, "root": layout.root.as_posix()}
    if layout.name in ("ab", "halves"):
        block |= {"layout": layout.name, "domains": ["a", "b"]}  # nobody knows what they show
    else:
        block["folders"] = folders_of(layout)
    if "test" not in layout.folders:
        block["holdout"] = 0.1
    if layout.kind == "pictures":
        sides = [size.side for d in holdings.values() for h in d.values() for size in h.pictures]
        block["size"] = fitting(min(sides))
    content = {"datasets": {block_name(folder_name(layout.root)): block}}
    text: str = yaml.safe_dump(
        content, sort_keys=False, default_flow_style=None, allow_unicode=True, width=100
    )
    return text


def folders_of(layout: Layout) -> dict[Split, dict[str, str]]:
    """Return split -> domain -> folder below the root, for domains that training has."""
    names = dict(zip(layout.domains, domain_names(layout.domains), strict=True))
    return {
        split: {
            names[domain]: at.relative_to(layout.root).as_posix()
            for domain, at in folders.items()
            if domain in names
        }
        for split, folders in layout.folders.items()
    }
