"""Published data sets by name: where they are, what they are, and how they lie in folders."""

from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from pipeline.datasets.downloads.archives import BZIP2, TAR, ZIP, unpack
from pipeline.datasets.downloads.download import Expected, download
from pipeline.datasets.layouts import Corpus
from pipeline.errors import UserError
from pipeline.system.files import check_file, check_folder, replace

CYCLEGAN = "https://efrosgans.eecs.berkeley.edu/cyclegan/datasets"
PIX2PIX = "https://efrosgans.eecs.berkeley.edu/pix2pix/datasets"


DATASHARE = "https://datashare.ed.ac.uk/bitstream/handle/10283"

# SHA-256 of CMU ARCTIC's and of VCTK's archives are those that torchaudio publishes.
ARCTIC = {
    "bdl": "26b91aaf48b2799b2956792b4632c2f926cd0542f402b5452d5adecb60942904",
    "clb": "3f16dc3f3b97955ea22623efb33b444341013fc660677b2e170efdcc959fa7c6",
    "rms": "c6dc11235629c58441c071a7ba8a2d067903dfefbaabc4056d87da35b72ecda4",
    "slt": "7c173297916acf3cc7fcab2713be4c60b27312316765a90934651d367226b4ea",
}
VCC2018 = {
    "vcc2018": ("training", "training (Lorenzo-Trueba et al. 2018; ODC-By 1.0)"),
    "vcc2018_test": ("evaluation", "the sources' test sentences"),
    "vcc2018_reference": ("reference", "the targets' test sentences"),
}


@dataclass(frozen=True)
class Published:
    """A data set that can be fetched."""

    url: str
    shows: str
    layout: Literal["ab", "halves"] | Corpus
    domains: tuple[str, ...]
    """A or the left half, then B or the right half; or some of the speakers."""
    size: int | None = None
    sha256: str | None = None
    """None where nobody has published them; then those of the first download are recorded."""
    folder: str = ""
    """Its folder below data/raw, if not one of its name: collections of speech lie
    in several archives."""

    @property
    def suffix(self) -> str:
        """The archive's ending."""
        return next(suffix for suffix in (ZIP, BZIP2, TAR) if self.url.endswith(suffix))


def arctic(speaker: str, sha256: str) -> Published:
    """Return a speaker of CMU ARCTIC."""
    return Published(
        f"http://festvox.org/cmu_arctic/packed/cmu_us_{speaker}_arctic.tar.bz2",
        f"{speaker}'s 1,132 sentences of CMU ARCTIC (Kominek & Black 2004; free for any use)",
        "arctic",
        (speaker,),
        sha256=sha256,
        folder=f"arctic/cmu_us_{speaker}_arctic",
    )


def vcc2018(part: str, shows: str) -> Published:
    """Return a part of the Voice Conversion Challenge 2018."""
    return Published(
        f"{DATASHARE}/3061/vcc2018_database_{part}.zip",
        f"Voice Conversion Challenge 2018, {shows}",
        "vcc2018",
        ("VCC2SF1", "VCC2TF1"),
        folder=f"vcc2018/vcc2018_{part}",
    )


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
    "fsdd": Published(
        "https://github.com/Jakobovski/free-spoken-digit-dataset/archive/refs/tags/v1.0.9.tar.gz",
        "spoken digits, six speakers (Jackson et al. 2018; CC BY-SA 4.0)",
        "fsdd",
        ("jackson", "theo"),
    ),
    **{f"arctic_{speaker}": arctic(speaker, sha256) for speaker, sha256 in ARCTIC.items()},
    "vctk": Published(
        "https://datashare.ed.ac.uk/bitstream/handle/10283/3443/VCTK-Corpus-0.92.zip",
        "110 speakers of English, 11 GB (Yamagishi et al. 2019; CC BY 4.0)",
        "vctk",
        ("p225", "p226"),
        sha256="f96258be9fdc2cbff6559541aae7ea4f59df3fcaf5cf963aae5ca647357e359c",
    ),
    "vcc2016": Published(
        f"{DATASHARE}/2211/vcc2016_training.zip",
        "Voice Conversion Challenge 2016, training (Toda et al. 2016; CC BY-NC 4.0)",
        "vcc2016",
        ("SF1", "TF2"),
        folder="vcc2016/vcc2016_training",
    ),
    "vcc2016_test": Published(
        f"{DATASHARE}/2211/evaluation_all.zip",
        "Voice Conversion Challenge 2016, test sentences",
        "vcc2016",
        ("SF1", "TF2"),
        folder="vcc2016/evaluation_all",
    ),
    **{name: vcc2018(*part) for name, part in VCC2018.items()},
}

WITH_ACCOUNT = {
    "cityscapes": "its licence asks for an account at https://www.cityscapes-dataset.com: fetch "
    "gtFine_trainvaltest.zip and leftImg8bit_trainvaltest.zip there, put photographs and label "
    "maps into two folders with equal names, and list these in params.yaml",
}
"""Data sets that nobody may hand on, and what to do instead."""


def known(name: str) -> Published:
    """Return a published data set by name; raise UserError where it can't be fetched."""
    if name in WITH_ACCOUNT:
        raise UserError(f"{name} can't be fetched by a command: {WITH_ACCOUNT[name]}")
    if name not in PUBLISHED:
        raise UserError(f"expected one of {', '.join(PUBLISHED)}: found '{name}'")
    return PUBLISHED[name]


def fetch(published: Published, out: Path) -> str:
    """Download, verify and unpack a data set to the folder ``out``; return what was done.

    ``out`` is there whole or not at all; what is there already is left as it is. Raises UserError
    where the download fails or isn't what was expected.
    """
    if out.exists() and (not out.is_dir() or any(out.iterdir())):
        return f"{out} is there already and was left alone; remove it to fetch it again"
    archive = out.with_name(out.name + published.suffix)
    check_folder(out.parent)
    check_file(archive)
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
    """Return the published checksum, or else the one that the first download left in ``record``."""
    if published.sha256 is None and record.exists():
        words = record.read_text(encoding="utf-8").split()
        if not words or len(words[0]) != 64:
            raise UserError(f"{record} holds no SHA-256: remove it")
        return Expected(published.size, words[0], f"recorded in {record}")
    return Expected(published.size, published.sha256)


def whole(archive: Path, expected: Expected) -> str:
    """Return the SHA-256 of an archive that is there.

    Raises UserError where it is not the expected.
    """
    try:
        return expected.check(archive)
    except UserError as error:
        raise UserError(f"{archive}: {error}; remove it to fetch it again") from error
