"""The machine's hardware, and the device and precision that training chooses."""

import logging
import os
import platform
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal

import torch

from pipeline.system.memory import keep_memory

if TYPE_CHECKING:
    from lightning_fabric import Fabric

Precision = Literal["bf16", "fp32"]


def device() -> torch.device:
    """Return the accelerator where there is one, else the processor."""
    return torch.device("cuda" if torch.cuda.is_available() else "cpu")


def has_fast_bf16() -> bool:
    """Tell whether bf16 convolutions and products run faster here than fp32 ones.

    True on GPUs of compute capability 8 and later, and on processors with AMX or AVX-512 BF16.
    """
    if torch.cuda.is_available():
        return torch.cuda.get_device_capability()[0] >= 8
    return bool(bf16_units())


def bf16_units() -> list[str]:
    """Return what the processor has for products of bf16 numbers."""
    units = {
        "AMX": torch.cpu._is_amx_tile_supported(),
        "AVX-512 BF16": torch.cpu._is_avx512_bf16_supported(),
    }
    return [unit for unit, there in units.items() if there]


def processor() -> str:
    """Return the processor's name where the system tells it, else its architecture."""
    info = Path("/proc/cpuinfo")
    if info.exists():
        for line in info.read_text(encoding="utf-8").splitlines():
            if line.startswith("model name"):
                return line.split(":", 1)[1].strip()
    return platform.processor() or platform.machine()


def accelerator() -> str:
    """Return the GPU's name and memory, or nothing."""
    if not torch.cuda.is_available():
        return ""
    properties = torch.cuda.get_device_properties(0)
    return f"{properties.name}, {properties.total_memory / 2**30:.0f} GiB"


def machine(of: torch.device) -> str:
    """Name what a device computes with: the processor, its threads in use, and the GPU if any."""
    words = f"{processor()}, {torch.get_num_threads()} threads"
    return f"{accelerator()}; {words}" if of.type == "cuda" else words


def memory_used(of: torch.device) -> int:
    """Measure in bytes the most that the accelerator's tensors took, or what this process holds."""
    if of.type == "cuda":
        return torch.cuda.max_memory_allocated(of)
    statm = Path("/proc/self/statm")
    if not statm.exists():
        return 0
    return int(statm.read_text(encoding="ascii").split()[1]) * os.sysconf("SC_PAGE_SIZE")


def choose_precision(asked: Literal["auto", "bf16", "fp32"]) -> Precision:
    """Return ``asked``, or for ``auto`` bf16 where it is fast."""
    if asked != "auto":
        return asked
    return "bf16" if has_fast_bf16() else "fp32"


def choose_kernels(deterministic: bool) -> None:
    """Choose whether a GPU computes by kernels that give the same each time, or by the fastest it
    finds.

    A processor's always give the same. Where a network needs an operation that has no such kernel,
    torch raises RuntimeError, with its name, when it is reached.
    """
    if deterministic:
        os.environ.setdefault("CUBLAS_WORKSPACE_CONFIG", ":4096:8")  # else cuBLAS is not asked
    torch.use_deterministic_algorithms(deterministic)
    torch.backends.cudnn.benchmark = not deterministic


def start_fabric(
    asked: Literal["auto", "bf16", "fp32"], *, deterministic: bool = False
) -> "Fabric":
    """Choose this process's device, precision and kernels, and its place among the others."""
    from lightning_fabric import Fabric  # seconds that only training should wait

    choose_kernels(deterministic)
    logging.getLogger("lightning_fabric").setLevel(logging.WARNING)  # progress says as much
    bf16 = choose_precision(asked) == "bf16"
    fabric = Fabric(precision="bf16-mixed" if bf16 else "32-true", **process_layout())
    fabric.launch()
    if fabric.device.type == "cpu":
        keep_memory()
    return fabric


def process_layout() -> dict[str, Any]:
    """Return Fabric's arguments for the processes that torchrun started, or for this one alone."""
    local = int(os.environ.get("LOCAL_WORLD_SIZE", "1"))
    world = int(os.environ.get("WORLD_SIZE", "1"))
    return {
        "accelerator": "auto",
        "devices": local,
        "num_nodes": world // local,
        "strategy": "ddp" if world > 1 else "auto",
    }
