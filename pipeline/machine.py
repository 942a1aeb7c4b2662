"""What this machine offers, and what training makes of it."""

import os
from typing import Any, Literal

import torch

Precision = Literal["bf16", "fp32"]


def device() -> torch.device:
    """The accelerator where there is one, else the processor."""
    return torch.device("cuda" if torch.cuda.is_available() else "cpu")


def has_fast_bf16() -> bool:
    """Whether bf16 convolutions and products run faster here than fp32 ones.

    True on GPUs of compute capability 8 and later, and on processors with AMX or AVX-512 BF16.
    """
    if torch.cuda.is_available():
        return torch.cuda.get_device_capability()[0] >= 8
    return torch.cpu._is_amx_tile_supported() or torch.cpu._is_avx512_bf16_supported()


def choose_precision(asked: Literal["auto", "bf16", "fp32"]) -> Precision:
    """``asked``, or for ``auto`` bf16 where it is fast."""
    if asked != "auto":
        return asked
    return "bf16" if has_fast_bf16() else "fp32"


def process_layout() -> dict[str, Any]:
    """Fabric's arguments for the processes that torchrun started, or for this one alone."""
    local = int(os.environ.get("LOCAL_WORLD_SIZE", "1"))
    world = int(os.environ.get("WORLD_SIZE", "1"))
    return {
        "accelerator": "auto",
        "devices": local,
        "num_nodes": world // local,
        "strategy": "ddp" if world > 1 else "auto",
    }
