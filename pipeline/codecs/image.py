"""Pictures: files -> uint8 arrays -> samples in [-1, 1] and back."""

import io
import math
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Literal

import numpy as np
import numpy.typing as npt
import torch
from PIL import Image, ImageOps, UnidentifiedImageError
from torch import Tensor

from pipeline.block import Block, Side, Width
from pipeline.samples import Spec

Picture = npt.NDArray[np.uint8]

MOST_PIXELS = 60_000_000
"""Of a file: some formats write as many into a kilobyte, and reading them takes most of a
gigabyte."""


class ImageCodec(Block):
    """Pictures of one size, with a number of channels for each domain."""

    kind: Literal["image"] = "image"
    size: Side
    channels: dict[str, Width]

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
    """Return the picture in a file as uint8 [H, W, 3], turned as its EXIF orientation says.

    16 bits are scaled to 8; what is transparent shows white behind it; of several pages, the first
    is read. Raises ValueError with the reason where the file is not a whole picture or its values
    have no known range.
    """
    with errors_in_words(), Image.open(path) as file:
        if file.width * file.height > MOST_PIXELS:
            raise ValueError(
                f"too large: {file.width}x{file.height} pixels, allowed: {MOST_PIXELS:,} in all"
            )
        return to_rgb(file)


@contextmanager
def errors_in_words() -> Iterator[None]:
    """Turn Pillow's errors while a file is opened and decoded into ValueError with the reason."""
    try:
        yield
    except UnidentifiedImageError as error:
        raise ValueError("not a picture in a known format") from error
    except Image.DecompressionBombError as error:
        raise ValueError(f"too large: {error}") from error
    except (OSError, SyntaxError) as error:
        raise ValueError(f"damaged picture: {error}") from error


def to_rgb(file: Image.Image, most: int | None = None) -> Picture:
    """Decode an opened file as `read_picture` says.

    One of more than ``most`` pixels is reduced to them: a JPEG while it is decoded, others before
    they are converted, so that only what decoders need is ever held at full size.
    """
    if (size := fewer_pixels(file.size, most)) != file.size:
        file.draft(None, size)  # a JPEG's next larger size; others have none
    ImageOps.exif_transpose(file, in_place=True)
    picture = file
    if picture.mode.startswith("I;16"):  # Pillow would cut off what is above 255
        deep = np.asarray(picture).astype(np.float32)
        picture = Image.fromarray(np.round(deep / 257).astype(np.uint8))
    elif picture.mode in ("I", "F"):
        raise ValueError("32-bit values, whose range is not known: save it as 8 or 16 bits")
    if (size := fewer_pixels(picture.size, most)) != picture.size:
        if picture.mode in ("1", "P", "PA") or "transparency" in picture.info:
            # Numbers of colours have no mean, and a mean with what is transparent isn't that.
            picture = picture.convert("RGBA" if picture.has_transparency_data else "RGB")
        picture = picture.resize(size, Image.Resampling.LANCZOS, reducing_gap=3.0)
    if picture.has_transparency_data:  # what lies beneath is often black, or noise
        clear = picture if picture.mode == "RGBA" else picture.convert("RGBA")
        white = Image.new("RGBA", picture.size, "white")
        picture = Image.alpha_composite(white, clear)
        del clear, white
    return np.asarray(picture if picture.mode == "RGB" else picture.convert("RGB"))


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


def fit_square(picture: Picture, size: int) -> Picture:
    """Return the largest centred square of [H, W, C], resized to ``size`` with antialiasing.

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
    resized = np.asarray(image.resize((size, size), Image.Resampling.BICUBIC))
    return resized.reshape(size, size, picture.shape[2])
