"""The tab that translates pictures."""

from collections.abc import Callable
from typing import Any

import gradio as gr
from gradio.components import Component

from demo.examples import SHOWN, Examples
from demo.library import Library
from demo.uploads import PICTURE_LIMITS, picture_input, read_upload
from demo.words import Turns, shows_errors, warned
from pipeline.codecs import ImageCodec
from pipeline.codecs.image import Picture
from pipeline.inference.pictures import translate_picture, with_style
from pipeline.inference.unlike import unlike_picture


def build(library: Library, turns: Turns) -> None:
    """Add the tab's contents to the page that is being built."""
    ways, examples = library.ways(ImageCodec), Examples(library)
    stylists = library.stylists()
    with gr.Row(equal_height=False):
        with gr.Column():
            translator = gr.Dropdown(
                [(way.label, way.value) for way in ways], label="From what to what"
            )
            picture = picture_input("Picture")
            gr.Markdown(PICTURE_LIMITS, elem_classes="hint")
            shelf = example_shelf()
            with gr.Group(visible=ways[0].model in stylists) as styling:
                style = picture_input("In the style of (may stay empty)", height=220)
            with gr.Row():
                start = gr.Button("Translate", variant="primary", min_width=110)
                stop = gr.Button("Cancel", min_width=110)
        with gr.Column():
            slider = gr.ImageSlider(
                label="Before and after",
                interactive=False,
                format="png",
                height=460,
                max_height=460,
                buttons=["download", "fullscreen"],
            )
            note = gr.Markdown(elem_classes="note")

    @shows_errors
    def translate(
        picture: str | None, translator: str, style: str | None, request: gr.Request
    ) -> tuple[tuple[Picture, Picture], str]:
        """Translate a picture by a translator's direction, as in `cyclegan/zebra`.

        In the style of another picture where one is given and the model takes styles. Also says
        where the picture is unlike all that the model was trained on.
        """
        way = library.way(translator)
        before = read_upload(picture)
        finished = library.get(way.model)
        if style is not None and way.model in stylists:
            finished = with_style(finished, read_upload(style))
        with turns.turn(request) as check:
            check()
            after = translate_picture(finished, before, way.to, way.source)
        return (before, after), warned(unlike_picture(finished, before, way.source))

    def styled(translator: str) -> gr.Group:
        return gr.Group(visible=library.way(translator).model in stylists)

    def shown(translator: str) -> list[Picture]:
        way = library.way(translator)
        return examples.pictures(way.model, way.source)

    running = start.click(
        translate,
        [picture, translator, style],
        [slider, note],
        api_name="translate_picture",
        concurrency_id="models",
    )
    stop.click(turns.cancel, cancels=running, queue=False, api_visibility="private")
    if stylists:
        translator.change(styled, translator, styling, api_visibility="private")
    stock(shelf, shown, translator, picture)


def example_shelf() -> gr.Gallery:
    """Return a place for test pictures that a visitor may choose from."""
    return gr.Gallery(
        label="Or take a test picture",
        columns=SHOWN,
        height="auto",
        object_fit="cover",
        allow_preview=False,
        interactive=False,
        format="png",
        elem_classes="shelf",
        buttons=[],
    )


def stock(
    shelf: gr.Gallery,
    shown: Callable[[str], list[Picture]],
    choice: gr.Dropdown,
    picture: gr.Image,
) -> None:
    """Fill a shelf once the page is there and whenever ``choice`` changes; a click takes one."""

    def fill(value: str) -> gr.Gallery:
        pictures = shows_errors(shown)(value)
        return gr.Gallery(pictures, visible=bool(pictures))

    def take(value: str, event: gr.SelectData) -> Picture:
        number: int = event.index
        return shows_errors(shown)(value)[number]

    on_choice(choice, fill, shelf)
    shelf.select(take, choice, picture, api_visibility="private")


def on_choice(choice: gr.Dropdown, fill: Callable[[str], Any], target: Component) -> None:
    """Fill ``target`` whenever ``choice`` changes, and for the first time once the page is there.

    So what a page shows first does not wait for it, and programs, which choose nothing, still find
    all that ``target`` was built with.
    """
    page = gr.context.Context.root_block
    assert page is not None
    for event in (page.load, choice.change):
        event(fill, choice, target, queue=False, show_progress="hidden", api_visibility="private")
