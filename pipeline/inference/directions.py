"""The choice of a translator's direction: the domain to reach, and the one to start from."""

from pipeline.capabilities import OneShot
from pipeline.errors import LISTED, UserError, some
from pipeline.inference.finished import FinishedModel, as_translator
from pipeline.methods.runs import TranslatorRunParams


def own_target(finished: FinishedModel) -> str | None:
    """Return the domain that a translator was first of all trained to reach, or its only one.

    None where none of several stands out. Raises UserError where it is no translator.
    """
    targets = list(as_translator(finished).directions)
    run = finished.params
    if isinstance(run, TranslatorRunParams):
        return run.target
    return targets[0] if len(targets) == 1 else None


def choose_target(finished: FinishedModel, to: str | None = None) -> str:
    """Return ``to``, or for None the model's `own_target`.

    Raises UserError, with the targets that there are, where no direction leads to ``to``, or where
    it has to be named.
    """
    targets = list(as_translator(finished).directions)
    wanted = own_target(finished) if to is None else to
    if wanted is None:
        raise UserError(f"'{finished.name}' leads to {some(targets, LISTED)}: name one by --to")
    if wanted not in targets:
        raise UserError(f"'{finished.name}' leads to {' and '.join(targets)}, not to '{wanted}'")
    return wanted


def choose_source(finished: FinishedModel, to: str, of: str | None = None) -> str:
    """Return ``of``, or for None the one domain that leads to ``to``.

    Raises UserError, with the sources that there are, where ``of`` does not lead there, or where
    it has to be named because several do.
    """
    sources = as_translator(finished).directions[to]
    if of is None and len(sources) > 1:
        others = ", or recordings of another" if isinstance(finished.model, OneShot) else ""
        raise UserError(
            f"'{finished.name}' leads to {to} from {some(sources, LISTED)}: name one by --from"
            f"{others}"
        )
    wanted = sources[0] if of is None else of
    if wanted not in sources:
        raise UserError(
            f"'{finished.name}' leads to {to} from {some(sources, LISTED)}, not from '{wanted}'"
        )
    return wanted
