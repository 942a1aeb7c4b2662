"""Files of tensors that a user hands over; no code in them is ever run."""

from collections.abc import Mapping
from pathlib import Path

import torch
from safetensors.torch import load_file
from torch import Tensor

from pipeline.errors import UserError, listing, shortened, some
from pipeline.system.checkpoint_files import Inert, load_inert
from pipeline.system.model_weights import check_header_length

Weights = Mapping[str, Tensor]

PREFIXES = ("module.", "_orig_mod.")  # of DataParallel, and of torch.compile
SAFE = ".safetensors"
TIMES = 4
"""The most bytes of tensors a byte of their file: some share values."""
DAMAGED = (
    "found no file of tensors alone: it is damaged, of another format, or a whole pickled network, "
    "whose code is not run (save its state_dict)"
)


def load_tensors(path: Path, expected: str, wrapper: str) -> Weights:
    """Return the tensors of a file, by names without the prefixes of torch's wrappers.

    It is safetensors where its name ends so, and torch's else. There they may lie in a dictionary
    under ``wrapper``; objects beside that dictionary are left out, of whatever class, whose code is
    not run. Raises UserError, which begins with what was ``expected``, where the file holds
    anything else, or more than its size.
    """
    try:
        found = _load_safetensors(path) if path.suffix == SAFE else load_inert(path)
    except OSError as error:
        raise UserError(f"{path} can't be read: {error.strerror or error}") from error
    except Exception as error:  # damaged pickles fail in any way
        known = isinstance(error, ValueError) and str(error)  # not torch's advice
        reason = f" ({shortened(str(error).splitlines()[0])})" if known else ""
        raise UserError(f"{path}: {expected}, {DAMAGED}{reason}") from error
    if isinstance(found, dict) and isinstance(found.get(wrapper), dict):
        found = found[wrapper]
    if isinstance(found, Inert):
        name = shortened(type(found).__name__)
        raise UserError(f"{path}: {expected}, {DAMAGED}: it holds a {name}")
    if not isinstance(found, dict):
        raise UserError(f"{path}: {expected}, but it holds a {type(found).__name__}")
    if any(not isinstance(key, str) for key in found):
        raise UserError(f"{path}: {expected}, but not all that it holds has a name")
    if strange := [key for key, value in found.items() if not isinstance(value, Tensor)]:
        raise UserError(f"{path}: {expected}, but these are no tensors: {some(strange)}")
    odd = {key: what for key, value in found.items() if (what := oddity(value))}
    if odd:
        problems = listing(f"{shortened(key)}: {what}" for key, what in odd.items())
        raise UserError(f"{path}: {expected}, but\n{problems}")
    size, most = sum(value.nbytes for value in found.values()), TIMES * path.stat().st_size
    if size > most:
        raise UserError(
            f"{path}: {expected}, but found {size:,} bytes of tensors, allowed: {most:,}"
        )
    plain = {unprefixed(key): value for key, value in found.items()}
    if len(plain) < len(found):
        raise UserError(f"{path}: {expected}, but it holds some twice, with {PREFIXES} and without")
    return plain


def _load_safetensors(path: Path) -> object:
    """Raise ValueError where the header is vast, and SafetensorError where the file is damaged."""
    check_header_length(path)
    return load_file(path, backend="pread")


def unprefixed(name: str) -> str:
    """Return a tensor's name in the network itself, which a wrapper may stand around or within."""
    name = name.replace(PREFIXES[1], "")
    return name.removeprefix(PREFIXES[0])


def oddity(tensor: Tensor) -> str:
    """Say why a tensor is no plain array of numbers in memory of its own; "" where it is one."""
    if tensor.layout is not torch.strided:
        return f"a sparse tensor ({tensor.layout}), allowed: dense ones (save its to_dense())"
    if tensor.is_quantized:
        return f"a quantised tensor ({tensor.dtype}), allowed: plain ones (save its dequantize())"
    if tensor.device.type != "cpu":
        return f"a tensor of the device {tensor.device.type}, which has no values"
    if tensor.is_complex():
        return f"complex numbers ({tensor.dtype}), allowed: real ones"
    if tensor.nbytes > tensor.untyped_storage().nbytes():
        return "a tensor that repeats its values, allowed: whole ones (save its contiguous())"
    return ""


def misfit(found: Tensor, expected: Tensor) -> str:
    """Say why a tensor can't stand where ``expected`` does; "" where it can."""
    if found.shape != expected.shape:
        return f"expected {list(expected.shape)}, found {list(found.shape)}"
    if expected.is_floating_point() and not found.is_floating_point():
        return f"expected numbers of {expected.dtype}, found {found.dtype}"
    if not bool(torch.isfinite(found.float()).all()):
        return "holds NaN or infinity"
    return ""


def fitted(weights: Weights, state: Mapping[str, Tensor], of: str) -> dict[str, Tensor]:
    """Return the weights that ``state`` names, of its types.

    Raises UserError, which begins with ``of``, with all that is missing, too much, of another
    shape than in ``state``, or not of finite numbers.
    """
    problems = [f"missing: {name}" for name in state if name not in weights]
    problems += [f"unknown: {shortened(name)}" for name in sorted(weights.keys() - state.keys())]
    problems += [
        f"{name}: {what}"
        for name, expected in state.items()
        if name in weights and (what := misfit(weights[name], expected))
    ]
    if problems:
        raise UserError(f"{of}, but\n{listing(problems)}")
    return {name: weights[name].detach().to(expected.dtype) for name, expected in state.items()}
