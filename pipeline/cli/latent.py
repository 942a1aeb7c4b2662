"""Commands about latents: move through what a model can draw, and find given samples in it."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, Literal

import typer

from pipeline.cli.app import MODELS, Model, Root, VocoderName, app, find_vocoder, with_options
from pipeline.options import PSI, TRUNCATION

if TYPE_CHECKING:
    from pipeline.cli.commands.latent_spaces import Setup

LATENT_OPTIONS = (TRUNCATION, PSI)
"""The options of samplers that say which latents are drawn."""

Seed = Annotated[int, typer.Option(min=0, max=2**63 - 2, help="Equal seeds draw equal latents.")]
Label = Annotated[
    str | None,
    typer.Option("--class", help="Of this class, for models that know classes; else the first."),
]
SpaceName = Annotated[
    str | None,
    typer.Option(
        "--space",
        metavar="z|w|w+|code",
        help="Which latents: normal draws, styles, a style for each layer, or an encoder's codes; "
        "by default styles where the model has them, else draws, else codes.",
    ),
]
Steps = Annotated[
    int,
    typer.Option(
        min=1,
        max=100_000,
        help="Steps by which a file's latent is searched for, where the model has no encoder.",
    ),
]
Places = Annotated[
    int | None,
    typer.Option(
        "-n",
        min=2,
        max=1024,
        help="Samples of each way; by default 9, and 24 in a film.",
        show_default=False,
    ),
]
OUT = "The file to write: a picture; a film (gif, mp4); sound (wav, flac); or a table (csv) of "


def setup(model: str, models: Path, vocoder: str | None, out: Path, **others: Any) -> "Setup":
    """Gather what all these commands are told; ``others``: further fields of `Setup`.

    Raises UserError where there is no such model or vocoder.
    """
    from pipeline.cli.commands.latent_spaces import Setup
    from pipeline.inference.finished import find_model

    voice = find_vocoder(vocoder, models)
    return Setup(find_model(model, models), out, vocoder=voice, **others)


@app.command()
@with_options(LATENT_OPTIONS)
def interpolate(
    model: Model,
    ends: Annotated[
        list[str] | None,
        typer.Argument(
            help="Two seeds or files, or more; files of csv are tables of latents. By default the "
            "seeds --seed and --seed + 1."
        ),
    ] = None,
    n: Places = None,
    seed: Seed = 0,
    out: Annotated[Path, typer.Option("--out", "-o", help=OUT + "latents.")] = Path("way.png"),
    label: Label = None,
    space: SpaceName = None,
    steps: Steps = 500,
    vocoder: VocoderName = None,
    models: Root = MODELS,
    **options: float,
) -> None:
    """Draw the way from one sample to another: an arc in z, a straight line in styles and codes.

    Pictures and sounds of files are encoded where the model has an encoder, else searched for.

    \b
    Examples:
      crossdomain interpolate dcgan 3 8 -o way.png
      crossdomain interpolate stylegan2 1 2 3 4 -n 48 --psi 0.7 -o way.mp4
      crossdomain interpolate vae first.png second.png -o way.gif
      crossdomain interpolate voice_vae 0 1 -n 5 -o way.wav
    """
    from pipeline.cli.commands.interpolate import run

    told = setup(
        *(model, models, vocoder, out),
        seed=seed,
        n=n,
        label=label,
        kind=space,
        steps=steps,
        options=options,
    )
    typer.echo(run(told, ends or []))


@app.command()
@with_options(LATENT_OPTIONS)
def traverse(
    model: Model,
    start: Annotated[
        str | None, typer.Argument(help="A seed, a file, or a table of latents; else --seed.")
    ] = None,
    by: Annotated[
        Literal["axes", "sefa", "pca"],
        typer.Option(
            help="Which directions: axes that move the sample most, those of the first weights "
            "(SeFa), or principal ones of draws (GANSpace)."
        ),
    ] = "axes",
    directions: Annotated[int, typer.Option(min=1, max=128, help="How many, a row each.")] = 8,
    reach: Annotated[
        float,
        typer.Option(min=0.01, max=100, help="How far to both sides, in standard deviations."),
    ] = 3.0,
    layers: Annotated[
        str | None,
        typer.Option(help="Move these layers of styles alone, as in 0-3,6: the first are coarse."),
    ] = None,
    n: Places = None,
    seed: Seed = 0,
    out: Annotated[Path, typer.Option("--out", "-o", help=OUT + "latents.")] = Path("axes.png"),
    label: Label = None,
    space: SpaceName = None,
    steps: Steps = 500,
    vocoder: VocoderName = None,
    models: Root = MODELS,
    **options: float,
) -> None:
    """Move a sample along directions that nobody named, one after the other.

    \b
    Examples:
      crossdomain traverse vae --seed 5 -o axes.png
      crossdomain traverse vae seven.png --directions 4 -o axes.gif
      crossdomain traverse dcgan --by sefa --reach 2
      crossdomain traverse stylegan2 --by pca --layers 0-3 -o coarse.png
    """
    from pipeline.cli.commands.traverse import run

    told = setup(
        *(model, models, vocoder, out),
        seed=seed,
        n=n,
        label=label,
        kind=space,
        steps=steps,
        options=options,
    )
    typer.echo(run(told, start, by, directions, reach, layers))


@app.command()
@with_options(LATENT_OPTIONS)
def edit(
    model: Model,
    classifier: Annotated[Path, typer.Option(help="The folder of a classifier of such samples.")],
    towards: Annotated[str, typer.Option(help="The class to move towards.")],
    starts: Annotated[
        list[str] | None,
        typer.Argument(help="Seeds, files or tables of latents; else --seed."),
    ] = None,
    hold: Annotated[
        list[str] | None, typer.Option(help="A class whose odds should stay; as many as need be.")
    ] = None,
    by: Annotated[
        Literal["linear", "gradient", "arithmetic"],
        typer.Option(
            help="By one direction for all (InterFaceGAN), by the classifier's gradient at each "
            "place, or by the means of a few draws of both classes."
        ),
    ] = "linear",
    strength: Annotated[
        float,
        typer.Option(min=0.01, max=100, help="How far latents move, in standard deviations."),
    ] = 3.0,
    draws: Annotated[
        int, typer.Option(min=100, max=10**6, help="Latents drawn to learn a direction from.")
    ] = 2000,
    n: Places = None,
    seed: Seed = 0,
    out: Annotated[Path, typer.Option("--out", "-o", help=OUT + "what else changes.")] = Path(
        "edit.png"
    ),
    label: Label = None,
    space: SpaceName = None,
    steps: Steps = 500,
    vocoder: VocoderName = None,
    models: Root = MODELS,
    **options: float,
) -> None:
    """Move samples towards a class that a classifier knows, and say what else changes.

    Neither the model nor the classifier learns anything: only latents move.

    \b
    Examples:
      crossdomain edit vae --seed 4 --classifier data/classifiers/digits --towards 7
      crossdomain edit dcgan 1 2 3 --classifier data/classifiers/digits --towards 8 --by gradient
      crossdomain edit vae nine.png --classifier data/classifiers/digits --towards 4 --hold 7
      crossdomain edit vae --classifier data/classifiers/digits --towards 3 -o changes.csv
    """
    from pipeline.cli.commands.edit import Wish, run

    told = setup(
        *(model, models, vocoder, out),
        seed=seed,
        n=n,
        label=label,
        kind=space,
        steps=steps,
        options=options,
    )
    wish = Wish(towards, hold or [], by, strength, draws)
    typer.echo(run(told, starts or [], classifier, wish))


@app.command()
@with_options(LATENT_OPTIONS)
def invert(
    model: Model,
    files: Annotated[list[Path], typer.Argument(help="Pictures, recordings, or points (csv).")],
    steps: Annotated[int, typer.Option(min=1, max=100_000, help="Of each start.")] = 500,
    starts: Annotated[
        int, typer.Option(min=1, max=64, help="Searches for each file; the best one counts.")
    ] = 4,
    classifier: Annotated[
        Path | None,
        typer.Option(help="The folder of a classifier, whose features should be near, too."),
    ] = None,
    seed: Seed = 0,
    out: Annotated[Path, typer.Option("--out", "-o", help=OUT + "latents.")] = Path("inverted.png"),
    label: Label = None,
    space: SpaceName = None,
    vocoder: VocoderName = None,
    models: Root = MODELS,
    **options: float,
) -> None:
    """Find the latents whose samples are nearest to given files, as StyleGAN2's projector does.

    A table of latents is where interpolate, traverse and edit can start.

    \b
    Examples:
      crossdomain invert dcgan seven.png -o inverted.png
      crossdomain invert stylegan2 faces/*.png --space w+ --steps 1000 -o latents.csv
      crossdomain interpolate stylegan2 latents.csv --space w+ -o way.gif
      crossdomain invert dcgan seven.png --classifier data/classifiers/digits
    """
    from pipeline.cli.commands.invert import run

    told = setup(
        *(model, models, vocoder, out),
        seed=seed,
        label=label,
        kind=space,
        steps=steps,
        options=options,
    )
    typer.echo(run(told, files, starts, classifier))
