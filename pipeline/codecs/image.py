"""Pictures: files -> uint8 arrays -> samples in [-1, 1] and back."""

import io
import math
import struct
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Literal, Self

import numpy as np
import numpy.typing as npt
import torch
from PIL import Image, ImageOps, UnidentifiedImageError
from PIL.TiffImagePlugin import TiffImageFile
from pydantic import Field, SerializerFunctionWrapHandler, model_serializer, model_validator
from torch import Tensor

from pipeline.block import Block, Side, Width
from pipeline.codecs.cut_off import picture_is_cut_off
from pipeline.codecs.label_maps import LabelMap
from pipeline.samples import Spec

Picture = npt.NDArray[np.uint8]

MOST_PIXELS = 60_000_000
"""Of a file: some formats write as many into a kilobyte, and reading them takes most of a
gigabyte."""
FORMATS = ("JPEG", "PNG", "WEBP", "TIFF", "BMP", "GIF")
"""Formats that files may hold, whatever their names: other decoders are not let loose."""

CUT_OFF = "damaged picture: it is cut off, for it ends before it should"

SIGNATURES = {
    b"\xff\xd8": "JPEG",
    b"\x89PNG": "PNG",
    b"RIFF": "WebP",
    b"II*\0": "TIFF",
    b"MM\0*": "TIFF",
    b"BM": "BMP",
}
"""First bytes of files."""

BITS, PHOTOMETRIC, SAMPLE_FORMAT = 258, 262, 339
"""Tags of a TIFF: bits of each channel, whether 0 is white, whether values have a sign."""


class ImageCodec(Block):
    """Pictures of one size, with a number of channels for each domain."""

    kind: Literal["image"] = "image"
    size: Side
    channels: dict[str, Width]
    labels: dict[str, LabelMap] = Field(default_factory=dict)
    """The meaning of levels in the domains whose pictures are label maps, of 3 channels; not
    written to files where there are none."""

    @model_validator(mode="after")
    def _reads_labels_in_three_channels(self) -> Self:
        for name in self.labels:
            if self.channels.get(name) != 3:
                raise ValueError(
                    f"labels.{name}: expected a domain of 3 channels, found "
                    f"{self.channels.get(name, 'none')}"
                )
        return self

    @model_serializer(mode="wrap")
    def _without_nothing(self, handler: SerializerFunctionWrapHandler) -> dict[str, Any]:
        found: dict[str, Any] = handler(self)
        return found if self.labels else {k: v for k, v in found.items() if k != "labels"}

    @property
    def domains(self) -> set[str]:
        """The names of the domains that it knows."""
        return set(self.channels)

    def spec(self, domain: str) -> Spec:
        """Return the samples of ``domain``: [channels, size, size] in [-1, 1]."""
        return Spec(channels=self.channels[domain], height=self.size, width=self.size, bounded=True)

    def to_sample(self, stored: Tensor, domain: str) -> Tensor:
        """Map uint8 [N, H, W, C] to float32 [N, C, H, W] in [-1, 1], channels-last in memory."""
        return stored.permute(0, 3, 1, 2).float().div_(127.5).sub_(1.0)

    def from_sample(self, sample: Tensor, domain: str) -> Picture:
        """Map [N, C, H, W] in [-1, 1] (values beyond are clamped) to uint8 [N, H, W, C]."""
        levels = sample.detach().float().clamp(-1, 1).add(1).mul(127.5).round()
        return levels.to(torch.uint8).permute(0, 2, 3, 1).contiguous().cpu().numpy()


def read_picture(path: Path) -> Picture:
    """Return the picture in a file as uint8 [H, W, 3] of sRGB, turned as its EXIF orientation says.

    12 and 16 bits are scaled to 8; what is transparent shows white behind it; of several pages, the
    first is read. Raises ValueError with the reason where the file is not a whole picture or its
    values have no known range.
    """
    with as_value_errors(path), Image.open(path, formats=FORMATS) as file:
        if file.width * file.height > MOST_PIXELS:
            raise ValueError(
                f"too large: {file.width}x{file.height} pixels, allowed: {MOST_PIXELS:,} in all"
            )
        return decoded(file, path)


def decoded(file: Image.Image, path: Path, most: int | None = None) -> Picture:
    """Decode the opened file at ``path`` by `to_rgb`; raise ValueError where it is cut off."""
    picture = to_rgb(file, most)
    if file.format == "PNG" and picture_is_cut_off(path):  # the one decoder that doesn't tell
        raise ValueError(CUT_OFF)
    return picture


@contextmanager
def as_value_errors(path: Path) -> Iterator[None]:
    """Turn Pillow's errors while a file is opened and decoded into ValueError with the reason.

    Its first bytes say what it is where Pillow can't.
    """
    try:
        yield
    except UnidentifiedImageError as error:
        raise ValueError(unidentified(path)) from error
    except Image.DecompressionBombError as error:
        raise ValueError(f"too large: {error}") from error
    except (OSError, SyntaxError, EOFError, IndexError, RuntimeError) as error:
        if isinstance(error, OSError) and error.errno:  # a broken link, a file that may not be read
            raise ValueError(f"can't be read: {error.strerror}: '{path}'") from error
        reason = CUT_OFF if picture_is_cut_off(path) else f"damaged picture: {error}"
        raise ValueError(reason) from error
    except struct.error as error:
        raise ValueError(CUT_OFF) from error


def unidentified(path: Path) -> str:
    """Say of a file that Pillow does not know what it is by its first bytes."""
    if picture_is_cut_off(path):
        return CUT_OFF
    with path.open("rb") as file:
        start = file.read(12)
    for signature, name in SIGNATURES.items():
        if start.startswith(signature):
            return f"damaged picture, or a kind of {name} that is not read"
    if start[4:8] == b"ftyp":
        name = "AVIF" if start[8:12] in (b"avif", b"avis") else "HEIC"
        return f"{name} under another ending, which is not read: save it as PNG or JPEG"
    return "not a picture in a known format"


def to_rgb(file: Image.Image, most: int | None = None) -> Picture:
    """Decode an opened file as `read_picture` says.

    One of more than ``most`` pixels is reduced to them: a JPEG while it is decoded, others before
    they are converted, so that only what decoders need is ever held at full size.
    """
    if (size := fewer_pixels(file.size, most)) != file.size:
        file.draft(None, size)  # a JPEG's next larger size; others have none
    # Pillow maps what is not compressed into memory by name, and mixes up rows of turned TIFFs.
    vars(file)["filename"] = ""
    ImageOps.exif_transpose(file, in_place=True)
    picture, profile = file, file.info.get("icc_profile")
    if picture.mode.startswith("I;16"):  # Pillow would cut off what is above 255
        deep = np.asarray(picture)
        grey = eight_bits(deep, tiff_tags(file))
        grey[deep == file.info.get("transparency")] = 255  # white, as behind what is transparent
        picture = Image.fromarray(grey)
    elif picture.mode in ("I", "F"):
        signed = tiff_tags(file).get(SAMPLE_FORMAT) == (2,)
        kind = f"signed {tiff_tags(file)[BITS][0]}-bit" if signed else "32-bit"
        raise ValueError(f"{kind} values, whose range is not known: save it as 8 or 16 bits")
    if (size := fewer_pixels(picture.size, most)) != picture.size:
        if picture.mode in ("1", "P", "PA") or "transparency" in picture.info:
            # Numbers of colours have no mean, and a mean with what is transparent isn't that.
            picture = picture.convert("RGBA" if picture.has_transparency_data else "RGB")
        picture = picture.resize(size, Image.Resampling.LANCZOS, reducing_gap=3.0)
    picture = to_srgb(picture, profile)
    if picture.has_transparency_data:  # what lies beneath is often black, or noise
        clear = picture if picture.mode == "RGBA" else picture.convert("RGBA")
        white = Image.new("RGBA", picture.size, "white")
        picture = Image.alpha_composite(white, clear)
        del clear, white
    return np.asarray(picture if picture.mode == "RGB" else picture.convert("RGB"))


def tiff_tags(file: Image.Image) -> Mapping[int, Any]:
    """Return the tags of a TIFF; none of another file."""
    return file.tag_v2 if isinstance(file, TiffImageFile) else {}


def eight_bits(deep: npt.NDArray[Any], tags: Mapping[int, Any]) -> Picture:
    """Scale grey values [H, W] of 12 or 16 bits to uint8; a TIFF's ``tags`` may say that 0 is
    white."""
    most = 2 ** tags.get(BITS, (16,))[0] - 1
    grey: Picture = np.round(deep.astype(np.float32) * (255 / most)).clip(0, 255).astype(np.uint8)
    return np.subtract(255, grey, dtype=np.uint8) if tags.get(PHOTOMETRIC) == 0 else grey


def to_srgb(picture: Image.Image, profile: bytes | None) -> Image.Image:
    """Convert the colours of a picture by the ``profile`` in its file.

    Leaves them where there is none, where it is damaged, or where it is for other channels.
    """
    if not profile:
        return picture
    from PIL import ImageCms

    try:
        found = ImageCms.getOpenProfile(io.BytesIO(profile))
        if "sRGB" in ImageCms.getProfileDescription(found):
            return picture
        mode = {"RGB": "RGB", "GRAY": "L", "CMYK": "CMYK"}[found.profile.xcolor_space.strip()]
        has_colours = picture.mode not in ("1", "L", "LA")
        if (picture.mode == "CMYK") != (mode == "CMYK") or (has_colours and mode == "L"):
            return picture
        alpha = picture.convert("RGBA").getchannel("A") if picture.has_transparency_data else None
        srgb = ImageCms.createProfile("sRGB")
        shown = ImageCms.profileToProfile(picture.convert(mode), found, srgb, outputMode="RGB")
    except (ImageCms.PyCMSError, OSError, KeyError):
        return picture
    assert shown is not None
    if alpha is not None:
        shown.putalpha(alpha)
    return shown


def fewer_pixels(size: tuple[int, int], most: int | None) -> tuple[int, int]:
    """Return the largest width and height of at most ``most`` pixels and the proportions of
    ``size``; ``size`` itself where it has no more."""
    width, height = size
    if most is None or width * height <= most:
        return size
    factor = math.sqrt(most / (width * height))
    return max(1, min(int(width * factor), most)), max(1, min(int(height * factor), most))


def halves_of(picture: Picture) -> tuple[Picture, Picture]:
    """Return the left and the right half of [H, 2 W, C], as in published sets of pairs.

    Raises ValueError where the width is odd: then nobody knows where the one ends.
    """
    height, width = picture.shape[:2]
    if width % 2:
        raise ValueError(f"{width}x{height} pixels: an odd width has no two equal halves")
    return picture[:, : width // 2], picture[:, width // 2 :]


def to_png(picture: Picture) -> bytes:
    """Encode uint8 [H, W, 3] as the content of a PNG file."""
    buffer = io.BytesIO()
    Image.fromarray(picture).save(buffer, format="PNG")
    return buffer.getvalue()


def fit_square(picture: Picture, size: int, *, mixes: bool = True) -> Picture:
    """Return the largest centred square of [H, W, C], resized to ``size`` with antialiasing.

    ``mixes`` False: by nearest neighbour, for values that have no mean, as those of label maps.
    Raises ValueError where the picture is smaller than ``size``: enlarging would invent detail.
    """
    height, width = picture.shape[:2]
    side = min(height, width)
    if side < size:
        raise ValueError(f"{width}x{height} pixels are smaller than the size asked for, {size}")
    top, left = (height - side) // 2, (width - side) // 2
    square = picture[top : top + side, left : left + side]
    if side == size:
        return square
    image = Image.fromarray(square.squeeze())
    how = Image.Resampling.BICUBIC if mixes else Image.Resampling.NEAREST
    resized = np.asarray(image.resize((size, size), how))
    return resized.reshape(size, size, picture.shape[2])
