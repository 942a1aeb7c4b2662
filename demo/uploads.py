"""Uploads: the components that take them, their limits, and the errors beyond them."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import gradio as gr
import soundfile
from gradio.block_function import BlockFunction
from gradio.utils import get_upload_folder
from PIL import Image

from demo.words import said
from pipeline.codecs.image import FORMATS, Picture, as_value_errors, decoded
from pipeline.codecs.mel import Wave, read_wave

MOST_BYTES = "50mb"  # of a file
MOST_SECONDS = 120  # of sound
MOST_VALUES = 25_000_000  # of sound, in all channels: 50 MB of 16 bits, 100 MB decoded
MOST_PIXELS = 50_000_000  # of a JPEG, which is reduced while it is decoded: telephones' fit
MOST_WHOLE_PIXELS = 16_000_000  # of what must be decoded whole, for which WebP takes 16 bytes each
KEPT_PIXELS = 2**20  # larger pictures are reduced to this; the command line takes any size

REDUCED = ("JPEG", "MPO")  # a telephone's JPEG with a preview behind it opens as MPO

SIZES = (
    f"up to {MOST_PIXELS // 10**6} megapixels as JPEG, {MOST_WHOLE_PIXELS // 10**6} as PNG, WebP, "
    "GIF, BMP or TIFF"
)
PICTURE_LIMITS = f"Any picture {SIZES}, and 50 MB."
TOO_LARGE = f"The picture is too large: the demo takes {SIZES}; `crossdomain translate`, any size."
SOUND_LIMITS = f"wav, flac, ogg or mp3, up to {MOST_SECONDS} seconds and 50 MB."

NOT_UPLOADED = "That file was not uploaded here, or it is gone by now: hand it in again."

WAVEFORM = gr.WaveformOptions(waveform_color="#64748b", waveform_progress_color="#0d9488")


def picture_input(label: str, height: int = 320) -> gr.Image:
    """Return a picture that is uploaded, pasted or taken with the camera; functions get its
    path."""
    picture = gr.Image(
        type="filepath",
        format="png",
        sources=["upload", "clipboard", "webcam"],
        label=label,
        elem_classes="picture",
        height=height,
        buttons=[],
    )
    # Gradio would open the file itself, and answer a damaged one with a traceback.
    vars(picture)["preprocess"] = path_of
    return picture


def picture_output(label: str, height: int, format: str = "png") -> gr.Image:
    """Return a picture that is shown and can be downloaded."""
    return gr.Image(
        label=label,
        elem_classes="picture",
        interactive=False,
        format=format,
        height=height,
        buttons=["download", "fullscreen"],
    )


def sound_input(label: str) -> gr.Audio:
    """Return a sound that is uploaded or recorded; functions get its path."""
    return gr.Audio(
        sources=["upload", "microphone"],
        type="filepath",
        label=label,
        buttons=[],
        waveform_options=WAVEFORM,
    )


def wait_for_recording(recording: gr.Audio, start: gr.Button) -> None:
    """Keep ``start`` from being pressed while ``recording`` is made and on its way to the server.

    The player shows a recording before it has arrived; until then functions would get none. All
    of it happens in the browser, where no answer can come late.
    """
    for event, ready in ((recording.start_recording, "false"), (recording.change, "true")):
        update = f"() => ({{__type__: 'update', interactive: {ready}}})"
        event(None, outputs=start, js=update, api_visibility="private")


def sound_output(label: str, visible: bool = True) -> gr.Audio:
    """Return a sound that is heard and downloaded as a wav file."""
    return gr.Audio(
        label=label,
        interactive=False,
        visible=visible,
        buttons=["download"],
        waveform_options=WAVEFORM,
    )


class Page(gr.Blocks):
    """A page whose functions get no files but those that visitors uploaded.

    All that is sent to it passes here, whatever the component, before Gradio looks at it. Gradio's
    own test is none for a file object without ``meta``, and its components differ in what they make
    of one.
    """

    async def preprocess_data(
        self, block_fn: BlockFunction, inputs: list[Any], *rest: Any, **named: Any
    ) -> list[Any]:
        """Return what a function gets of ``inputs``.

        Raises gr.Error where a file among them was not uploaded.
        """
        if not all(was_uploaded(path) for path in paths_in(inputs)):
            raise said(NOT_UPLOADED)
        processed: list[Any] = await super().preprocess_data(block_fn, inputs, *rest, **named)
        return processed


def paths_in(sent: Any) -> Iterator[Any]:
    """Yield the path of each file object in what a visitor's program sent, however deep."""
    if isinstance(sent, dict):
        if "path" in sent:
            yield sent["path"]
        sent = list(sent.values())
    if isinstance(sent, list):
        for part in sent:
            yield from paths_in(part)


def was_uploaded(path: Any) -> bool:
    """Tell whether ``path`` is a regular file in the folder of visitors' files, links resolved."""
    if not isinstance(path, str):
        return False
    try:
        found = Path(path).resolve(strict=True)
        return found.is_file() and found.is_relative_to(Path(get_upload_folder()).resolve())
    except (OSError, ValueError, RuntimeError):  # nothing, no possible name, a circle of links
        return False


def path_of(upload: gr.data_classes.FileData | None) -> str | None:
    """Return where gradio keeps an uploaded file."""
    return None if upload is None else upload.path


def read_upload(path: str | None) -> Picture:
    """Return a visitor's picture uint8 [H, W, 3], reduced where it is large.

    Raises ValueError with what is wrong with it.
    """
    if path is None:
        raise ValueError("Choose a picture first.")
    try:
        with as_value_errors(Path(path)), open_picture(path) as file:
            whole, picture = file.size, decoded(file, Path(path), KEPT_PIXELS)
    except TooLargeError:
        raise
    except ValueError as error:
        raise ValueError(f"That file can't be used: {error}.") from error
    height, width = picture.shape[:2]
    if width * height < whole[0] * whole[1]:
        gr.Info(f"Reduced to {width} x {height} pixels; `crossdomain translate` takes any size.")
    return picture


class TooLargeError(ValueError):
    """An upload would take more memory than a visitor is given; says how much is taken."""


def open_picture(path: str) -> Image.Image:
    """Open a picture, without decoding it yet.

    Raises TooLargeError where it has too many pixels.
    """
    try:
        file = Image.open(path, formats=FORMATS)
    except Image.DecompressionBombError as error:
        raise TooLargeError(TOO_LARGE) from error
    width, height = file.size
    if width * height > (MOST_PIXELS if file.format in REDUCED else MOST_WHOLE_PIXELS):
        file.close()
        raise TooLargeError(TOO_LARGE)
    return file


def read_recording(path: str | None, rate: int, least: int) -> Wave:
    """Return a visitor's sound float32 [samples] at ``rate``, of at least ``least`` samples.

    Raises ValueError with what is wrong with it.
    """
    if path is None:
        raise ValueError("Upload or record some speech first.")
    check_length(Path(path))
    try:
        wave = read_wave(Path(path), rate)
    except ValueError as error:
        raise ValueError(f"The recording can't be used: {error}.") from error
    if len(wave) < least:
        raise ValueError("The recording is too short to hear anything in it.")
    return wave


def check_length(recording: Path) -> None:
    """Raise ValueError where a recording is longer than a visitor's turn or larger than their
    share of memory once it is decoded, or is none."""
    try:
        info = soundfile.info(recording)
    except soundfile.SoundFileError as error:
        raise ValueError("That is not a sound file: wav, flac, ogg and mp3 are read.") from error
    if info.duration > MOST_SECONDS:
        raise TooLargeError(
            f"The recording lasts {info.duration:.0f} s, and the demo takes {MOST_SECONDS} s; "
            "`crossdomain translate` takes any length."
        )
    if info.frames * info.channels > MOST_VALUES:
        raise TooLargeError(
            f"The recording has {info.channels} channels of {info.samplerate} values a second, "
            f"and the demo takes {MOST_VALUES // 10**6} million values in all; "
            "`crossdomain translate` takes any number."
        )
