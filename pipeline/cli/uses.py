"""Commands about what codes are good for: find what is rare, probe, map, compress, denoise."""

from pathlib import Path
from typing import Annotated, Literal

import typer

from pipeline.cli.app import MODELS, Model, Root, app

Prepared = Annotated[Path, typer.Option(help="A prepared data set: a folder with meta.json.")]
Domains = Annotated[
    list[str] | None,
    typer.Option("--domain", help="A domain of --data; as many as need be; else the model's."),
]
Limit = Annotated[
    int, typer.Option(min=10, max=10**6, help="Read at most so many samples of each split.")
]
Seed = Annotated[int, typer.Option(min=0, max=2**32 - 1, help="Equal seeds give equal results.")]


@app.command()
def balance(
    what: Annotated[
        str,
        typer.Argument(
            metavar="MODEL|FOLDER",
            help="A finished model with an encoder, or at once a folder of pictures, for which "
            "principal components take its place.",
        ),
    ],
    files: Annotated[
        Path | None, typer.Argument(help="After a model: a folder of files of its kind.")
    ] = None,
    data: Annotated[
        Path | None,
        typer.Option(help="After a model: a prepared data set, a folder with meta.json."),
    ] = None,
    domain: Domains = None,
    split: Annotated[str, typer.Option(help="Of --data.")] = "train",
    out: Annotated[
        Path,
        typer.Option(
            "--out", "-o", help="The picture to write, with a table (csv) beside it; or the table."
        ),
    ] = Path("balance.png"),
    n: Annotated[int, typer.Option("-n", min=2, max=1024, help="Samples in the picture.")] = 64,
    bins: Annotated[
        int, typer.Option(min=2, max=1000, help="Parts of the range of each number of a code.")
    ] = 10,
    alpha: Annotated[
        float,
        typer.Option(min=1e-6, max=1e6, help="The larger, the more alike are weights."),
    ] = 0.01,
    numbers: Annotated[
        int, typer.Option(min=1, max=256, help="Principal components, where there is no model.")
    ] = 4,
    models: Root = MODELS,
) -> None:
    """Show what a data set has much of and what it has little of, though nobody named it.

    Histograms of the numbers of codes say how common each sample is (Amini et al. 2019). The
    picture goes from the most common sample to the rarest, with ranks. The table has each file's
    rarity, and the weight by which to draw it so that what is rare comes as often. Numbers of
    different models, --bins or --alpha can't be compared.

    \b
    Examples:
      crossdomain balance photos/
      crossdomain balance photos/ --numbers 8 -o rare.png
      crossdomain balance vae digits/ -o digits.png
      crossdomain balance vae --data data/prepared/digits -o digits.csv
    """
    from pipeline.cli.commands.balance import Manner, run_folder, run_model
    from pipeline.inference.finished import find_model

    manner = Manner(bins, alpha, numbers, n)
    folder = Path(what)
    plain = folder.is_dir() and not (folder / "params.json").is_file()
    if plain and files is None and data is None and not (models / what / "params.json").is_file():
        typer.echo(run_folder(folder, out, manner))
        return
    model = find_model(what, models)
    typer.echo(run_model(model, files, data, domain or [], split, out, manner))


@app.command()
def probe(
    model: Model,
    data: Prepared,
    domain: Domains = None,
    factor: Annotated[
        str | None,
        typer.Option(help="Tell its values apart; else the data set's classes, or its domains."),
    ] = None,
    out: Annotated[
        Path | None,
        typer.Option("--out", "-o", help="A map of the test samples to write: a picture, or csv."),
    ] = None,
    by: Annotated[
        Literal["tsne", "pca"],
        typer.Option(
            "--map", help="How the map is made: neighbours stay neighbours (t-SNE), or a shadow."
        ),
    ] = "tsne",
    thumbnails: Annotated[
        bool, typer.Option("--thumbnails", help="Put small pictures on the map, not dots.")
    ] = False,
    limit: Limit = 2000,
    seed: Seed = 0,
    models: Root = MODELS,
) -> None:
    """Say what a model's codes or features tell of classes, and draw a map of them.

    By logistic regression, and by how far clusters (k-means) agree with classes; beside pixels and
    the same network with random weights.

    \b
    Examples:
      crossdomain probe vae --data data/prepared/digits -o map.png
      crossdomain probe vae --data data/prepared/digits --map pca --thumbnails -o map.png
      crossdomain probe scenes_vae --data data/prepared/savanna --factor coat
    """
    from pipeline.cli.commands.probe import run
    from pipeline.inference.finished import find_model

    folder = find_model(model, models)
    typer.echo(run(folder, data, domain or [], factor, out, by, thumbnails, limit, seed))


@app.command()
def compress(
    model: Model,
    data: Prepared,
    domain: Domains = None,
    step: Annotated[
        list[float] | None,
        typer.Option(
            help="To which an encoder's numbers are rounded, in standard deviations; as many as "
            "need be; by default 2, 1, 0.5 and 0.25."
        ),
    ] = None,
    limit: Limit = 2000,
    models: Root = MODELS,
) -> None:
    """Say how many bits a model's codes take and what they keep, beside JPEG and WebP.

    Codes of a VQ model are written as they are; an encoder's numbers are rounded. Bits are those
    of an ideal arithmetic coder.

    \b
    Examples:
      crossdomain compress vae --data data/prepared/digits
      crossdomain compress vqvae --data data/prepared/digits
      crossdomain compress autoencoder --data data/prepared/digits --step 0.5
    """
    from pipeline.cli.commands.compress import run
    from pipeline.inference.finished import find_model
    from pipeline.latent.compression import STEPS

    steps = step or list(STEPS)
    typer.echo(run(find_model(model, models), data, domain or [], steps, limit))


@app.command()
def denoise(
    model: Model,
    data: Prepared,
    domain: Domains = None,
    std: Annotated[
        list[float] | None,
        typer.Option(
            help="Of the noise, where black to white is 2; as many as need be; by default 0.5."
        ),
    ] = None,
    out: Annotated[
        Path | None, typer.Option("--out", "-o", help="A picture of the first to write.")
    ] = None,
    limit: Limit = 2000,
    seed: Seed = 0,
    models: Root = MODELS,
) -> None:
    """Add noise to test pictures, and say how near a reconstruction comes to the clean ones.

    Beside median filters, which learn nothing, and the reconstruction of clean pictures.

    \b
    Examples:
      crossdomain denoise denoising_autoencoder --data data/prepared/digits --std 0.5
      crossdomain denoise vae --data data/prepared/digits --std 0.3 --std 0.6 -o clean.png
    """
    from pipeline.cli.commands.denoise import run
    from pipeline.inference.finished import find_model

    found = find_model(model, models)
    typer.echo(run(found, data, domain or [], std or [0.5], out, limit, seed))
