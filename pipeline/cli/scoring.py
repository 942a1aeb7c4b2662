"""The command that ranks files by how unlike its training data a model finds them."""

from pathlib import Path
from typing import Annotated

import typer

from pipeline.cli.app import MODELS, Model, Root, app


@app.command()
def score(
    model: Model,
    inputs: Annotated[
        list[Path], typer.Argument(help="Files, or folders that are searched to their depths.")
    ],
    normal: Annotated[
        Path | None,
        typer.Option(
            help="A folder of files that are no anomalies: half of them give the latent's "
            "Mahalanobis distance, and the others are what AUROCs are measured against."
        ),
    ] = None,
    by: Annotated[
        str | None,
        typer.Option(
            help="The score to rank by; by default the first of elbo, iwae, reconstruction, "
            "mahalanobis that the model has."
        ),
    ] = None,
    draws: Annotated[
        int, typer.Option(min=1, max=2**14, help="Draws of the latent for the iwae bound.")
    ] = 64,
    out: Annotated[
        Path | None, typer.Option("--out", "-o", help="A csv file of all scores.")
    ] = None,
    models: Root = MODELS,
) -> None:
    """Rank files from the most to the least anomalous, as a model that was trained on usual ones
    finds them.

    Scores are higher for what is more anomalous. reconstruction: the mean squared error of what the
    model makes of a sample. elbo, iwae: minus a bound on its log-likelihood, nats; iwae draws more
    often and is closer (Burda et al. 2016). kl: how far its latent is from the prior, nats.
    mahalanobis: how far from those of --normal. Of pictures the middle square counts, at the
    model's size; of sound the mean over chunks.

    \b
    Examples:
      crossdomain score vae digits/ -o scores.csv
      crossdomain score vae odd.png even.png --by reconstruction
      crossdomain score vae unknown/ --normal digits/
    """
    from pipeline.cli.commands.score import score as run
    from pipeline.inference.finished import find_model

    found = find_model(model, models)
    typer.echo(run(found, inputs, normal=normal, by=by, draws=draws, out=out))
