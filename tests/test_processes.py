"""Two processes on one machine learn what one does."""

import os
import subprocess
import sys
import textwrap
from pathlib import Path

import tiny
import torch

from pipeline.evaluation.pictures import samples
from pipeline.inference import load

CHILD = """
    import sys
    from pathlib import Path
    import tiny
    import torch
    from pipeline import training
    from pipeline.datasets.store import Store

    store, root = Store(Path(sys.argv[1])), Path(sys.argv[2])
    average, seen = training.average_gradients, []

    def record(parameters, world):
        average(parameters, world)
        seen.append([p.grad.clone() for p in parameters])

    training.average_gradients = record
    # The pool's draws are each process's own, so without it the two runs have the same mathematics.
    run = tiny.shrink(tiny.runs()["cyclegan"], pool=0, flip=False, crop=None, batch=2,
                      precision="fp32", ema=None, steps=5, log_every=5)
    training.train(run, store, root / "model", seed=7, curves=root / "curves",
                   scratch=root / "scratch")
    torch.save(seen[:2], root / "gradients.pt")  # of the first step; both ranks write the same
"""


def run_in(processes: int, store: Path, out: Path) -> list[list[torch.Tensor]]:
    """The first step's gradients, optimiser by optimiser, of toy training in so many processes."""
    script = out / "child.py"
    out.mkdir()
    script.write_text(textwrap.dedent(CHILD))
    paths = os.pathsep.join(map(str, (tiny.ROOT, tiny.ROOT / "tests")))
    launcher = ["-m", "torch.distributed.run", "--standalone", f"--nproc-per-node={processes}"]
    done = subprocess.run(
        [sys.executable, *(launcher if processes > 1 else []), script, str(store), str(out)],
        env={**os.environ, "PYTHONPATH": paths, "OMP_NUM_THREADS": "1", "CUDA_VISIBLE_DEVICES": ""},
        capture_output=True,
        text=True,
        timeout=180,
    )
    assert done.returncode == 0, done.stderr
    gradients: list[list[torch.Tensor]] = torch.load(out / "gradients.pt", weights_only=True)
    return gradients


def test_two_processes_learn_what_one_does(store_of, tmp_path):
    store = store_of(tiny.runs()["cyclegan"])
    one, two = (run_in(count, store.root, tmp_path / str(count)) for count in (1, 2))
    for ours, theirs in zip(one, two, strict=True):
        largest = max(float(gradient.abs().max()) for gradient in ours)
        for a, b in zip(ours, theirs, strict=True):
            torch.testing.assert_close(a, b, rtol=1e-4, atol=1e-6 * largest)
    # Weights are not compared: before instance norm a bias has no gradient but rounding, which
    # Adam makes large. What the models answer is.
    models = [load(tmp_path / str(count) / "model").model for count in (1, 2)]
    x = samples(store, "train", models[0].directions["zebra"])
    with torch.no_grad():
        a, b = (model.translate(x, "zebra") for model in models)
    torch.testing.assert_close(a, b, rtol=0, atol=1e-3)
