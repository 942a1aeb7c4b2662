"""Options of `crossdomain import`: facts that no checkpoint says of itself."""

from collections.abc import Collection
from dataclasses import dataclass, fields
from pathlib import Path

from pipeline.errors import UserError


@dataclass(frozen=True)
class Wishes:
    """The options of the command; each origin takes some of them."""

    back: Path | None = None
    """The generator of the way back."""
    source: str = "source"
    target: str = "target"
    size: int | None = None
    """Side of the pictures that it was trained on; None: 256, or what a U-Net was made for."""
    dropout: bool = True
    """True: a U-Net was trained with dropout, which has no weights, so nothing shows it."""
    train: bool | None = None
    """True: translate with dropout and batch statistics on; None: see `inference_of`."""
    config: Path | None = None
    """A vocoder's or VQGAN's configuration; None: config.json or the only yaml beside it."""
    stats: tuple[Path, ...] = ()
    """Mean and std of the frames of a source and a target voice."""
    labels: str | None = None
    """The meaning of label maps' levels: a data set's name, or a count and what is beside it."""
    upsampling: str | None = None
    """Doublings of a generator from label maps; None: as its data set's do."""

    def check(self, what: str, takes: Collection[str]) -> None:
        """Raise UserError where an option is given that ``what``, which ``takes`` others, has no
        use for."""
        given = {field.name for field in fields(self) if getattr(self, field.name) != field.default}
        if unknown := sorted(given - set(takes)):
            names = ["--name", *(f"--{name}" for name in takes)]
            raise UserError(
                f"of a {what}'s options there are {', '.join(names)} and --models alone, found "
                f"{', '.join(f'--{name}' for name in unknown)}"
            )
