"""`crossdomain doctor`: what this machine offers, and what training will use of it."""

import os
import platform
import shutil
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path

import torch

from pipeline.system.hardware import accelerator, bf16_units, choose_precision, device, processor
from pipeline.system.memory import memory

PACKAGES = ("torch", "torchaudio", "lightning-fabric", "kornia", "librosa", "dvc", "gradio")


def report(folder: Path) -> str:
    """List what there is and what will be used; ``folder`` is where data would be written."""
    sections = {
        "this machine": {
            "system": f"{platform.system()} {platform.machine()}",
            "python": platform.python_version(),
            "processor": f"{processor()}, {' and '.join(bf16_units()) or 'no bf16 instructions'}",
            "cores": f"{os.cpu_count()}",
            "memory": gigabytes(memory()),
            "free disk": gigabytes(shutil.disk_usage(folder).free),
            "accelerator": accelerator() or "none",
        },
        "training will use": {
            "device": str(device()),
            "precision": f"{choose_precision('auto')}, where a model says precision: auto",
            "kernels": kernels(),
            "threads": f"{torch.get_num_threads()} (set OMP_NUM_THREADS to change it)",
        },
        "versions": {name: installed(name) for name in PACKAGES},
    }
    lines: list[str] = []
    for title, facts in sections.items():
        lines += [title, *(f"  {name:<18}{fact}" for name, fact in facts.items())]
    return "\n".join(lines)


def kernels() -> str:
    """Tell whether equal seeds give equal weights."""
    if device().type == "cpu":
        return "those of a processor, which give the same weights from the same seed and threads"
    return (
        "the fastest found; deterministic: true in a block for those that give the same each time"
    )


def gigabytes(count: int | None) -> str:
    """Write a number of bytes in words."""
    return "unknown" if count is None else f"{count / 2**30:.1f} GiB"


def installed(package: str) -> str:
    """Return a package's version."""
    try:
        return version(package)
    except PackageNotFoundError:
        return "not installed"
