"""The command `crossdomain`: arguments and help of each command, by what it is about.

Only light modules are imported here, so that help answers at once; commands import their own.
"""

from pipeline.cli import data, evaluation, latent, models, project, scoring, uses
from pipeline.cli.app import app

__all__ = [
    "app",
    "data",
    "evaluation",
    "latent",
    "main",
    "models",
    "project",
    "scoring",
    "uses",
]


def main() -> None:
    """Run the command."""
    app(prog_name="crossdomain")
