"""The tab that converts voices."""

import math
import random
from collections.abc import Callable, Iterator
from pathlib import Path
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
    check_length,
    read_recording,
    sound_input,
    sound_output,
    wait_for_recording,
)
from demo.words import Check, Turns, shows_errors, warned
from pipeline.capabilities import OneShot, Vocoder
from pipeline.codecs import SoundCodec
from pipeline.codecs.image import Picture
from pipeline.codecs.mel import Wave
from pipeline.codecs.sound_files import limited
from pipeline.inference.conversion import CHUNK, OVERLAP, convert_blocks, sound_codec_of
from pipeline.inference.effects import shift_blocks
from pipeline.inference.finished import FinishedModel
from pipeline.inference.limiter import bounded
from pipeline.inference.unlike import unlike_sound
from pipeline.inference.unseen import listen, with_unseen
from pipeline.inference.vocoders import GriffinLim, untrained_vocoder
from pipeline.options import VOICE_OPTIONS

LIKE = "Another voice to take on: at least 5 seconds of it, better a minute"
UNSEEN = "uploaded voice"
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
            like = sound_input(LIKE)
            like.visible = takes_unseen(library, ways[0] if ways else None)
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
            note = gr.Markdown(elem_classes="note")

    @shows_errors
    def convert_voice(
        recording: str | None,
        translator: str,
        vocoder: str,
        pitch: float,
        formants: float,
        request: gr.Request,
        like: str | None = None,
        progress: gr.Progress = gr.Progress(),  # noqa: B008  # gradio finds it there
    ) -> tuple[Sound, Picture, str]:
        """Convert speech by a translator's direction, as in `voice_inca/beatrice`.

        Then move its pitch and its formants by semitones. A recording of another speaker (like)
        is whom a model that takes unseen speakers leads to instead. Also says where the speech is
        unlike all that the model was trained on.
        """
        way = library.way(translator)
        codec = sound_codec_of(library.outline(way.model))
        rate = codec.convention.rate
        wave = read_recording(recording, rate, codec.convention.hop)
        with turns.turn(request) as check:
            finished = library.get(way.model)
            if like is not None:
                finished, way = as_unseen(finished, way, like)
            voice = vocoder_of(library, way, vocoder)
            result = convert(finished, wave, way, voice, progress, check, (pitch, formants))
        progress(1, "Drawing spectrograms")
        names = {f"Source ({way.source})": wave, f"Converted ({way.to})": result}
        said = warned(unlike_sound(finished, wave, way.source))
        return (rate, to_int16(result)), draw_spectrograms(names, codec.mel_convention), said

    def offer(translator: str) -> tuple[gr.Dropdown, gr.Audio]:
        way = library.way(translator)
        choices = vocoder_choices(library, way)
        return (
            gr.Dropdown(choices, value=CLASSICAL, visible=len(choices) > 1),
            gr.Audio(visible=takes_unseen(library, way), value=None),
        )

    wait_for_recording(recording, start)
    running = start.click(
        convert_voice,
        [recording, translator, vocoder, *sliders, like],
        [converted, spectrogram, note],
        api_name="convert_voice",
        concurrency_id="models",
    )
    stop.click(turns.cancel, cancels=running, queue=False, api_visibility="private")
    give_sentence(example, examples, library.way, translator, recording)
    wait_for_recording(like, start)
    translator.change(offer, translator, [vocoder, like], api_visibility="private")


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


def vocoder_of(library: Library, way: Direction, value: str) -> Vocoder | None:
    """Return the vocoder of a choice, None for the one that is always there.

    Raises UserError where it does not take the frames of ``way``.
    """
    return None if value == CLASSICAL else library.vocoder(value, way)


def takes_unseen(library: Library, way: Direction | None) -> bool:
    """Tell whether ``way``'s model takes speakers that it was not trained on."""
    return way is not None and isinstance(library.outline(way.model).model, OneShot)


def as_unseen(
    finished: FinishedModel, way: Direction, recording: str
) -> tuple[FinishedModel, Direction]:
    """Return the model with the speaker of a recording to reach, and the direction there.

    Raises UserError where it takes none, or the recording is too short, ValueError where it is none
    or too long.
    """
    check_length(Path(recording))
    speaker = listen(UNSEEN, [Path(recording)], sound_codec_of(finished))
    return with_unseen(finished, target=speaker), way._replace(to=UNSEEN)


def convert(
    finished: FinishedModel,
    wave: Wave,
    way: Direction,
    vocoder: Vocoder | None,
    progress: gr.Progress,
    check: Check,
    shift: tuple[float, float] = (0.0, 0.0),
) -> Wave:
    """Return the converted wave, of equal length and within full scale.

    ``shift``: semitones of pitch and formants.

    Raises ValueError for semitones out of range, and `CancelledError`.
    """
    rate = sound_codec_of(finished).convention.rate
    seconds = len(wave) / rate
    chunks = max(1, math.floor((seconds - OVERLAP) / (CHUNK - OVERLAP)))

    def watched() -> Iterator[Wave]:
        converted = convert_blocks(finished, [wave], way.to, vocoder, way.source)
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
