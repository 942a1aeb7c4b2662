"""The machine that a benchmark ran on."""

import os
import platform

import torch

from pipeline.machine import accelerator, bf16_units, processor


def describe() -> dict[str, str | int]:
    """What to state beside a figure."""
    return {
        "processor": processor(),
        "cores": os.cpu_count() or 1,
        "threads": torch.get_num_threads(),
        "bf16": ", ".join(bf16_units()) or "none",
        "accelerator": accelerator() or "none",
        "torch": torch.__version__,
        "python": platform.python_version(),
    }
