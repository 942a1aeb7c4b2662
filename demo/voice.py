"""The tab that converts voices."""

import math
import random
from collections.abc import Callable, Iterator
from typing import Any

import gradio as gr
import numpy as np
import numpy.typing as npt
from gradio.components import Component

from demo.examples import Examples
from demo.library import Direction, Library
from demo.spectrograms import draw_spectrograms
from demo.uploads import (
    SOUND_LIMITS,
    read_recording,
    sound_input,
    sound_output,
    wait_for_recording,
)
from demo.words import Check, Turns, shows_errors
from pipeline.capabilities import VOICE_OPTIONS
from pipeline.codecs import SoundCodec
from pipeline.codecs.image import Picture
from pipeline.codecs.mel import Wave
from pipeline.codecs.sound_files import limited
from pipeline.inference.conversion import CHUNK, OVERLAP, convert_blocks, sound_codec_of
from pipeline.inference.effects import shift_blocks
from pipeline.inference.limiter import bounded
from pipeline.inference.vocoders import GriffinLim, untrained_vocoder

CLASSICAL = "griffin-lim"  # the vocoder that is always there, WORLD where that is it

Sound = tuple[int, npt.NDArray[np.int16]]


def build(library: Library, turns: Turns) -> None:
    """Add the tab's contents to the page that is being built."""
    ways, examples = library.ways(SoundCodec), Examples(library)
    with gr.Row(equal_height=False):
        with gr.Column():
            recording = sound_input("Speech")
            gr.Markdown(SOUND_LIMITS, elem_classes="hint")
            translator = gr.Dropdown(
                [(way.label, way.value) for way in ways], label="From whom to whom"
            )
            vocoder = gr.Dropdown(
                vocoder_choices(library, ways[0] if ways else None),
                value=CLASSICAL,
                label="Vocoder",
                info="What makes sound of the converted spectrogram.",
                visible=bool(library.vocoders()),
            )
            sliders = add_sliders()
            example = example_button(examples, ways)
            with gr.Row():
                start = gr.Button("Convert", variant="primary", min_width=110)
                stop = gr.Button("Cancel", min_width=110)
        with gr.Column():
            converted = sound_output("Converted")
            spectrogram = gr.Image(
                label="Spectrograms and pitch",
                show_label=False,
                interactive=False,
                format="png",
                elem_classes="chart",
                buttons=["download", "fullscreen"],
            )

    @shows_errors
    def convert_voice(
        recording: str | None,
        translator: str,
        vocoder: str,
        pitch: float,
        formants: float,
        request: gr.Request,
        progress: gr.Progress = gr.Progress(),  # noqa: B008  # gradio finds it there
    ) -> tuple[Sound, Picture]:
        """Convert speech by a translator's direction, as in `voice_inca/beatrice`.

        Then move its pitch and its formants by semitones.
        """
        way = library.way(translator)
        codec = sound_codec_of(library.outline(way.model))
        rate = codec.convention.rate
        wave = read_recording(recording, rate, codec.convention.hop)
        with turns.turn(request) as check:
            result = convert(library, wave, way, vocoder, progress, check, (pitch, formants))
        progress(1, "Drawing spectrograms")
        names = {f"Source ({way.source})": wave, f"Converted ({way.to})": result}
        return (rate, to_int16(result)), draw_spectrograms(names, codec.mel_convention)

    def offer(translator: str) -> gr.Dropdown:
        choices = vocoder_choices(library, library.way(translator))
        return gr.Dropdown(choices, value=CLASSICAL, visible=len(choices) > 1)

    wait_for_recording(recording, start)
    running = start.click(
        convert_voice,
        [recording, translator, vocoder, *sliders],
        [converted, spectrogram],
        api_name="convert_voice",
        concurrency_id="models",
    )
    stop.click(turns.cancel, cancels=running, queue=False, api_visibility="private")
    give_sentence(example, examples, library.way, translator, recording)
    translator.change(offer, translator, vocoder, api_visibility="private")


def add_sliders() -> list[gr.Slider]:
    """Return a slider for each of `VOICE_OPTIONS`."""
    return [
        gr.Slider(
            option.least,
            option.most,
            value=option.neutral,
            step=option.step,
            label=f"{option.name.capitalize()} (semitones)",
            info=option.help,
        )
        for option in VOICE_OPTIONS
    ]


def example_button(examples: Examples, ways: list[Direction]) -> gr.Button:
    """Return what gives a visitor a test sentence, where there is any."""
    there = any(map(examples.has_sentences, ways))
    return gr.Button("Try a test sentence", visible=there)


def give_sentence(
    button: gr.Button,
    examples: Examples,
    source: Callable[[Any], Direction],
    choice: Component,
    recording: gr.Audio,
) -> None:
    """Let ``button`` fill ``recording``, by the speaker whom ``source`` reads from ``choice``."""

    @shows_errors
    def pick(value: Any) -> Sound | None:
        found = examples.sentence(source(value), random.randrange(1000))
        return None if found is None else (found[0], to_int16(found[1]))

    button.click(pick, choice, recording, api_visibility="private")


def vocoder_choices(library: Library, way: Direction | None) -> list[tuple[str, str]]:
    """Return the vocoders for ``way``, or all of them: label and value."""
    trained = [(name, name) for name in library.vocoders(way)]
    return [(f"{classical_name(library, way)} (needs no training)", CLASSICAL), *trained]


def classical_name(library: Library, way: Direction | None) -> str:
    """Name the vocoder that is always there: Griffin-Lim, or WORLD where ``way``'s model has its
    parameters.
    """
    if way is None:
        return GriffinLim.name
    return untrained_vocoder(sound_codec_of(library.outline(way.model)).convention).name


def convert(
    library: Library,
    wave: Wave,
    way: Direction,
    vocoder: str,
    progress: gr.Progress,
    check: Check,
    shift: tuple[float, float] = (0.0, 0.0),
) -> Wave:
    """Return the converted wave, of equal length and within full scale.

    ``shift``: semitones of pitch and formants.

    Raises UserError where the vocoder does not fit, ValueError for semitones out of range, and
    `CancelledError`.
    """
    finished = library.get(way.model)
    voice = None if vocoder == CLASSICAL else library.vocoder(vocoder, way)
    rate = sound_codec_of(finished).convention.rate
    seconds = len(wave) / rate
    chunks = max(1, math.floor((seconds - OVERLAP) / (CHUNK - OVERLAP)))

    def watched() -> Iterator[Wave]:
        converted = convert_blocks(finished, [wave], way.to, voice, way.source)
        for done, block in enumerate(converted, 1):
            check()
            progress(min(done / chunks, 1), "Converting")
            yield block

    progress(0, "Converting")
    return bounded(np.concatenate(list(shift_blocks(watched(), rate, *shift))), rate)


def to_int16(wave: Wave) -> npt.NDArray[np.int16]:
    """Convert float sound to 16 bits, whose level the player leaves as it is; made quieter as a
    whole where it goes beyond full scale."""
    return (limited(wave) * 32767).astype(np.int16)
