"""Commands about what the project has made and the machine that it runs on."""

from pathlib import Path
from typing import Annotated

import typer

from pipeline.cli.app import MODELS, Root, app


@app.command()
def sweep(
    model: Annotated[
        str, typer.Argument(help="A model of params.yaml, of models or second_stage.")
    ],
    parameter: Annotated[str, typer.Argument(help="What the experiments vary, below its block.")],
    metric: Annotated[
        str, typer.Argument(help="TASK.METRIC in data/evaluation/MODEL/results.json.")
    ],
    out: Annotated[
        Path, typer.Option(help="Where to draw, without an ending: .png and .tsv are added.")
    ] = Path("data/sweep"),
) -> None:
    """Draw a metric over a parameter that DVC experiments vary.

    \b
    Examples:
      dvc exp run --queue -S 'models.vae.latent=2,5,16,64' evaluate@vae
      dvc queue start
      crossdomain sweep vae latent reconstruction.mse --out data/vae_latent
    """
    from pipeline.cli.commands.sweep import run

    typer.echo(run(model, parameter, metric, out))


@app.command(context_settings={"ignore_unknown_options": True})
def repro(
    arguments: Annotated[
        list[str] | None,
        typer.Argument(
            metavar="[TARGETS]...",
            help="Stages or folders of recipes, by default all stages of this folder; options of "
            "dvc repro, too.",
        ),
    ] = None,
) -> None:
    """Check params.yaml and dvc.yaml, then run what depends on a change by dvc repro.

    \b
    Examples:
      crossdomain repro
      crossdomain repro evaluate@vae
      crossdomain repro recipes/zoo
      crossdomain repro --dry recipes/zoo/dvc.yaml:train@cut
    """
    from pipeline.cli.commands.repro import run

    run(arguments or [])


@app.command()
def plots(
    revisions: Annotated[
        list[str] | None,
        typer.Argument(
            metavar="[REVISIONS]...",
            help="Commits or experiments to draw beside each other; by default the files here.",
        ),
    ] = None,
    out: Annotated[
        Path, typer.Option("--out", "-o", help="The folder to write the page to.")
    ] = Path("dvc_plots"),
) -> None:
    """Draw this folder's curves and pictures by dvc plots: as they are, or between revisions.

    \b
    Examples:
      crossdomain plots
      crossdomain plots HEAD~1 workspace -o data/before_and_after
    """
    from pipeline.cli.commands.plots import run

    typer.echo(run(revisions or [], out))


@app.command()
def doctor() -> None:
    """Say what this machine offers and what training will use of it.

    \b
    Examples:
      crossdomain doctor
    """
    from pipeline.cli.commands.doctor import report

    typer.echo(report(Path()))


@app.command()
def demo(
    models: Root = MODELS,
    host: Annotated[
        str, typer.Option(help="Address to listen on; 0.0.0.0 lets other machines in.")
    ] = "127.0.0.1",
    port: Annotated[int, typer.Option(min=1, max=65535, help="Port to listen on.")] = 7860,
    share: Annotated[
        bool, typer.Option("--share/--no-share", help="Also lend it a public address for a while.")
    ] = False,
    allow_host: Annotated[
        list[str] | None,
        typer.Option(
            metavar="NAME",
            help="Also answer under this name, as in a browser's address; may be repeated. "
            "Addresses in digits, localhost and what --host names need no leave.",
        ),
    ] = None,
    user: Annotated[
        str | None, typer.Option(help="Let in only who knows this name and the password.")
    ] = None,
    password: Annotated[
        str | None,
        typer.Option(
            envvar="CROSSDOMAIN_PASSWORD",
            show_envvar=False,
            help="The password; other users of this machine can't read it if it is given as the "
            "environment's CROSSDOMAIN_PASSWORD.",
        ),
    ] = None,
) -> None:
    """Open the models in a browser.

    There is a tab for each thing that the finished models can do: convert a voice, change a
    picture's style, draw samples, compare.

    \b
    Examples:
      crossdomain demo
      crossdomain demo --models recipes/zoo/data/models --port 8000
      CROSSDOMAIN_PASSWORD=secret crossdomain demo --host 0.0.0.0 --user guest
    """
    from demo.app import serve

    serve(
        models,
        host=host,
        port=port,
        share=share,
        allow_hosts=allow_host or [],
        user=user,
        password=password,
    )
