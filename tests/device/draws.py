"""Random numbers that are the same on every device: drawn on the processor."""

from collections.abc import Callable
from typing import Any

import torch
from torch import Tensor
from torch.overrides import TorchFunctionMode

NEW = {torch.rand, torch.randn, torch.randint, torch.randperm, torch.normal}
ALIKE: dict[Callable[..., Tensor], Callable[..., Tensor]] = {
    torch.rand_like: torch.rand,
    torch.randn_like: torch.randn,
}
IN_PLACE = {
    Tensor.normal_,
    Tensor.uniform_,
    Tensor.bernoulli_,
    Tensor.exponential_,
    Tensor.random_,
}


class DrawnOnProcessor(TorchFunctionMode):
    """Within it, torch draws on the processor, from its generator, and copies to the device."""

    def __torch_function__(
        self,
        function: Callable[..., Any],
        types: Any,
        args: tuple[Any, ...] = (),
        kwargs: dict[str, Any] | None = None,
    ) -> Any:
        given = dict(kwargs or {})
        if function in NEW and given.get("device") is not None:
            device = given.pop("device")
            return function(*args, **given).to(device)
        if function in ALIKE:
            x = args[0]
            drawn = ALIKE[function](x.shape, dtype=given.get("dtype") or x.dtype)
            return drawn.to(given.get("device") or x.device)
        if function in IN_PLACE and args[0].device.type != "cpu":
            drawn = function(torch.empty_like(args[0], device="cpu"), *args[1:], **given)
            return args[0].copy_(drawn)
        if function is torch.nn.functional.scaled_dot_product_attention:
            return function(*args, **{**given, "dropout_p": 0.0})  # drawn in its kernels alone
        if function is torch.nn.functional.dropout:
            return drop(*args, **given)
        return function(*args, **given)


def drop(x: Tensor, p: float = 0.5, training: bool = True, inplace: bool = False) -> Tensor:
    """Drop values as `torch.nn.functional.dropout` does."""
    if not training or p == 0:
        return x
    kept = (torch.rand(x.shape) >= p).to(x.device, x.dtype) / (1 - p)
    return x.mul_(kept) if inplace else x * kept
