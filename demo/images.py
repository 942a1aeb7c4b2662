"""The tab that translates pictures."""

import math
from pathlib import Path

import gradio as gr
import numpy as np
from PIL import Image

from demo.library import Library
from demo.words import in_words
from pipeline.codecs import ImageCodec
from pipeline.codecs.image import Picture, read_picture
from pipeline.inference import translate_picture

MOST_PIXELS = 2**20  # larger pictures are reduced to this; the command line takes any size


def build(library: Library) -> None:
    """Adds the tab's contents to the page that is being built."""
    ways = library.ways(ImageCodec)
    with gr.Row(equal_height=False):
        with gr.Column():
            picture = gr.Image(
                type="filepath",
                format="png",
                sources=["upload", "clipboard"],
                label="Picture",
                elem_classes="picture",
                height=420,  # of which 40 are the bar below the picture
                buttons=[],
            )
            # Gradio would open the file itself, and answer a damaged one with a traceback.
            vars(picture)["preprocess"] = path_of
            translator = gr.Dropdown(
                [(way.label, way.value) for way in ways], label="From what to what"
            )
            with gr.Row():
                example = gr.Button("Try a test picture", visible=any(map(library.examples, ways)))
                start = gr.Button("Translate", variant="primary")
        with gr.Column():
            slider = gr.ImageSlider(
                label="Before and after",
                interactive=False,
                format="png",
                height=380,
                max_height=380,
                buttons=["download", "fullscreen"],
            )

    @in_words
    def translate(picture: str | None, translator: str) -> tuple[Picture, Picture]:
        """Translates a picture by a translator's direction, as in `cyclegan/zebra`."""
        if picture is None:
            raise ValueError("Choose a picture first.")
        before = reduce(read_picture(Path(picture)))
        way = library.way(translator)
        return before, translate_picture(library.get(way.model), before, way.to)

    @in_words
    def pick(translator: str) -> Picture:
        domain, index = library.example(library.way(translator))
        item = np.array(domain.item(index))
        return np.repeat(item, 3, axis=2) if item.shape[2] == 1 else item

    start.click(
        translate,
        [picture, translator],
        slider,
        api_name="translate_picture",
        concurrency_id="models",
    )
    example.click(pick, translator, picture, api_visibility="private")


def path_of(upload: gr.data_classes.FileData | None) -> str | None:
    """Where gradio keeps an uploaded file."""
    return None if upload is None else upload.path


def reduce(picture: Picture) -> Picture:
    """The picture [H, W, 3], made smaller where it has more than `MOST_PIXELS`."""
    height, width = picture.shape[:2]
    factor = math.sqrt(MOST_PIXELS / (height * width))
    if factor >= 1:
        return picture
    size = max(1, int(width * factor)), max(1, int(height * factor))
    return np.asarray(Image.fromarray(picture).resize(size, Image.Resampling.LANCZOS))
