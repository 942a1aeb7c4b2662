"""Networks without memory: their names and shapes, as fast as their layers can be listed."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import torch
from torch import Tensor, nn
from torch.overrides import TorchFunctionMode

DRAWING = {Tensor.normal_, nn.init.normal_, nn.init.kaiming_normal_, nn.init.xavier_normal_}


@contextmanager
def on_meta() -> Iterator[None]:
    """Build on the meta device what is built within, and draw no weights.

    Of these there are none, but at the first normal distribution torch imports for seconds what
    would tell the shape of the result.
    """
    with torch.device("meta"), _Undrawn():
        yield


class _Undrawn(TorchFunctionMode):
    def __torch_function__(
        self,
        func: Callable[..., Any],
        types: Any,
        args: tuple[Any, ...] = (),
        kwargs: dict[str, Any] | None = None,
    ) -> Any:
        kwargs = kwargs or {}
        if func in DRAWING:
            return kwargs["tensor"] if "tensor" in kwargs else args[0]
        return func(*args, **kwargs)
