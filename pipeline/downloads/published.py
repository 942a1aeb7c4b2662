"""Published data sets by name: where they are, what they are, and how they lie in folders."""

from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from pipeline.downloads.archives import TAR, ZIP, unpack
from pipeline.downloads.download import Expected, download
from pipeline.errors import UserError
from pipeline.files import replace

CYCLEGAN = "https://efrosgans.eecs.berkeley.edu/cyclegan/datasets"
PIX2PIX = "https://efrosgans.eecs.berkeley.edu/pix2pix/datasets"


@dataclass(frozen=True)
class Published:
    """A data set that can be fetched."""

    url: str
    shows: str
    layout: Literal["ab", "halves"]
    domains: tuple[str, str]
    """A or the left half, then B or the right half."""
    size: int | None = None
    sha256: str | None = None
    """None where nobody has published them; then those of the first download are recorded."""

    @property
    def suffix(self) -> str:
        """The archive's ending."""
        return ZIP if self.url.endswith(ZIP) else TAR


# Sizes and SHA-256 of Zhu et al.'s are those that TensorFlow Datasets has published for cycle_gan
# (tensorflow_datasets/url_checksums/cycle_gan.txt). For Isola et al.'s there are none.
PUBLISHED = {
    "horse2zebra": Published(
        f"{CYCLEGAN}/horse2zebra.zip",
        "horses and zebras, unpaired (Zhu et al. 2017)",
        "ab",
        ("horse", "zebra"),
        116_867_962,
        "a74d9d392eecca9966b51287a76ca126af473d9de4f3e8fc0e9cda08fa1730a1",
    ),
    "summer2winter_yosemite": Published(
        f"{CYCLEGAN}/summer2winter_yosemite.zip",
        "Yosemite in summer and in winter, unpaired (Zhu et al. 2017)",
        "ab",
        ("summer", "winter"),
        132_640_856,
        "167fe1726807a9d22bd106b4a6c0bd7953b688af924ac1bf967439c4961e49f9",
    ),
    "monet2photo": Published(
        f"{CYCLEGAN}/monet2photo.zip",
        "Monet's paintings and photographs, unpaired (Zhu et al. 2017)",
        "ab",
        ("monet", "photo"),
        305_231_073,
        "88f91b00fc228f97c9411fbf1880ec1d119c98f1722e4cfcfaa2fb35fac05b04",
    ),
    "apple2orange": Published(
        f"{CYCLEGAN}/apple2orange.zip",
        "apples and oranges, unpaired (Zhu et al. 2017)",
        "ab",
        ("apple", "orange"),
        78_456_409,
        "845a191e9af8926408ea597001cd03a452e3300a1f44a79fe329b3d59f6e3eb8",
    ),
    "facades": Published(
        f"{PIX2PIX}/facades.tar.gz",
        "facades and their labels, paired (Tylecek & Sara 2013; Isola et al. 2017)",
        "halves",
        ("photo", "labels"),
    ),
    "maps": Published(
        f"{PIX2PIX}/maps.tar.gz",
        "aerial photographs and maps, paired (Isola et al. 2017)",
        "halves",
        ("aerial", "map"),
    ),
    "edges2shoes": Published(
        f"{PIX2PIX}/edges2shoes.tar.gz",
        "shoes and their edges, paired (Yu & Grauman 2014; Isola et al. 2017)",
        "halves",
        ("edges", "shoes"),
    ),
}

WITH_ACCOUNT = {
    "cityscapes": "its licence asks for an account at https://www.cityscapes-dataset.com: fetch "
    "gtFine_trainvaltest.zip and leftImg8bit_trainvaltest.zip there, put photographs and label "
    "maps into two folders with equal names, and list these in params.yaml",
}
"""Data sets that nobody may hand on, and what to do instead."""


def known(name: str) -> Published:
    """A published data set by name; raises UserError where it can't be fetched."""
    if name in WITH_ACCOUNT:
        raise UserError(f"{name} can't be fetched by a command: {WITH_ACCOUNT[name]}")
    if name not in PUBLISHED:
        raise UserError(f"expected one of {', '.join(PUBLISHED)}: found '{name}'")
    return PUBLISHED[name]


def fetch(published: Published, out: Path) -> str:
    """Downloads, verifies and unpacks a data set to the folder ``out``; returns what was done.

    ``out`` is there whole or not at all; what is there already is left as it is. Raises UserError
    where the download fails or isn't what was expected.
    """
    if out.exists() and (not out.is_dir() or any(out.iterdir())):
        return f"{out} is there already and was left alone; remove it to fetch it again"
    archive = out.with_name(out.name + published.suffix)
    record = archive.with_name(f"{archive.name}.sha256")
    expected = what_is_expected(published, record)
    if archive.exists():  # whole, but not unpacked: the disk was full, say
        digest = whole(archive, expected)
    else:
        digest = download(published.url, archive, expected)
    try:
        unpack(archive, out)
    except UserError as error:
        raise UserError(f"{error}\nremove {archive} to fetch it again") from error
    said = f"{out} is there; its SHA-256 is {expected.source}"
    if expected.sha256 is None:
        replace(record, f"{digest}  {archive.name}\n".encode())
        said = (
            f"{out} is there. Nobody has published a checksum of it, so nothing tells whether it "
            f"is what its authors meant; its SHA-256 is now recorded in {record}, and later "
            "downloads are held against that"
        )
    archive.unlink()
    return said


def what_is_expected(published: Published, record: Path) -> Expected:
    """The published checksum, or else the one that the first download left in ``record``."""
    if published.sha256 is None and record.exists():
        words = record.read_text(encoding="utf-8").split()
        if not words or len(words[0]) != 64:
            raise UserError(f"{record} holds no SHA-256: remove it")
        return Expected(published.size, words[0], f"recorded in {record}")
    return Expected(published.size, published.sha256)


def whole(archive: Path, expected: Expected) -> str:
    """The SHA-256 of an archive that is there; raises UserError where it is not the expected."""
    try:
        return expected.check(archive)
    except UserError as error:
        raise UserError(f"{archive}: {error}; remove it to fetch it again") from error
