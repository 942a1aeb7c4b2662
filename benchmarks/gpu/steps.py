"""Training steps of one case: plain loops, ours, compiled, and captured in a CUDA graph."""

import gc
import time
import warnings
from collections.abc import Callable, Iterator
from functools import partial
from typing import Any

import torch
from torch import nn
from torch.utils.flop_counter import FlopCounterMode

from benchmarks.gpu.machine import synchronise
from benchmarks.plain import plain_step
from benchmarks.train_step import CASES, built, stepping
from benchmarks.turns import calls_per_second
from pipeline.methods.base import Method, RunParams
from pipeline.methods.registry import load_run
from pipeline.samples import Batch, DatasetSpec, Spec
from pipeline.scaffold.cost import random_batch
from pipeline.system.hardware import device, start_fabric
from pipeline.training.trainer import Trainer

SECONDS, WARMING = 2.0, 3
"""Seconds that a competitor's steps are timed, and steps before the first that counts."""
TOY: dict[str, Any] = {
    "vae-32": {"batch": 4},
    "cyclegan-256": {
        "generator": {"kind": "resnet", "width": 4, "blocks": 1},
        "discriminator": {"width": 4, "layers": 1, "norm": "instance"},
    },
}
TOY_SIDE = 32

Step = Callable[[], object]


def measure_steps(case: str, *, quick: bool) -> Iterator[dict[str, Any]]:
    """Measure each competitor's steps; of one that fails, say why, and go on.

    Yields what is known after each: floating-point operations a step (of products and convolutions,
    as torch counts them) and, for each competitor, steps a second, the most GiB that tensors took,
    waits for the device within a step, and seconds until the first step was done.
    """
    block, spec = CASES[case]
    if quick:
        block = block | TOY[case]
        spec = spec.model_copy(update={"height": TOY_SIDE, "width": spec.width and TOY_SIDE})
    params = load_run(block)
    batch = random_batch(params, DatasetSpec(specs=dict.fromkeys(params.domains, spec)))
    found: dict[str, Any] = {"flops": count_flops(params, spec, batch), "competitors": {}}
    for name, make in COMPETITORS.items():
        found["competitors"][name] = {"failed": "did not end in time"}
        yield found
        try:
            found["competitors"][name] = measure(partial(make, params, spec, batch), quick=quick)
        except Exception as error:
            found["competitors"][name] = {"failed": f"{type(error).__name__}: {error}"[:500]}
    yield found


def measure(make: Callable[[], Step], *, quick: bool) -> dict[str, float | None]:
    """Measure one competitor's steps, alone on the device."""
    gc.collect()
    torch.compiler.reset()
    if device().type == "cuda":
        torch.cuda.empty_cache()
        torch.cuda.reset_peak_memory_stats()
    began = time.perf_counter()
    step = make()
    step()
    synchronise()
    ready = time.perf_counter() - began
    for _ in range(1 if quick else WARMING):
        step()
    synchronise()
    speed = calls_per_second(step, 0.1 if quick else SECONDS, least=1 if quick else 3)
    cuda = device().type == "cuda"
    return {
        "steps_per_second": speed,
        "memory_gib": torch.cuda.max_memory_allocated() / 2**30 if cuda else None,
        "waits": count_waits(step) if cuda else None,
        "seconds_to_first_step": ready,
    }


def count_waits(step: Step) -> int:
    """Count the calls in a step that make the processor wait for the device."""
    torch.cuda.set_sync_debug_mode("warn")
    try:
        with warnings.catch_warnings(record=True) as seen:
            warnings.simplefilter("always")
            step()
    finally:
        torch.cuda.set_sync_debug_mode("default")
    return sum("synchronizing" in str(warning.message) for warning in seen)


def count_flops(params: RunParams, spec: Spec, batch: Batch) -> int:
    """Count the floating-point operations of a plain step."""
    step = plain_step(built(params, spec).to(device()), bf16=False)
    with FlopCounterMode(display=False) as counter:
        step(batch)
    return counter.get_total_flops()


def plain(params: RunParams, spec: Spec, batch: Batch, *, bf16: bool) -> Step:
    """Return the public code's step."""
    step = plain_step(built(params, spec).to(device()), bf16=bf16)
    return lambda: step(batch)


def trainer_of(params: RunParams, spec: Spec, *, fp32: bool = False) -> Trainer:
    """Return our trainer; kernels and their precision are torch's own again, as plain steps change
    them."""
    torch.backends.cudnn.allow_tf32 = True
    fabric = start_fabric("fp32" if fp32 else "auto")
    return Trainer(fabric, built(params, spec), params, seed=0, label="", checkpoints=None)


def ours(params: RunParams, spec: Spec, batch: Batch, *, fp32: bool = False) -> Step:
    """Return our step."""
    return stepping(trainer_of(params, spec, fp32=fp32), batch)


def ours_compiled(params: RunParams, spec: Spec, batch: Batch) -> Step:
    """Return our step with each network under torch.compile; on a processor traced alone."""
    trainer = trainer_of(params, spec)
    for network in networks_of(trainer.method):
        network.compile(
            dynamic=False, backend="inductor" if device().type == "cuda" else "aot_eager"
        )
    return stepping(trainer, batch)


def ours_captured(params: RunParams, spec: Spec, batch: Batch) -> Step:
    """Return the replay of our step from a CUDA graph."""
    if device().type != "cuda":
        raise RuntimeError("a processor has no CUDA graphs")
    trainer = trainer_of(params, spec)
    for optimizer in trainer.optimizers.values():
        for group in optimizer.param_groups:
            group["capturable"] = True
    stream = torch.cuda.Stream()
    stream.wait_stream(torch.cuda.current_stream())
    with torch.cuda.stream(stream):
        for _ in range(WARMING):
            trainer.take_step(batch)
    torch.cuda.current_stream().wait_stream(stream)
    graph = torch.cuda.CUDAGraph()
    with torch.cuda.graph(graph):
        trainer.take_step(batch)

    def step() -> None:
        graph.replay()
        synchronise()  # else seconds of launches would queue minutes of steps

    return step


def networks_of(method: Method[Any]) -> list[nn.Module]:
    """List the networks of a method: modules of pipeline.backbones that lie in no other."""
    found: dict[str, nn.Module] = {}
    for name, module in method.named_modules():
        inside = any(name.startswith(f"{outer}.") for outer in found)
        if type(module).__module__.startswith("pipeline.backbones.") and not inside:
            found[name] = module
    return list(found.values())


COMPETITORS: dict[str, Callable[[RunParams, Spec, Batch], Step]] = {
    "plain fp32": lambda *args: plain(*args, bf16=False),
    "plain bf16": lambda *args: plain(*args, bf16=True),
    "ours fp32": lambda *args: ours(*args, fp32=True),
    "ours": ours,
    "ours compiled": ours_compiled,
    "ours captured": ours_captured,
}
"""Captured last: what fails in a capture can leave the device unusable."""
