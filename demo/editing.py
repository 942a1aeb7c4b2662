"""Moving a sample towards a class that a classifier knows, while other classes are held."""

import gradio as gr
import torch
from torch import Tensor

from demo.library import Library
from demo.reconstruction import sample_of
from demo.seeds import seed_of
from demo.uploads import picture_input, picture_output, read_upload
from demo.words import shows_errors
from pipeline.codecs.image import Picture
from pipeline.figures import grid
from pipeline.inference.finished import FinishedModel, as_classifier
from pipeline.latent import ascend, class_reader, space_of
from pipeline.latent.spaces import Space

STEPS = 50
STRIP = 8  # pictures of the way
LEAST, MOST, USUAL = 0.5, 10.0, 3.0  # standard deviations that a latent may move by


def build(library: Library) -> None:
    """Add the contents of this part to the page that is being built."""
    models, encoders = library.editable(), library.encoders()
    classifiers = library.classifiers_for(models[0])
    names = as_classifier(library.classifier_outline(classifiers[0])).class_names
    with gr.Row(equal_height=False):
        with gr.Column():
            model = gr.Dropdown(models, value=models[0], label="Model")
            classifier = gr.Dropdown(
                classifiers, value=classifiers[0], label="Classifier", visible=len(classifiers) > 1
            )
            with gr.Row():
                towards = gr.Dropdown(list(names), value=names[0], label="Towards")
                hold = gr.Dropdown(
                    list(names), value=[], multiselect=True, label="Classes whose odds should stay"
                )
            strength = gr.Slider(
                LEAST, MOST, value=USUAL, step=0.5, label="Standard deviations it may move by"
            )
            seed = gr.Number(0, precision=0, label="Start at the sample of seed")
            picture = picture_input("Or at a picture of yours", height=200)
            picture.visible = models[0] in encoders
            start = gr.Button("Edit", variant="primary")
        with gr.Column():
            strip = picture_output("Step by step", 150)
            said = gr.Markdown()

    @shows_errors
    def edit(
        model: str,
        classifier: str,
        towards: str,
        hold: list[str],
        strength: float,
        seed: int,
        picture: str | None,
    ) -> tuple[Picture, str]:
        """Move a sample, or a picture, towards a class."""
        if not LEAST <= strength <= MOST:
            raise ValueError(f"Between {LEAST:g} and {MOST:g} standard deviations.")
        finished = library.get(model)
        tells = as_classifier(library.classifier(classifier, model))
        space = space_of(finished.model)
        reader, classes = class_reader(tells), tells.class_names
        wanted, *held = (number_of(name, classes) for name in (towards, *hold))
        if wanted in held:
            raise ValueError(f"{towards} is the class to move towards: it can't stay.")
        begin = start_of(space, finished, seed, picture)
        step = strength / STEPS
        way = ascend(space, begin, reader, wanted, hold=tuple(held), steps=STEPS, step=step)
        shown = torch.linspace(0, STEPS, STRIP).round().long()
        samples = space.decode_all(way[shown, 0])
        odds = tells.classify(samples[[0, -1]]).softmax(dim=1)
        return grid([samples.cpu()]), words_of(odds.tolist(), classes, wanted)

    def offer(model: str) -> list[gr.Dropdown | gr.Image]:
        found = library.classifiers_for(model)
        names = as_classifier(library.classifier_outline(found[0])).class_names
        return [
            gr.Dropdown(found, value=found[0], visible=len(found) > 1),
            gr.Dropdown(list(names), value=names[0]),
            gr.Dropdown(list(names), value=[]),
            gr.Image(value=None, visible=model in encoders),
        ]

    def rename(classifier: str) -> list[gr.Dropdown]:
        names = as_classifier(library.classifier_outline(classifier)).class_names
        return [gr.Dropdown(list(names), value=names[0]), gr.Dropdown(list(names), value=[])]

    start.click(
        edit,
        [model, classifier, towards, hold, strength, seed, picture],
        [strip, said],
        api_name="edit",
        concurrency_id="models",
    )
    model.change(
        shows_errors(offer), model, [classifier, towards, hold, picture], api_visibility="private"
    )
    classifier.input(shows_errors(rename), classifier, [towards, hold], api_visibility="private")


def number_of(name: str, classes: tuple[str, ...]) -> int:
    """Return the number of a class; raise ValueError, naming them all, for none."""
    if name not in classes:
        raise ValueError(f"No class '{name}', allowed: {', '.join(classes)}.")
    return classes.index(name)


def start_of(space: Space, finished: FinishedModel, seed: int, picture: str | None) -> Tensor:
    """Return the latent [1, ...] to start at: that of a picture, or the draw of a seed.

    Raises ValueError where the model has none of the two.
    """
    if picture is None:
        try:
            return space.draw(1, seed_of(seed))
        except ValueError as error:
            raise ValueError("Choose a picture to start at.") from error
    return space.encode(sample_of(finished, read_upload(picture))).clone()


def words_of(odds: list[list[float]], classes: tuple[str, ...], wanted: int) -> str:
    """Say what a classifier takes the first and the last sample for, by probabilities [2, K]."""
    before, after = odds
    first, last = (max(range(len(classes)), key=one.__getitem__) for one in (before, after))
    return (
        f"Taken for **{classes[first]}** ({before[first]:.0%}) before and for **{classes[last]}** "
        f"({after[last]:.0%}) after; {classes[wanted]}: {before[wanted]:.0%} → {after[wanted]:.0%}."
    )
