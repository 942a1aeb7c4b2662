"""Moving through a model's latent space by hand: the picture follows the sliders."""

import gradio as gr
import torch
from torch import Generator, Tensor

from demo.library import Library
from demo.reconstruction import sample_of
from demo.seeds import seed_of
from demo.uploads import picture_input, read_upload
from demo.words import shows_errors
from pipeline.capabilities import Latent, LatentSampler
from pipeline.codecs.image import Picture
from pipeline.figures import grid
from pipeline.inference.finished import FinishedModel
from pipeline.latent.traversal import moving_axes

SLIDERS = 8
REACH = 3.0  # either way; a normal draw is rarely farther out


def build(library: Library, tab: gr.Tab) -> None:
    """Add the contents of this part, on a tab of its own, to the page that is being built."""
    models, encoders = library.explorable(), library.encoders()
    explorer = Explorer(library)
    with gr.Row(equal_height=False):
        with gr.Column():
            model = gr.Dropdown(models, value=models[0], label="Model")
            seed = gr.Number(0, precision=0, label="Start at the sample of seed")
            picture = picture_input("Or at a picture of yours", height=200)
            picture.visible = models[0] in encoders
            back = gr.Button("All back to the middle")
        with gr.Column():
            shown = gr.Image(
                label="Follows the sliders",
                show_label=False,
                elem_classes=["picture", "follows"],
                interactive=False,
                format="png",
                height=300,
                buttons=["download", "fullscreen"],
            )
            with gr.Row():
                sliders = [
                    gr.Slider(
                        -REACH, REACH, value=0, step=0.1, label=f"Direction {n + 1}", min_width=200
                    )
                    for n in range(SLIDERS)
                ]

    @shows_errors
    def move(model: str, seed: int, picture: str | None, *amounts: float) -> Picture:
        """Move a sample, or a picture, along the directions that change it most."""
        return explorer.show(model, seed, picture, amounts)

    def offer(model: str) -> gr.Image:
        return gr.Image(value=None, visible=model in encoders)

    def middle() -> list[float]:
        return [0.0] * SLIDERS

    inputs = [model, seed, picture, *sliders]
    tab.select(move, inputs, shown, api_name="explore", concurrency_id="explore")
    gr.on(
        [slider.input for slider in sliders],
        move,
        inputs,
        shown,
        trigger_mode="always_last",
        show_progress="hidden",
        concurrency_id="explore",
        api_visibility="private",
    )
    model.change(offer, model, picture, api_visibility="private")
    for change in (model.change, seed.change, picture.change):
        change(
            move,
            inputs,
            shown,
            trigger_mode="always_last",
            show_progress="hidden",
            concurrency_id="explore",
            api_visibility="private",
        )
    back.click(middle, None, sliders, api_visibility="private").then(
        move, inputs, shown, concurrency_id="explore", api_visibility="private"
    )


class Explorer:
    """A visitor's place in a latent space; remembers which axes are worth a slider."""

    def __init__(self, library: Library) -> None:
        self.library = library
        self._axes: dict[str, list[int]] = {}

    @torch.inference_mode()
    def show(
        self, name: str, seed: int, picture: str | None, amounts: tuple[float, ...]
    ) -> Picture:
        """Return what lies at ``amounts`` from the start, along the axes that move the picture
        most."""
        finished = self.library.get(name)
        model, z = finished.model, start_of(finished, seed, picture)
        assert isinstance(model, Latent | LatentSampler)
        if name not in self._axes:
            self._axes[name] = moving_axes(model.decode, torch.zeros_like(z), SLIDERS)
        for axis, amount in zip(self._axes[name], amounts, strict=False):
            z[axis] += amount
        return grid([model.decode(z[None])])


def start_of(finished: FinishedModel, seed: int, picture: str | None) -> Tensor:
    """Return the latent [Z] to start at: that of a picture, or the draw of a seed.

    Raises ValueError where the model has none of the two.
    """
    model = finished.model
    if isinstance(model, Latent) and picture is not None:
        return model.encode(sample_of(finished, read_upload(picture)))[0].clone()
    if not isinstance(model, LatentSampler):
        raise ValueError("Choose a picture to start at.")
    return model.draw(1, Generator().manual_seed(seed_of(seed)))[0].to(finished.device)
