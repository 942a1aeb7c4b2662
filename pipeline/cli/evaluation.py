"""Commands about numbers: measure a finished model, put models beside each other."""

from pathlib import Path
from typing import Annotated

import typer

from pipeline.cli.app import MODELS, Model, Root, VocoderName, app, find_vocoder

WEIGHTS = "FILE|cached"


@app.command()
def evaluate(
    model: Model,
    data: Annotated[
        Path,
        typer.Option(
            help="Pictures or recordings, laid out as check-data reads them; or a prepared data "
            "set, a folder with meta.json."
        ),
    ],
    out: Annotated[
        Path | None,
        typer.Option("--out", "-o", help="The new folder; by default evaluation/MODEL-DATA."),
    ] = None,
    domains: Annotated[
        list[str] | None,
        typer.Option(
            metavar="DOMAIN=FOLDER,...",
            help="Which of the model's domains lies where, if names don't tell: a folder below "
            "--data, A or B, left or right.",
        ),
    ] = None,
    layout: Annotated[
        str, typer.Option(help="What to expect in --data, as with check-data.")
    ] = "auto",
    limit: Annotated[
        int | None, typer.Option(min=1, help="Test with the first so many files of each domain.")
    ] = None,
    classifier: Annotated[
        Path | None,
        typer.Option(
            help="The classifier's folder; by default that of the model's own data set, in "
            "data/classifiers."
        ),
    ] = None,
    vocoder: VocoderName = None,
    whisper: Annotated[
        str | None,
        typer.Option(
            help="What words are heard by: the folder of a model of faster-whisper, or the name "
            "of a cached one."
        ),
    ] = None,
    language: Annotated[
        str | None,
        typer.Option(
            metavar="CODE",
            help="Of the recordings, for --whisper: a code or an English name (de, German); auto: "
            "it finds out; by default English.",
            show_default=False,
        ),
    ] = None,
    inception: Annotated[
        str | None,
        typer.Option(
            metavar=WEIGHTS,
            help="Weights of torch-fidelity's Inception v3, for FID, KID and its score: a file, "
            "or cached, which is that in torch.hub's folder.",
        ),
    ] = None,
    clip: Annotated[
        str | None,
        typer.Option(
            metavar=WEIGHTS,
            help="Weights of CLIP's ViT-L/14 at 336 pixels, for CMMD: a file, or cached.",
        ),
    ] = None,
    lpips: Annotated[
        str | None,
        typer.Option(
            metavar=WEIGHTS,
            help="Weights of torchvision's AlexNet, for LPIPS: a file, or cached.",
        ),
    ] = None,
    models: Root = MODELS,
) -> None:
    """Measure a finished model on your own pictures or sound.

    Everything is read as the model was trained: in its size, or its mel convention and each
    speaker's statistics. Files that are not set apart in a folder train are all tested with; what
    is then compared with what, results.json says of each number. Prints the numbers beside those
    of baselines, and what could not be measured, and why.

    \b
    Examples:
      crossdomain evaluate cyclegan --data horses_and_zebras/
      crossdomain evaluate cyclegan --data photos/ --domains horse=brown,zebra=striped
      crossdomain evaluate voice_inca --data recordings/ --whisper small.en --limit 20
      crossdomain evaluate vae --data data/prepared/digits -o data/vae_on_digits
    """
    from pipeline.cli.commands.evaluate import run
    from pipeline.cli.commands.evaluate_networks import Wishes
    from pipeline.inference.finished import find_model

    voice = find_vocoder(vocoder, models)
    wishes = Wishes(classifier, voice, whisper, language, inception, clip, lpips)
    folder = find_model(model, models)
    run(folder, data, out, wishes, domains=domains or (), layout=layout, limit=limit)


@app.command()
def compare(
    results: Annotated[
        list[str],
        typer.Argument(
            metavar="MODELS",
            help="Names below --models, folders of evaluations, or results.json files.",
        ),
    ],
    as_json: Annotated[
        bool, typer.Option("--json", help="Print JSON in place of a table.")
    ] = False,
    models: Root = MODELS,
) -> None:
    """Put numbers of models that were measured alike in a table.

    A row has one task and one metric, by one protocol: the same data, split, number of items,
    reference, networks that measure, and version of the code. What was measured otherwise stands
    below, with what differs. Models, their weights, machines and the version of torch may differ.
    Date and commit of each evaluation are said where they were recorded.

    \b
    Examples:
      crossdomain compare cyclegan cut
      crossdomain compare evaluation/cyclegan-photos evaluation/cut-photos
      crossdomain compare vae recipes/zoo/data/evaluation/vqvae/results.json --json
    """
    from pipeline.cli.commands.compare import run

    if len(results) < 2:
        raise typer.BadParameter("one model has nothing to be compared with: name two or more")
    typer.echo(run(results, models, as_json=as_json))
