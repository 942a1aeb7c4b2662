"""The tab that converts voices."""

from pathlib import Path
from tempfile import TemporaryDirectory

import gradio as gr
import numpy as np
import numpy.typing as npt
import soundfile
import torch

from demo.library import Library
from demo.words import in_words
from pipeline.codecs import MelCodec
from pipeline.codecs.image import Picture, read_picture
from pipeline.codecs.mel import Wave, read_wave
from pipeline.codecs.spectrogram import log_mel
from pipeline.conversion import convert_wave, mel_codec
from pipeline.exhibits import save_spectrograms

MOST_SECONDS = 120  # a visitor's turn; the command line takes any length

Sound = tuple[int, npt.NDArray[np.int16]]


def build(library: Library) -> None:
    """Adds the tab's contents to the page that is being built."""
    ways = library.ways(MelCodec)
    with gr.Row(equal_height=False):
        with gr.Column():
            recording = gr.Audio(
                sources=["upload", "microphone"], type="filepath", label="Speech", buttons=[]
            )
            translator = gr.Dropdown(
                [(way.label, way.value) for way in ways], label="From whom to whom"
            )
            with gr.Row():
                example = gr.Button("Try a test sentence", visible=any(map(library.examples, ways)))
                start = gr.Button("Convert", variant="primary")
        with gr.Column():
            converted = gr.Audio(label="Converted", interactive=False, buttons=["download"])
            spectrogram = gr.Image(
                label="Spectrograms",
                show_label=False,
                interactive=False,
                format="png",
                buttons=["fullscreen"],
            )

    @in_words
    def convert_voice(recording: str | None, translator: str) -> tuple[Sound, Picture]:
        """Converts speech by a translator's direction, as in `voice_cyclegan/beatrice`."""
        if recording is None:
            raise ValueError("Upload or record some speech first.")
        return convert(library, Path(recording), translator)

    @in_words
    def pick(translator: str) -> Sound:
        domain, index = library.example(library.way(translator))
        samples, rate = soundfile.read(domain.audio(index), dtype="int16")
        return rate, samples

    start.click(
        convert_voice,
        [recording, translator],
        [converted, spectrogram],
        api_name="convert_voice",
        concurrency_id="models",
    )
    example.click(pick, translator, recording, api_visibility="private")


def convert(library: Library, recording: Path, translator: str) -> tuple[Sound, Picture]:
    """The converted sound, and spectrograms of both.

    Raises UserError or ValueError with what is wrong with the recording.
    """
    way = library.way(translator)
    finished = library.get(way.model)
    convention = mel_codec(finished).convention
    check_length(recording)
    wave = read_wave(recording, convention.rate)
    result = convert_wave(finished, wave, way.to)
    if len(wave) < convention.hop:
        raise ValueError("The recording is too short to hear anything in it.")
    mels = {
        f"source ({way.source})": log_mel(torch.from_numpy(wave), convention),
        f"converted ({way.to})": log_mel(torch.from_numpy(result), convention),
    }
    with TemporaryDirectory() as folder:
        path = Path(folder) / "spectrograms.png"
        save_spectrograms(path, mels, convention)
        picture = read_picture(path)
    return (convention.rate, to_int16(result)), picture


def check_length(recording: Path) -> None:
    """Raises ValueError where the recording is longer than a visitor's turn, or is none."""
    try:
        seconds = soundfile.info(recording).duration
    except soundfile.SoundFileError as error:
        raise ValueError("That is not a sound file: wav, flac, ogg and mp3 are read.") from error
    if seconds > MOST_SECONDS:
        raise ValueError(
            f"The recording lasts {seconds:.0f} s, and the demo takes {MOST_SECONDS} s; "
            "`crossdomain translate` takes any length."
        )


def to_int16(wave: Wave) -> npt.NDArray[np.int16]:
    """Float sound as 16 bits, whose level the player leaves as it is."""
    return (wave.clip(-1, 1) * 32767).astype(np.int16)
