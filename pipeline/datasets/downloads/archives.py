"""Unpacking zip and tar: nothing outside the folder, and the folder whole or not at all."""

import bz2
import gzip
import shutil
import stat
import tarfile
import zipfile
import zlib
from collections.abc import Iterable
from pathlib import Path, PureWindowsPath

from pipeline.errors import UserError, listing

ZIP, TAR, BZIP2 = ".zip", ".tar.gz", ".tar.bz2"
DAMAGED = (
    zipfile.BadZipFile,
    tarfile.TarError,
    gzip.BadGzipFile,
    zlib.error,
    EOFError,
    RuntimeError,  # zipfile's for what is encrypted or packed in ways it doesn't know
)


def unpack(archive: Path, out: Path) -> None:
    """Unpack ``archive`` to the new folder ``out``.

    Where it all lies in one folder, ``out`` is that folder. Raises UserError, with nothing left
    behind, where the archive is damaged, holds links, or names a path outside its folder.
    """
    partial = out.with_name(f".{out.name}.partial")
    shutil.rmtree(partial, ignore_errors=True)
    try:
        partial.mkdir(parents=True)
        (_unzip if archive.name.endswith(ZIP) else _untar)(archive, partial)
        inner = list(partial.iterdir())
        whole = inner[0] if len(inner) == 1 and inner[0].is_dir() else partial
        if not inner:
            raise UserError(f"{archive} is empty")
        whole.rename(out)
    except DAMAGED as error:
        raise UserError(f"{archive} is damaged: {error}") from error
    except OSError as error:
        if error.errno is not None:  # the disk's; bz2's own has no number
            raise
        raise UserError(f"{archive} is damaged: {error}") from error
    finally:
        shutil.rmtree(partial, ignore_errors=True)


def _unzip(archive: Path, folder: Path) -> None:
    with zipfile.ZipFile(archive) as content:
        members = [member for member in content.infolist() if _wanted(member.filename)]
        kinds = [stat.S_IFMT(member.external_attr >> 16) for member in members]
        _refuse(archive, [m.filename for m, k in zip(members, kinds, strict=True) if _strays(m, k)])
        needed, free = sum(m.file_size for m in members), shutil.disk_usage(folder).free
        if needed > free:
            raise UserError(f"{archive} needs {needed:,} bytes of disk, but {free:,} are free")
        for member in members:
            content.extract(member, folder)


def _strays(member: zipfile.ZipInfo, kind: int) -> bool:
    """Tell whether a member is no plain file or folder inside; systems without kinds say 0."""
    return outside(member.orig_filename) or kind not in (0, stat.S_IFREG, stat.S_IFDIR)


def _untar(archive: Path, folder: Path) -> None:
    unpacked = bz2.open if archive.name.endswith(BZIP2) else gzip.open
    with unpacked(archive) as stream, tarfile.open(fileobj=stream, mode="r:") as content:
        for member in content:
            if not _wanted(member.name):
                continue
            if outside(member.name) or not (member.isreg() or member.isdir()):
                _refuse(archive, [member.name])
            _write(content, member, folder / member.name)
        while stream.read(2**20):  # to the end, where the checksum stands
            pass


def _write(content: tarfile.TarFile, member: tarfile.TarInfo, place: Path) -> None:
    """Write a plain file or a folder, without the owner and rights that an archive would give it.

    tarfile's own filter for that came with Python 3.11.4, and Debian 12 has 3.11.2.
    """
    if member.isdir():
        place.mkdir(parents=True, exist_ok=True)
        return
    place.parent.mkdir(parents=True, exist_ok=True)
    packed = content.extractfile(member)
    assert packed is not None  # as for links
    with packed, place.open("wb") as file:
        shutil.copyfileobj(packed, file)


def outside(name: str) -> bool:
    """Tell whether a name in an archive is absolute, climbs, or means a drive, here or on
    Windows."""
    path = PureWindowsPath(name)  # takes both slashes for separators
    return bool(path.anchor) or ".." in path.parts


def _wanted(name: str) -> bool:
    """Tell whether a member is wanted: macOS adds to archives what only it reads."""
    return not name.startswith("__MACOSX/")


def _refuse(archive: Path, names: Iterable[str]) -> None:
    if found := [f"'{name}'" for name in names]:
        raise UserError(
            f"{archive} holds links, or paths outside its folder; nothing was unpacked:\n"
            + listing(found)
        )
