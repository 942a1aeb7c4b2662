"""The tab that reconstructs and scores one picture by models of a whole domain."""

from typing import NamedTuple

import gradio as gr
import torch
from torch import Tensor

from demo.examples import Examples
from demo.images import example_shelf, on_choice, stock
from demo.library import Library
from demo.uploads import PICTURE_LIMITS, picture_input, read_upload
from demo.words import Turns, shows_errors
from pipeline.capabilities import Reconstructor, Scorer
from pipeline.codecs import ImageCodec
from pipeline.codecs.image import Picture
from pipeline.figures import grid
from pipeline.inference.finished import FinishedModel
from pipeline.inference.pictures import to_sample

REFERENCES = 64  # test pictures that a score is ranked among
HEADER = ["model", "reconstruction error", "score", "more typical than"]

Row = list[str]


class Opinion(NamedTuple):
    """One model's reconstruction and score of a picture."""

    shown: Picture | None
    """The picture as the model sees it, and its reconstruction beside."""
    row: Row


def build(library: Library, turns: Turns) -> None:
    """Add the contents of this part to the page that is being built."""
    models, examples = library.reconstructors_and_scorers(), Examples(library)
    asked = Opinions(library, examples)
    with gr.Row(equal_height=False):
        with gr.Column():
            first = gr.Dropdown(models, value=models[0], label="Test pictures of")
            picture = picture_input("Picture", height=300)
            gr.Markdown(PICTURE_LIMITS, elem_classes="hint")
            shelf = example_shelf()
            chosen = gr.CheckboxGroup(models, value=alike(library, models[0]), label="Models")
            with gr.Row():
                start = gr.Button("Reconstruct and score", variant="primary", min_width=110)
                stop = gr.Button("Cancel", min_width=110)
        with gr.Column():
            results = gr.Gallery(
                label="As the model sees it, and its reconstruction",
                columns=1,
                height="auto",
                elem_classes=["pairs", "whole"],
                object_fit="contain",
                format="png",
                buttons=["download", "fullscreen"],
            )
            scores = gr.Dataframe(
                headers=HEADER,
                label="Scores: the higher, the more typical of the training data",
                interactive=False,
                wrap=True,
                elem_classes="scores",
            )

    @shows_errors
    def reconstruct(
        picture: str | None,
        models: list[str],
        request: gr.Request,
        progress: gr.Progress = gr.Progress(),  # noqa: B008  # gradio finds it there
    ) -> tuple[list[tuple[Picture, str]], list[Row]]:
        """Reconstruct a picture and say how typical it is of what models were trained on."""
        if not models:
            raise ValueError("Choose at least one model.")
        given = read_upload(picture)
        opinions = {}
        with turns.turn(request) as check:
            for done, name in enumerate(dict.fromkeys(models)):
                check()
                progress(done / len(models), name)
                opinions[name] = asked.opinion(name, given)
        shown = [(o.shown, name) for name, o in opinions.items() if o.shown is not None]
        return shown, [opinion.row for opinion in opinions.values()]

    def shown(model: str) -> list[Picture]:
        return examples.pictures(model, domain_of(library.outline(model)))

    running = start.click(
        reconstruct,
        [picture, chosen],
        [results, scores],
        api_name="reconstruct",
        concurrency_id="models",
    )
    stop.click(turns.cancel, cancels=running, queue=False, api_visibility="private")

    def offer(model: str) -> gr.CheckboxGroup:
        return gr.CheckboxGroup(value=alike(library, model))

    on_choice(first, offer, chosen)
    stock(shelf, shown, first, picture)


class Opinions:
    """Reconstructs and scores pictures, and remembers how test pictures score."""

    def __init__(self, library: Library, examples: Examples) -> None:
        self.library, self.examples = library, examples
        self._references: dict[str, Tensor] = {}

    @torch.inference_mode()
    def opinion(self, name: str, picture: Picture) -> Opinion:
        """Return one model's.

        Raises ValueError where the picture is smaller than the model's own.
        """
        finished = self.library.get(name)
        sample = sample_of(finished, picture)
        model, shown = finished.model, None
        row = [name, "-", "-", "-"]
        if isinstance(model, Reconstructor):
            rebuilt = model.reconstruct(sample)
            shown = grid([torch.cat([sample, rebuilt]).cpu()])
            row[1] = f"{float((rebuilt - sample).square().mean()):.4f}"
        if isinstance(model, Scorer):
            score = float(model.score(sample))
            references = self.references(finished)
            row[2] = f"{score:.1f}"
            if len(references):
                share = float((references < score).float().mean())
                row[3] = f"{share:.0%} of {len(references)} test pictures"
        return Opinion(shown, row)

    def references(self, finished: FinishedModel) -> Tensor:
        """Return the scores [at most `REFERENCES`] of test pictures; none where no test data are
        here."""
        if finished.name not in self._references:
            pictures = self.examples.pictures(finished.name, domain_of(finished), REFERENCES)
            samples = [sample_of(finished, picture) for picture in pictures]
            assert isinstance(finished.model, Scorer)
            scores = finished.model.score(torch.cat(samples)) if samples else torch.zeros(0)
            self._references[finished.name] = scores.cpu()
        return self._references[finished.name]


def alike(library: Library, model: str) -> list[str]:
    """Return the models that were trained on the same samples as ``model``."""
    own = library.outline(model)
    return [
        name
        for name in library.reconstructors_and_scorers()
        if library.outline(name).params.data == own.params.data
        and domain_of(library.outline(name)) == domain_of(own)
    ]


def sample_of(finished: FinishedModel, picture: Picture) -> Tensor:
    """Return the middle of a picture as the model sees pictures [1, C, S, S]."""
    assert isinstance(finished.codec, ImageCodec)
    return to_sample(finished, finished.codec, picture, domain_of(finished))


def domain_of(finished: FinishedModel) -> str:
    """Return the first of the domains that a model was trained on."""
    return finished.params.domains[0]
