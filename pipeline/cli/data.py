"""Commands about data: published sets, what is wrong with a folder, a recipe for it."""

from pathlib import Path
from typing import Annotated, Literal

import typer

from pipeline.cli.app import app


@app.command()
def fetch(
    name: Annotated[str | None, typer.Argument(help="A data set's name; see --list.")] = None,
    out: Annotated[
        Path | None, typer.Option("--out", "-o", help="The new folder; by default data/raw/NAME.")
    ] = None,
    names: Annotated[bool, typer.Option("--list", help="Say which data sets there are.")] = False,
) -> None:
    """Download a published data set, verify it and unpack it.

    A download that was interrupted goes on where it was. Cityscapes needs an account, so it
    can't be fetched; --list says how to go about it.

    \b
    Examples:
      crossdomain fetch --list
      crossdomain fetch horse2zebra
      crossdomain fetch facades --out recipes/mine/data/raw/facades
    """
    from pipeline.cli.commands import fetch as fetching

    typer.echo(fetching.names() if names else fetching.run(name, out))


@app.command("check-data")
def check_data(
    folder: Annotated[Path, typer.Argument(help="The folder that holds the data.")],
    layout: Annotated[
        str,
        typer.Option(
            help="What to expect: auto, ab (trainA, trainB), halves (A|B in each picture), "
            "folders (one a domain or speaker) or flat."
        ),
    ] = "auto",
) -> None:
    """Say what a folder holds and which of its files are bad, before anything is trained.

    Reads every picture and recording. Ends with the block of params.yaml that reads the folder,
    and with exit code 1 where nothing is usable or a file is bad.

    \b
    Examples:
      crossdomain check-data data/raw/horse2zebra
      crossdomain check-data recordings/ --layout folders
    """
    from pipeline.cli.commands.check_data import run

    run(folder, layout)


@app.command()
def new(
    name: Annotated[str, typer.Argument(help="The recipe's name: recipes/NAME is made.")],
    a: Annotated[Path, typer.Option("--a", help="Pictures or recordings to start from.")],
    b: Annotated[
        Path | None,
        typer.Option("--b", help="Those to arrive at; without it --a is the target of --task."),
    ] = None,
    size: Annotated[
        int | None, typer.Option(min=1, help="Side of the pictures; by default what they allow.")
    ] = None,
    steps: Annotated[
        int | None, typer.Option(min=1, help="Training steps; a classifier's change in proportion.")
    ] = None,
    task: Annotated[
        Literal["colour", "edges"] | None,
        typer.Option(
            help="With --a alone: colour grey pictures, as by default, or paint from outlines."
        ),
    ] = None,
    estimate: Annotated[
        bool, typer.Option("--estimate/--no-estimate", help="Measure time and memory of training.")
    ] = True,
) -> None:
    """Write a recipe for folders of your own: what to train, at what size, for how long.

    Pictures with equal names in both folders are taken for pairs (pix2pix), others and voices for
    two domains (CycleGAN). Folders with train and test in them keep that division.

    \b
    Examples:
      crossdomain new facades --a labels/ --b photos/
      crossdomain new colours --a holiday/ --task colour
      crossdomain new voices --a anna/ --b ben/ --steps 2000
    """
    from pipeline.cli.commands.new import run

    roots = [a] if b is None else [a, b]
    run(name, roots, size=size, steps=steps, task=task, estimate=estimate)
