"""The tab that draws samples: many at once, on the way between two, and by hand."""

import io
import zipfile
from collections.abc import Callable
from functools import wraps
from inspect import Parameter, signature
from typing import Any, TypeVar

import gradio as gr
import torch
from gradio.processing_utils import save_bytes_to_cache
from PIL import Image
from torch import Tensor

from demo import editing, explore
from demo.library import Library
from demo.seeds import any_seed, seed_of
from demo.uploads import picture_output
from demo.words import Turns, shows_errors
from pipeline.codecs.image import Picture, to_png
from pipeline.figures import grid, to_rgb
from pipeline.inference.finished import FinishedModel, as_sampler
from pipeline.inference.sampling import classes_of, draw_samples, square_grid
from pipeline.latent import interpolate as interpolate_latents
from pipeline.latent import space_of
from pipeline.options import SAMPLING_OPTIONS, Option

MOST = 64  # samples a grid
FRAMES, MILLISECONDS = 24, 80  # of the way between two samples, there and back again
STRIP = 8  # of them side by side
ANY = "any"

Result = TypeVar("Result")


def build(library: Library, turns: Turns) -> None:
    """Add the tab's contents to the page that is being built."""
    with gr.Tabs():
        if library.samplers():
            with gr.Tab("Many"):
                build_grid(library, turns)
        if library.between():
            with gr.Tab("Between two"):
                build_between(library)
        if library.explorable():
            with gr.Tab("By hand") as tab:
                explore.build(library, tab)
        if library.editable():
            with gr.Tab("Towards a class"):
                editing.build(library)


def build_grid(library: Library, turns: Turns) -> None:
    """Show samples of one seed as a grid."""
    samplers = library.samplers()
    first = library.outline(samplers[0])
    every = sorted({name for model in samplers for name in classes_of(library.outline(model))})
    with gr.Row(equal_height=False):
        with gr.Column():
            model = gr.Dropdown(samplers, value=samplers[0], label="Model")
            count = gr.Slider(1, MOST, value=16, step=1, label="How many")
            seed = gr.Number(0, precision=0, label="Seed", info="Equal seeds draw equal samples.")
            label = gr.Dropdown(
                [ANY, *every], value=ANY, label="Class", visible=bool(classes_of(first))
            )
            knobs = {
                option: gr.Slider(
                    option.least,
                    option.most,
                    value=options(first).get(option, option.neutral),
                    step=option.step,
                    label=option.name.capitalize().replace("_", "-"),
                    info=option.help,
                    visible=option in options(first),
                )
                for option in SAMPLING_OPTIONS
            }
            with gr.Row():
                start = gr.Button("Draw", variant="primary", min_width=100)
                another = gr.Button("Another seed", min_width=100)
                stop = gr.Button("Cancel", min_width=100)
        with gr.Column():
            picture = picture_output("Samples", 460)
            archive = gr.DownloadButton("Download each sample (zip)", interactive=False)

    @shows_errors
    @with_options
    def sample(
        model: str,
        count: int,
        seed: int,
        label: str,
        request: gr.Request,
        progress: gr.Progress = gr.Progress(),  # noqa: B008  # gradio finds it there
        *,
        given: dict[Option, float],
    ) -> tuple[Picture, str]:
        """Draw samples; equal seeds draw equal samples."""
        if not 1 <= count <= MOST:
            raise ValueError(f"Between 1 and {MOST} samples, not {count}.")
        finished = library.get(model)
        wanted = {
            option.name: amount
            for option, amount in given.items()
            if option in options(finished) or amount != option.neutral
        }
        chosen, batches = None if label == ANY else label, []
        drawn = draw_samples(finished, int(count), seed_of(seed), chosen, wanted)
        with turns.turn(request) as check:
            for batch in drawn:
                check()
                batches.append(batch)
                progress(sum(map(len, batches)) / count, "Drawing")
        samples = torch.cat(batches)
        path = save_bytes_to_cache(zipped(samples), f"{model}-{seed}.zip", archive.GRADIO_CACHE)
        return square_grid(samples), path

    def offer(model: str) -> list[gr.Dropdown | gr.Slider]:
        finished = library.outline(model)
        known, taken = classes_of(finished), options(finished)
        dropdown = gr.Dropdown([ANY, *known], value=ANY, visible=bool(known))
        sliders = (
            gr.Slider(value=taken.get(option, option.neutral), visible=option in taken)
            for option in SAMPLING_OPTIONS
        )
        return [dropdown, *sliders]

    def ready() -> gr.DownloadButton:
        return gr.DownloadButton(interactive=True)

    inputs = [model, count, seed, label, *knobs.values()]
    outputs = [picture, archive]
    running = start.click(sample, inputs, outputs, api_name="sample", concurrency_id="models")
    again = another.click(any_seed, None, seed, queue=False, api_visibility="private").then(
        sample, inputs, outputs, concurrency_id="models", api_visibility="private"
    )
    for drawn in (running, again):
        drawn.success(ready, None, archive, queue=False, api_visibility="private")
    stop.click(turns.cancel, cancels=[running, again], queue=False, api_visibility="private")
    model.change(shows_errors(offer), model, [label, *knobs.values()], api_visibility="private")


def build_between(library: Library) -> None:
    """Show the way from the sample of one seed to that of another."""
    with gr.Row(equal_height=False):
        with gr.Column():
            model = gr.Dropdown(library.between(), value=library.between()[0], label="Model")
            with gr.Row():
                first = gr.Number(0, precision=0, label="From seed")
                second = gr.Number(3, precision=0, label="To seed")
            start = gr.Button("Go", variant="primary")
        with gr.Column():
            moving = picture_output("There and back", 300, "webp")
            strip = picture_output("Step by step", 150)

    @shows_errors
    def interpolate(model: str, first: int, second: int) -> tuple[str, Picture]:
        """Draw samples on the way from one seed's to another's as a moving picture and a row."""
        samples = way_between(library.get(model), seed_of(first), seed_of(second))
        name = f"{model}-{first}-{second}.webp"
        path = save_bytes_to_cache(animation(samples), name, moving.GRADIO_CACHE)
        shown = torch.linspace(0, FRAMES - 1, STRIP).round().long()
        return path, grid([samples[shown]])

    start.click(
        interpolate,
        [model, first, second],
        [moving, strip],
        api_name="interpolate",
        concurrency_id="models",
    )


@torch.inference_mode()
def way_between(finished: FinishedModel, first: int, second: int) -> Tensor:
    """Draw `FRAMES` samples [F, C, H, W] between those of two seeds, which are first and last."""
    space = space_of(finished.model)
    ends = torch.cat([space.draw(1, seed) for seed in (first, second)])
    return space.decode_all(interpolate_latents(space, ends, FRAMES)).cpu()


def animation(samples: Tensor) -> bytes:
    """Encode samples [F, C, H, W] as a WebP that goes there and back, for ever."""
    frames = [Image.fromarray(grid([sample[None]])) for sample in samples]
    content = io.BytesIO()
    turned = frames[1:] + frames[-2:0:-1]
    frames[0].save(
        content, "WEBP", save_all=True, append_images=turned, duration=MILLISECONDS, loop=0
    )
    return content.getvalue()


def zipped(samples: Tensor) -> bytes:
    """Pack samples [N, C, H, W] as PNG files of their own size in a zip file."""
    content = io.BytesIO()
    with zipfile.ZipFile(content, "w") as archive:
        for number, sample in enumerate(samples):
            archive.writestr(f"{number:02d}.png", to_png(to_rgb(sample)))
    return content.getvalue()


def options(finished: FinishedModel) -> dict[Option, float]:
    """Return the options that a model takes, and its own values."""
    return as_sampler(finished).defaults()


def with_options(draw: Callable[..., Result]) -> Callable[..., Result]:
    """Give a function a parameter for each of `SAMPLING_OPTIONS`, in place of ``given``.

    They stand after ``label``, under the names that programs call them by.
    """
    shown = signature(draw)
    own = [p for p in shown.parameters.values() if p.name != "given"]
    place = 1 + [p.name for p in own].index("label")
    extra = [
        Parameter(option.name, Parameter.POSITIONAL_OR_KEYWORD, annotation=float)
        for option in SAMPLING_OPTIONS
    ]

    @wraps(draw)
    def run(*arguments: Any, **keywords: Any) -> Result:
        chosen = arguments[place : place + len(extra)]
        others = (*arguments[:place], *arguments[place + len(extra) :])
        given = dict(zip(SAMPLING_OPTIONS, chosen, strict=True))
        return draw(*others, **keywords, given=given)

    parameters = [*own[:place], *extra, *own[place:]]
    vars(run)["__signature__"] = shown.replace(parameters=parameters)
    run.__annotations__ = {p.name: p.annotation for p in parameters} | {
        "return": shown.return_annotation
    }
    return run
