"""Both ends of a translation: domains that a model knows, or speakers known from recordings."""

from collections.abc import Container, Sequence
from pathlib import Path

from pipeline.capabilities import OneShot
from pipeline.errors import LISTED, UserError, some
from pipeline.inference.conversion import sound_codec_of
from pipeline.inference.directions import choose_source, choose_target
from pipeline.inference.finished import FinishedModel
from pipeline.inference.unseen import Speaker, listen, one_shot_of, with_unseen


def choose_ends(
    finished: FinishedModel,
    inputs: Sequence[Path],
    of: str | None,
    to: str | None,
    like: Path | None,
) -> tuple[FinishedModel, str, str]:
    """Return the model, with the speakers that recordings bring along; the source; the target.

    Args:
        finished: the model.
        inputs: what is translated.
        of: a domain, or a file or folder of recordings of the source; None: the one that leads to
            the target, or with ``like`` whoever speaks in ``inputs``.
        to: a domain; None: the model's own target.
        like: a file or folder of recordings of a target that the model does not know.

    Raises UserError where an end has to be named, is not there, or both ``to`` and ``like`` are.
    """
    if like is not None and to is not None:
        raise UserError("--to and --like both say whom to reach: leave one of them out")
    if like is not None:
        one_shot_of(finished)  # raises where it takes none
    elif not isinstance(finished.model, OneShot):
        to = choose_target(finished, to)
        return finished, choose_source(finished, to, of), to
    codec = sound_codec_of(finished)
    known = set(codec.statistics)
    target = source = None
    if like is not None:
        target = listen(name_of(like, known), [like], codec)
        known.add(target.name)
    else:
        to = choose_target(finished, to)
    if of is None and like is not None:
        source = listen(name_of(inputs[0], known), inputs, codec, skip_bad=True)
    elif of is not None and of not in codec.statistics:
        source = recorded(finished, of, known)
    if target is not None or source is not None:
        finished = with_unseen(finished, target, source)
    to = choose_target(finished, to if target is None else target.name)
    return finished, choose_source(finished, to, of if source is None else source.name), to


def recorded(finished: FinishedModel, of: str, known: Container[str]) -> Speaker:
    """Read the recordings that ``--from`` names; raise UserError where there are none."""
    path, codec = Path(of), sound_codec_of(finished)
    if not path.exists():
        raise UserError(
            f"--from {of}: expected a speaker that '{finished.name}' knows "
            f"({some(codec.statistics, LISTED)}), or a file or folder of recordings of another"
        )
    return listen(name_of(path, known), [path], codec)


def name_of(path: Path, known: Container[str]) -> str:
    """Name a speaker after recordings, unlike those whose names are ``known``."""
    name = str(path)
    while name in known:
        name += " (recordings)"
    return name
