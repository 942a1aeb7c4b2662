"""What all commands of `crossdomain` share: how they are shown and how they end."""

from pathlib import Path
from typing import Annotated, Any

import typer
from typer.core import TyperGroup

from pipeline.errors import exit_on_user_error

MODELS = Path("data/models")


class Commands(TyperGroup):
    """Commands whose `UserError` is a message and exit code 1."""

    def invoke(self, ctx: Any) -> Any:
        """Runs the command that was asked for; which class ``ctx`` has is typer's own affair."""
        return exit_on_user_error(lambda: super(Commands, self).invoke(ctx))


app = typer.Typer(
    cls=Commands,
    help="Translate between domains of pictures and sound, and draw samples, by trained models.",
    no_args_is_help=True,
    add_completion=False,
    rich_markup_mode=None,
    pretty_exceptions_enable=False,
    context_settings={"help_option_names": ["-h", "--help"]},
)

Root = Annotated[Path, typer.Option("--models", help="Where the finished models are.")]
