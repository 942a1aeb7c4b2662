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
    "sound_codec",
]


def sound_codec(
    convention: SoundConvention, statistics: dict[str, Statistics], level: float | None = None
) -> MelCodec | WorldCodec:
    """Build the codec of a convention."""
    if isinstance(convention, MelConvention):
        return MelCodec(convention=convention, statistics=statistics, level=level)
    return WorldCodec(convention=convention, statistics=statistics, level=level)
