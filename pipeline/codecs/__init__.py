"""Between raw data (pictures, waveforms, points), what the prepared store keeps, and samples."""

from typing import Annotated

from pydantic import Field

from pipeline.codecs.image import ImageCodec
from pipeline.codecs.mel import MelCodec
from pipeline.codecs.points import PointCodec
from pipeline.codecs.sound import SoundCodec, Statistics
from pipeline.codecs.world import WorldCodec
from pipeline.conventions import MelConvention, SoundConvention

AnySoundCodec = Annotated[MelCodec | WorldCodec, Field(discriminator="kind")]
Codec = Annotated[ImageCodec | MelCodec | PointCodec | WorldCodec, Field(discriminator="kind")]

__all__ = [
    "AnySoundCodec",
    "Codec",
    "ImageCodec",
    "MelCodec",
    "PointCodec",
    "SoundCodec",
    "WorldCodec",
    "holds",
    "sound_codec",
]


def holds(codec: Codec) -> str:
    """Name the kind of samples of a codec: ``pictures``, ``sound`` or ``points``."""
    if isinstance(codec, ImageCodec):
        return "pictures"
    return "points" if isinstance(codec, PointCodec) else "sound"


def sound_codec(
    convention: SoundConvention, statistics: dict[str, Statistics], level: float | None = None
) -> MelCodec | WorldCodec:
    """Build the codec of a convention."""
    if isinstance(convention, MelConvention):
        return MelCodec(convention=convention, statistics=statistics, level=level)
    return WorldCodec(convention=convention, statistics=statistics, level=level)
