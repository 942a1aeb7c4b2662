"""Samples a second that sound files are written with, as far as their formats allow."""

from collections.abc import Iterable
from pathlib import Path

from pipeline.errors import UserError

MP3_RATES = (8000, 11_025, 12_000, 16_000, 22_050, 24_000, 32_000, 44_100, 48_000)
HIGHEST = {".flac": 655_350, ".ogg": 200_000}
"""Most samples a second by ending; for more, libsndfile raises or ends the process."""


def check_rate(rate: int | None, results: Iterable[Path]) -> None:
    """Raise UserError where the format of a result can't have ``rate``; None is right for all."""
    for result in results:
        if rate is not None and (found := nearest_rate(rate, result)) != rate:
            ending = result.suffix.lower()
            allowed = ", ".join(map(str, MP3_RATES)) if ending == ".mp3" else f"up to {found}"
            raise UserError(f"--rate {rate}: {ending[1:]} files can't have it, allowed: {allowed}")


def nearest_rate(rate: int, result: Path) -> int:
    """Return ``rate`` where the format of a result can have it; otherwise the next above, or the
    highest."""
    ending = result.suffix.lower()
    if ending == ".mp3":
        return next((one for one in MP3_RATES if one >= rate), MP3_RATES[-1])
    return min(rate, HIGHEST.get(ending, rate))
