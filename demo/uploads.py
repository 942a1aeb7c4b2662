"""Uploads: the components that take them, their limits, and the errors beyond them."""

import math
from pathlib import Path

import gradio as gr
import numpy as np
import soundfile
from PIL import Image

from pipeline.codecs.image import Picture, read_picture
from pipeline.codecs.mel import Wave, read_wave

MOST_BYTES = "50mb"  # of a file
MOST_SECONDS = 120  # of sound
MOST_PIXELS = 50_000_000  # of a picture: what telephones take fits
KEPT_PIXELS = 2**20  # larger pictures are reduced to this; the command line takes any size

PICTURE_LIMITS = f"Any size up to {MOST_PIXELS // 10**6} megapixels and 50 MB."
SOUND_LIMITS = f"wav, flac, ogg or mp3, up to {MOST_SECONDS} seconds and 50 MB."

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


def path_of(upload: gr.data_classes.FileData | None) -> str | None:
    """Return where gradio keeps an uploaded file."""
    return None if upload is None else upload.path


def read_upload(path: str | None) -> Picture:
    """Return a visitor's picture uint8 [H, W, 3], reduced where it is large.

    Raises ValueError with what is wrong with it.
    """
    if path is None:
        raise ValueError("Choose a picture first.")
    check_pixels(Path(path))
    try:
        picture = read_picture(Path(path))
    except ValueError as error:
        raise ValueError(f"That file can't be used: {error}.") from error
    reduced = reduce(picture)
    if reduced is not picture:
        height, width = reduced.shape[:2]
        gr.Info(f"Reduced to {width} x {height} pixels; `crossdomain translate` takes any size.")
    return reduced


def check_pixels(path: Path) -> None:
    """Raise ValueError where a picture has too many pixels, before they are decoded."""
    try:
        with Image.open(path) as file:
            width, height = file.size
    except Image.DecompressionBombError:
        width = height = MOST_PIXELS  # so many that Pillow doesn't say
    except (OSError, SyntaxError):
        return  # reading it says what is wrong
    if width * height > MOST_PIXELS:
        raise ValueError(
            f"The picture is too large: the demo takes up to {MOST_PIXELS // 10**6} megapixels; "
            "`crossdomain translate` takes any size."
        )


def reduce(picture: Picture) -> Picture:
    """Return the picture [H, W, 3], made smaller where it has more than `KEPT_PIXELS`."""
    height, width = picture.shape[:2]
    factor = math.sqrt(KEPT_PIXELS / (height * width))
    if factor >= 1:
        return picture
    size = max(1, int(width * factor)), max(1, int(height * factor))
    return np.asarray(Image.fromarray(picture).resize(size, Image.Resampling.LANCZOS))


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
    """Raise ValueError where a recording is longer than a visitor's turn, or is none."""
    try:
        seconds = soundfile.info(recording).duration
    except soundfile.SoundFileError as error:
        raise ValueError("That is not a sound file: wav, flac, ogg and mp3 are read.") from error
    if seconds > MOST_SECONDS:
        raise ValueError(
            f"The recording lasts {seconds:.0f} s, and the demo takes {MOST_SECONDS} s; "
            "`crossdomain translate` takes any length."
        )
