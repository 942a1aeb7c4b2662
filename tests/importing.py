"""`crossdomain import`, called as users call it."""

from pathlib import Path

import torch
from click.testing import Result
from torch import Tensor
from typer.testing import CliRunner

from pipeline.cli import app
from pipeline.inference.finished import FinishedModel, load


def call(origin: str, *arguments: object) -> Result:
    return CliRunner().invoke(app, ["import", origin, *(str(a) for a in arguments)])


def imported(origin: str, file: Path, folder: Path, *options: object) -> FinishedModel:
    """Import a checkpoint."""
    result = call(origin, file, "--name", "it", "--models", folder, *options)
    assert result.exit_code == 0, result.output
    return load(folder / "it")


def refused(origin: str, *arguments: object) -> str:
    """The message of a command that must fail."""
    result = call(origin, *arguments)
    assert result.exit_code == 1, result.output
    assert result.stderr.startswith("error: ")
    return result.stderr


def zeros(state: dict[str, Tensor]) -> dict[str, Tensor]:
    """A state of a network on the meta device, in memory that nothing was written to."""
    return {name: torch.zeros_like(value, device="cpu") for name, value in state.items()}
