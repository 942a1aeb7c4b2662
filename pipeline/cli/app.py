"""The app that all commands of `crossdomain` belong to, and its errors."""

import os
from collections.abc import Callable
from functools import partial
from inspect import Parameter, signature
from pathlib import Path
from typing import Annotated, Any

import typer
from typer.core import TyperGroup

from pipeline.errors import DEBUG, exit_on_defect, exit_on_user_error
from pipeline.options import Option

MODELS = Path("data/models")
OWN_EVALUATIONS = Path("evaluation")
"""The folder that `crossdomain evaluate` writes below by default, and `compare` looks in."""


class Commands(TyperGroup):
    """Commands whose errors end with a message, and with an exit code that tells defects apart."""

    def main(self, *args: Any, **options: Any) -> Any:
        """Run a command line; typer itself says what is wrong with its arguments."""
        run = partial(super().main, *args, **options)
        return exit_on_defect(run) if options.get("standalone_mode", True) else run()

    def invoke(self, ctx: Any) -> Any:
        """Run the command that was asked for; which class ``ctx`` has is typer's own affair."""
        return exit_on_user_error(lambda: super(Commands, self).invoke(ctx))


app = typer.Typer(
    cls=Commands,
    no_args_is_help=True,
    add_completion=False,
    rich_markup_mode=None,
    pretty_exceptions_enable=False,
    context_settings={"help_option_names": ["-h", "--help"]},
)


def show_version(wanted: bool) -> None:
    """Print the version, and end."""
    if wanted:
        from pipeline.cli.version import version

        typer.echo(version())
        raise typer.Exit


@app.callback()
def main(
    version: Annotated[
        bool,
        typer.Option(
            "--version", callback=show_version, is_eager=True, help="Say the version and commit."
        ),
    ] = False,
    debug: Annotated[
        bool, typer.Option("--debug", help="Show the traceback of an error that has a message.")
    ] = False,
) -> None:
    """Translate between domains of pictures and sound, and draw samples, by trained models.

    Exit codes: 0 done; 1 an error that its message tells how to put right; 2 wrong arguments; 70 a
    defect, with a traceback: please report it; 130 stopped by Ctrl-C.
    """
    if debug:
        os.environ[DEBUG] = "1"


Root = Annotated[Path, typer.Option("--models", help="Where the finished models are.")]
Model = Annotated[str, typer.Argument(help="A model's folder, or its name below --models.")]
VocoderName = Annotated[
    str | None,
    typer.Option(
        help="What makes the sound: a vocoder's folder, or its name below --models; by default "
        "Griffin-Lim, which needs no training."
    ),
]


def find_vocoder(name: str | None, models: Path) -> Path | None:
    """Find the folder of the vocoder that ``--vocoder`` names, if it names one.

    Raises UserError with the models that there are, where none has that name.
    """
    from pipeline.inference.finished import find_model

    return None if name is None else find_model(name, models)


def with_options(
    options: tuple[Option, ...],
) -> Callable[[Callable[..., None]], Callable[..., None]]:
    """Give a command a flag for each option, in place of its parameter ``**options``.

    What is not given on the command line is left out of ``options``.
    """

    def decorate(command: Callable[..., None]) -> Callable[..., None]:
        shown = signature(command)
        own = [p for p in shown.parameters.values() if p.kind is not Parameter.VAR_KEYWORD]

        def run(**given: Any) -> None:
            names = {option.name for option in options}
            chosen = {k: v for k, v in given.items() if k in names and v is not None}
            command(**{k: v for k, v in given.items() if k not in names}, **chosen)

        flags = [
            Parameter(option.name, Parameter.KEYWORD_ONLY, default=None, annotation=flag_of(option))
            for option in options
        ]
        run.__doc__, run.__name__ = command.__doc__, command.__name__
        vars(run)["__signature__"] = shown.replace(parameters=[*own, *flags])
        return run

    return decorate


def flag_of(option: Option) -> Any:
    """Describe an option's flag to typer: its name, bounds and help."""
    name = "--" + option.name.replace("_", "-")
    flag = typer.Option(name, min=option.least, max=option.most, help=option.help)
    return Annotated[int | None, flag] if option.whole else Annotated[float | None, flag]
