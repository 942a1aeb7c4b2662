"""Between raw data (pictures, waveforms), what the prepared store keeps, and samples."""

from typing import Annotated

from pydantic import Field

from pipeline.codecs.image import ImageCodec
from pipeline.codecs.mel import MelCodec
from pipeline.codecs.sound import SoundCodec

Codec = Annotated[ImageCodec | MelCodec, Field(discriminator="kind")]

__all__ = ["Codec", "ImageCodec", "MelCodec", "SoundCodec"]
