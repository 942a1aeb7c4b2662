"""Errors as the page shows them."""

from collections.abc import Callable
from functools import wraps
from typing import ParamSpec, TypeVar

import gradio as gr

from pipeline.errors import UserError

Arguments = ParamSpec("Arguments")
Result = TypeVar("Result")


def in_words(action: Callable[Arguments, Result]) -> Callable[Arguments, Result]:
    """An action whose `UserError` and `ValueError` become a message on the page."""

    @wraps(action)
    def guarded(*args: Arguments.args, **kwargs: Arguments.kwargs) -> Result:
        try:
            return action(*args, **kwargs)
        except (UserError, ValueError) as error:
            raise gr.Error(str(error), print_exception=False) from error

    return guarded
