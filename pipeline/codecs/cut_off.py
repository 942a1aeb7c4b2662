"""Files that end before they should, as after a broken download, told by their headers."""

import struct
from pathlib import Path
from typing import BinaryIO

UNKNOWN = 0x7FFF_F000
"""A size from here on is what programs write that don't know yet how long a wav will be."""

PNG_END = b"IEND\xaeB`\x82"
OGG_PAGE = 65_307  # bytes, at most
TAIL = 2**17
VALUE_BYTES = {3: 2, 4: 4, 5: 8, 8: 2, 9: 4, 10: 8, 11: 4, 12: 8, 1: 1, 2: 1, 6: 1, 7: 1}
"""By type of a TIFF's tag."""


def picture_is_cut_off(path: Path) -> bool:
    """Tell whether a PNG, WebP or TIFF ends early; of a JPEG or BMP decoders say it themselves."""
    with path.open("rb") as file:
        start, size = file.read(12), path.stat().st_size
        if start.startswith(b"\x89PNG"):
            file.seek(max(0, size - TAIL))
            return PNG_END not in file.read() and PNG_END not in path.read_bytes()
        if start[:4] in (b"II*\0", b"MM\0*"):
            return tiff_end(file, "<" if start[:1] == b"I" else ">") > size
    webp = start[:4] == b"RIFF" and start[8:] == b"WEBP"
    return webp and int.from_bytes(start[4:8], "little") + 8 > size


def tiff_end(file: BinaryIO, order: str) -> int:
    """Return where a TIFF's first table of tags ends, or the last of the values that it points
    to."""
    file.seek(4)
    at = int.from_bytes(file.read(4), "little" if order == "<" else "big")
    file.seek(at)
    if len(head := file.read(2)) < 2:
        return at + 2
    count = int.from_bytes(head, "little" if order == "<" else "big")
    ends = [at + 2 + 12 * count + 4]
    table = file.read(12 * count)
    for _, kind, number, place in struct.iter_unpack(
        f"{order}HHII", table[: len(table) // 12 * 12]
    ):
        length = int(number) * VALUE_BYTES.get(kind, 0)
        ends.append(int(place) + length if length > 4 else 0)
    return max(ends)


def sound_is_cut_off(path: Path) -> bool:
    """Tell whether a wav or Ogg file ends early; decoders tell of FLAC."""
    with path.open("rb") as file:
        start, size = file.read(12), path.stat().st_size
        if start[:4] == b"RIFF" and start[8:] == b"WAVE":
            while len(head := file.read(8)) == 8:
                length = int.from_bytes(head[4:], "little")
                if head[:4] == b"data":
                    return length < UNKNOWN and file.tell() + length > size
                file.seek(length + length % 2, 1)
        if start[:4] == b"OggS":
            file.seek(max(0, size - 2 * OGG_PAGE))
            tail = file.read()
            page = tail[tail.rfind(b"OggS") :]
            if len(page) < 27 or not page[5] & 4:  # the last page says that it is the last
                return True
            table = page[27 : 27 + page[26]]
            return len(page) < 27 + page[26] + sum(table)
    return False


def counts_frames(path: Path) -> bool:
    """Tell whether an mp3 says how long it is; of others the length is guessed."""
    with path.open("rb") as file:
        start = file.read(10)
        tag = 0
        if start[:3] == b"ID3":
            tag = 10 + sum((byte & 127) << 7 * (3 - at) for at, byte in enumerate(start[6:10]))
        file.seek(tag)
        frame = file.read(512)
    return b"Xing" in frame or b"Info" in frame
