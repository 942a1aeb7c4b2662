"""The tab that sends one input through several models."""

from collections.abc import Callable, Iterator
from functools import cache, partial

import gradio as gr

from demo import reconstruction
from demo.examples import Examples
from demo.images import example_shelf, on_choice, stock
from demo.library import Direction, Library
from demo.uploads import (
    PICTURE_LIMITS,
    SOUND_LIMITS,
    picture_input,
    read_recording,
    read_upload,
    sound_input,
    sound_output,
    wait_for_recording,
)
from demo.voice import (
    CLASSICAL,
    classical_name,
    convert,
    example_button,
    give_sentence,
    to_int16,
    vocoder_of,
)
from demo.words import Turns, shows_errors
from pipeline.codecs import ImageCodec, SoundCodec
from pipeline.codecs.image import Picture
from pipeline.inference.conversion import sound_codec_of
from pipeline.inference.pictures import translate_picture

MOST_VOICES = 6  # players on the page


def possible(library: Library) -> bool:
    """Tell whether there is anything to compare."""
    return any(offered for _, offered, _ in parts(library))


def parts(library: Library) -> list[tuple[str, bool, Callable[[Library, Turns], None]]]:
    """Return the tab's own tabs: title, whether models offer it, and its contents."""
    return [
        ("Pictures", len(library.ways(ImageCodec)) > 1, build_pictures),
        ("Voices", len(library.ways(SoundCodec)) > 1, build_voices),
        (
            "Reconstruction and score",
            bool(library.reconstructors_and_scorers()),
            reconstruction.build,
        ),
    ]


def build(library: Library, turns: Turns) -> None:
    """Add the tab's contents to the page that is being built."""
    with gr.Tabs():
        for title, offered, contents in parts(library):
            if offered:
                with gr.Tab(title):
                    contents(library, turns)


def build_pictures(library: Library, turns: Turns) -> None:
    """Show one picture through several translators."""
    ways, examples = library.ways(ImageCodec), Examples(library)
    sources = list(dict.fromkeys(way.source for way in ways))
    with gr.Row(equal_height=False):
        with gr.Column():
            source = gr.Dropdown(sources, value=sources[0], label="The picture shows")
            picture = picture_input("Picture", height=300)
            gr.Markdown(PICTURE_LIMITS, elem_classes="hint")
            shelf = example_shelf()
            chosen = gr.CheckboxGroup(
                [(way.label, way.value) for way in ways],
                value=[way.value for way in ways if way.source == sources[0]],
                label="Through",
            )
            with gr.Row():
                start = gr.Button("Compare", variant="primary", min_width=110)
                stop = gr.Button("Cancel", min_width=110)
        with gr.Column():
            results = gr.Gallery(
                label="What they make of it",
                show_label=False,
                columns=2,
                height="auto",
                elem_classes="whole",
                object_fit="contain",
                format="png",
                buttons=["download", "fullscreen"],
            )

    @shows_errors
    def compare_pictures(
        picture: str | None,
        translators: list[str],
        request: gr.Request,
        progress: gr.Progress = gr.Progress(),  # noqa: B008  # gradio finds it there
    ) -> list[tuple[Picture, str]]:
        """Translate one picture by several translators' directions."""
        before = read_upload(picture)
        found = [(before, "input")]
        with turns.turn(request) as check:
            for way in taking_turns(library, translators, progress):
                check()
                after = translate_picture(library.get(way.model), before, way.to, way.source)
                found.append((after, f"{way.model}: {way.to}"))
        return found

    def shown(source: str) -> list[Picture]:
        way = next(way for way in ways if way.source == source)
        return examples.pictures(way.model, source)

    def offer(source: str) -> gr.CheckboxGroup:
        found = [way for way in ways if way.source == source]
        choices = [(way.label, way.value) for way in found]
        return gr.CheckboxGroup(choices, value=[way.value for way in found])

    running = start.click(
        compare_pictures,
        [picture, chosen],
        results,
        api_name="compare_pictures",
        concurrency_id="models",
    )
    stop.click(turns.cancel, cancels=running, queue=False, api_visibility="private")
    on_choice(source, offer, chosen)
    stock(shelf, shown, source, picture)


def name_of(library: Library, way: Direction, vocoder: str) -> str:
    """Name a vocoder for ``way``'s model, in labels."""
    return classical_name(library, way).lower() if vocoder == CLASSICAL else vocoder


def build_voices(library: Library, turns: Turns) -> None:
    """Show one recording through several translators, or one translator's vocoders."""
    ways, examples = library.ways(SoundCodec), Examples(library)
    choices = {
        f"{way.value}/{vocoder}": (way, vocoder)
        for way in ways
        for vocoder in (CLASSICAL, *library.vocoders(way))
    }
    with gr.Row(equal_height=False):
        with gr.Column():
            recording = sound_input("Speech")
            gr.Markdown(SOUND_LIMITS, elem_classes="hint")
            chosen = gr.CheckboxGroup(
                [
                    (f"{way.label}, {name_of(library, way, vocoder)}", value)
                    for value, (way, vocoder) in choices.items()
                ],
                value=[
                    value for value, (way, _) in choices.items() if way.source == ways[0].source
                ][:MOST_VOICES],
                label=f"Through (up to {MOST_VOICES})",
            )
            example = example_button(examples, ways)
            with gr.Row():
                start = gr.Button("Compare", variant="primary", min_width=110)
                stop = gr.Button("Cancel", min_width=110)
        with gr.Column():
            players = [sound_output("", visible=False) for _ in range(MOST_VOICES)]

    @shows_errors
    def compare_voices(
        recording: str | None,
        translators: list[str],
        request: gr.Request,
        progress: gr.Progress = gr.Progress(),  # noqa: B008  # gradio finds it there
    ) -> list[gr.Audio]:
        """Convert one recording by up to six of `translator/domain/vocoder`."""
        if not 1 <= len(translators) <= MOST_VOICES:
            raise ValueError(f"Choose between 1 and {MOST_VOICES}, not {len(translators)}.")
        read = cache(partial(read_recording, recording))  # most models hear it alike
        found = []
        with turns.turn(request) as check:
            for value in translators:
                check()
                way, vocoder = choices[value]
                convention = sound_codec_of(library.outline(way.model)).convention
                wave = read(convention.rate, convention.hop)
                finished, voice = library.get(way.model), vocoder_of(library, way, vocoder)
                result = convert(finished, wave, way, voice, progress, check)
                found.append(
                    gr.Audio(
                        (convention.rate, to_int16(result)),
                        label=f"{way.label}, {name_of(library, way, vocoder)}",
                        visible=True,
                    )
                )
        return [*found, *(gr.Audio(None, visible=False) for _ in players[len(found) :])]

    def source(translators: list[str]) -> Direction:
        return choices[translators[0]][0] if translators else ways[0]

    give_sentence(example, examples, source, chosen, recording)
    wait_for_recording(recording, start)
    running = start.click(
        compare_voices,
        [recording, chosen],
        players,
        api_name="compare_voices",
        concurrency_id="models",
    )
    stop.click(turns.cancel, cancels=running, queue=False, api_visibility="private")


def taking_turns(library: Library, values: list[str], progress: gr.Progress) -> Iterator[Direction]:
    """Return the directions that were chosen, one after another, each once.

    Raises ValueError where there are none, and UserError for one that there is not.
    """
    if not values:
        raise ValueError("Choose at least one translator.")
    for done, value in enumerate(dict.fromkeys(values)):
        progress(done / len(values), value)
        yield library.way(value)
