"""The tab that draws samples."""

import gradio as gr

from demo.library import Library
from demo.words import in_words
from pipeline.codecs.image import Picture
from pipeline.inference import sample_grid

MOST = 64  # samples a grid


def build(library: Library) -> None:
    """Adds the tab's contents to the page that is being built."""
    samplers = library.samplers()
    with gr.Row(equal_height=False):
        with gr.Column():
            model = gr.Dropdown(samplers, value=samplers[0], label="Model")
            count = gr.Slider(1, MOST, value=16, step=1, label="How many")
            seed = gr.Number(0, precision=0, label="Seed")
            start = gr.Button("Draw", variant="primary")
        with gr.Column():
            picture = gr.Image(
                label="Samples",
                show_label=False,
                elem_classes="picture",
                interactive=False,
                format="png",
                height=420,
                buttons=["download", "fullscreen"],
            )

    @in_words
    def sample(model: str, count: int, seed: int) -> Picture:
        """Draws samples; equal seeds draw equal samples."""
        if not 1 <= count <= MOST:
            raise ValueError(f"Between 1 and {MOST} samples, not {count}.")
        if seed is None or not 0 <= seed < 2**63:
            raise ValueError("A seed is a whole number from 0 on.")
        return sample_grid(library.get(model), int(count), int(seed))

    start.click(sample, [model, count, seed], picture, api_name="sample", concurrency_id="models")
