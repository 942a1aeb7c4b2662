"""The machine, and the most that it computes and moves."""

from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import Any

import torch

from benchmarks.machine import describe
from benchmarks.turns import calls_per_second
from pipeline.cli.commands.doctor import report
from pipeline.system.hardware import device

REPEATS = 5


def describe_machine(*, quick: bool) -> dict[str, Any]:
    """Return `crossdomain doctor`, what stands beside a figure, and the measured peaks."""
    return {
        "doctor": report(Path()),
        "machine": describe(),
        "peaks": measure_peaks(512 if quick else 8192, 2**22 if quick else 2**31),
    }


def measure_peaks(side: int, copied: int) -> dict[str, float]:
    """Measure TFLOP/s of products of [side, side] matrices, and GB/s of a copy of so many bytes.

    On random numbers: zeros are faster on some GPUs. A copy reads and writes each byte.
    """
    flops = 2 * side**3
    peaks = {}
    for name, kind, tf32 in (
        ("bf16", torch.bfloat16, False),
        ("fp32", torch.float32, False),
        ("tf32", torch.float32, True),
    ):
        torch.backends.cuda.matmul.allow_tf32 = tf32
        a, b = (torch.randn(side, side, device=device(), dtype=kind) for _ in range(2))
        peaks[f"{name}_tflops"] = flops * speed_of(partial(torch.matmul, a, b)) / 1e12
    torch.backends.cuda.matmul.allow_tf32 = False
    source = torch.randint(256, (copied,), device=device(), dtype=torch.uint8)
    target = torch.empty_like(source)
    peaks["copy_gb_s"] = 2 * copied * speed_of(lambda: target.copy_(source)) / 1e9
    return peaks


def speed_of(call: Callable[[], object]) -> float:
    """Measure calls a second after a first one."""
    call()
    synchronise()
    return calls_per_second(call, 0.0, REPEATS)


def synchronise() -> None:
    """Wait for the device."""
    if device().type == "cuda":
        torch.cuda.synchronize()
