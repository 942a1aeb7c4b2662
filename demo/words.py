"""Errors as the page shows them, and runs that a visitor may cancel."""

import logging
import re
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import wraps
from textwrap import shorten
from threading import Event
from typing import ParamSpec, TypeVar

import gradio as gr
import torch

from pipeline.errors import UserError

Arguments = ParamSpec("Arguments")
Result = TypeVar("Result")
Check = Callable[[], None]

MOST_CHARACTERS = 300  # of a message
FOLDERS = re.compile(
    r"(?<![\w.:/])/(?:[^\s'\"/]+/)+"
)  # as in /home/me/x.png, not in cyclegan/zebra

log = logging.getLogger(__name__)


class CancelledError(Exception):
    """The visitor wants the result no more."""


def shows_errors(action: Callable[Arguments, Result]) -> Callable[Arguments, Result]:
    """Return an action whose errors become a message on the page, never a traceback.

    What nobody foresaw goes to the server's log.
    """

    @wraps(action)
    def guarded(*args: Arguments.args, **kwargs: Arguments.kwargs) -> Result:
        try:
            return action(*args, **kwargs)
        except gr.Error:
            raise
        except CancelledError as error:
            raise said("Cancelled.") from error
        except (UserError, ValueError) as error:
            raise said(str(error)) from error
        except (MemoryError, torch.OutOfMemoryError) as error:
            raise said("That needs more memory than there is: try something smaller.") from error
        except Exception as error:
            log.exception("%s failed", action.__name__)
            raise said("That went wrong here; the server's log says how.") from error

    return guarded


def said(message: str) -> gr.Error:
    """Return an error that gradio shows and does not print, cut where a visitor would stop
    reading.

    Of files on the server it tells names, not where they lie.
    """
    message = FOLDERS.sub("", message)
    return gr.Error(shorten(message, MOST_CHARACTERS, placeholder=" ..."), print_exception=False)


def warned(words: str) -> str:
    """Return what a result's note says of a warning; "" where there is none."""
    return f"**Warning:** {words}." if words else ""


class Turns:
    """The jobs that visitors have running, so that they can stop them."""

    def __init__(self) -> None:
        self._running: dict[str | None, list[Event]] = {}

    @contextmanager
    def turn(self, request: gr.Request) -> Iterator[Check]:
        """Yield a check that raises `CancelledError` once the visitor has cancelled."""
        session, cancelled = request.session_hash, Event()

        def check() -> None:
            if cancelled.is_set():
                raise CancelledError

        self._running.setdefault(session, []).append(cancelled)
        try:
            yield check
        finally:
            mine = self._running[session]
            mine.remove(cancelled)
            if not mine:
                del self._running[session]

    def cancel(self, request: gr.Request) -> None:
        """Stop all that the visitor has running, at its next check."""
        for cancelled in self._running.get(request.session_hash, []):
            cancelled.set()
