"""Two processes on one machine learn what one does, and say when one of them is lost."""

import os
import signal
import socket
import subprocess
import sys
import textwrap
from pathlib import Path

import pytest
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

    store, root, name = Store(Path(sys.argv[1])), Path(sys.argv[2]), sys.argv[3]
    average, seen = training.average_gradients, []

    def record(parameters, world):
        average(parameters, world)
        seen.append([p.grad.clone() for p in parameters])

    training.average_gradients = record
    # The pool's draws are each process's own, so without it the two runs have the same mathematics.
    calm = {"pool": 0} if name == "cyclegan" else {}
    run = tiny.shrink(tiny.runs()[name], flip=False, crop=None, batch=2, precision="fp32",
                      ema=None, steps=5, log_every=5, **calm)
    training.train(run, store, root / "model", seed=7, curves=root / "curves",
                   scratch=root / "scratch")
    torch.save(seen[:2], root / "gradients.pt")  # of the first step; both ranks write the same
"""


def run_in(processes: int, name: str, store: Path, out: Path) -> list[list[torch.Tensor]]:
    """The first step's gradients, optimiser by optimiser, of toy training in so many processes."""
    script = out / "child.py"
    out.mkdir()
    script.write_text(textwrap.dedent(CHILD))
    paths = os.pathsep.join(map(str, (tiny.ROOT, tiny.ROOT / "tests")))
    launcher = ["-m", "torch.distributed.run", "--standalone", f"--nproc-per-node={processes}"]
    done = subprocess.run(
        [sys.executable, *(launcher if processes > 1 else []), script, str(store), str(out), name],
        env={**os.environ, "PYTHONPATH": paths, "OMP_NUM_THREADS": "1", "CUDA_VISIBLE_DEVICES": ""},
        capture_output=True,
        text=True,
        timeout=180,
    )
    assert done.returncode == 0, done.stderr
    gradients: list[list[torch.Tensor]] = torch.load(out / "gradients.pt", weights_only=True)
    return gradients


@pytest.mark.parametrize("name", ["cyclegan", "pix2pix"])  # instance norm, batch norm
def test_two_processes_learn_what_one_does(name, store_of, tmp_path):
    store = store_of(tiny.runs()[name])
    one, two = (run_in(count, name, store.root, tmp_path / str(count)) for count in (1, 2))
    for ours, theirs in zip(one, two, strict=True):
        largest = max(float(gradient.abs().max()) for gradient in ours)
        for a, b in zip(ours, theirs, strict=True):
            torch.testing.assert_close(a, b, rtol=1e-4, atol=1e-6 * largest)
    # Weights are not compared: before instance norm a bias has no gradient but rounding, which
    # Adam makes large. What the models answer is.
    models = [load(tmp_path / str(count) / "model").model for count in (1, 2)]
    to, source = next(iter(models[0].directions.items()))
    x = samples(store, "train", source)
    with torch.no_grad():
        a, b = (model.translate(x, to) for model in models)
    torch.testing.assert_close(a, b, rtol=0, atol=1e-3)
    kept = [list(model.buffers()) for model in models]  # batch norm's running statistics
    for a, b in zip(*kept, strict=True):
        torch.testing.assert_close(a, b, rtol=1e-3, atol=1e-3)


LOST = """
    import os, signal, sys
    from pathlib import Path
    import tiny
    from pipeline import batches, training
    from pipeline.datasets.store import Store
    from pipeline.errors import plainly

    store, root, killed_at = Store(Path(sys.argv[1])), Path(sys.argv[2]), int(sys.argv[3])
    read = batches.Batches.__call__

    def kill(self, step):
        if self.rank == 1 and step == killed_at:
            os.kill(os.getpid(), signal.SIGKILL)
        return read(self, step)

    batches.Batches.__call__ = kill
    run = tiny.shrink(tiny.runs()["cyclegan"], batch=2)  # with a pool, other in each process
    plainly(lambda: training.train(run, store, root / "model", seed=7, curves=root / "curves",
                                   scratch=root / "scratch"))
"""


def start_pair(
    store: Path, out: Path, killed_at: int, launch: int
) -> list[subprocess.CompletedProcess[str]]:
    """Two processes of one run, each started by hand, so that no launcher stops the survivor."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    common = {
        "PYTHONPATH": os.pathsep.join(map(str, (tiny.ROOT, tiny.ROOT / "tests"))),
        "OMP_NUM_THREADS": "1",
        "CUDA_VISIBLE_DEVICES": "",
        "MASTER_ADDR": "127.0.0.1",
        "MASTER_PORT": str(port),
        "TORCHELASTIC_RUN_ID": f"lost-{launch}",
        "GROUP_RANK": "0",
        "WORLD_SIZE": "2",
        "LOCAL_WORLD_SIZE": "2",
    }
    command = [sys.executable, "-c", textwrap.dedent(LOST), str(store), str(out), str(killed_at)]
    processes = [
        subprocess.Popen(
            command,
            env={**os.environ, **common, "RANK": str(rank), "LOCAL_RANK": str(rank)},
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )
        for rank in range(2)
    ]
    ends = []
    for process in processes:
        output, errors = process.communicate(timeout=120)
        ends.append(subprocess.CompletedProcess(command, process.returncode, output, errors))
    return ends


def test_a_lost_process_ends_the_run_with_a_message_and_it_goes_on(store_of, tmp_path):
    store = store_of(tiny.runs()["cyclegan"]).root
    left, lost = start_pair(store, tmp_path / "killed", killed_at=5, launch=0)
    assert lost.returncode == -signal.SIGKILL
    assert left.returncode == 1, left.stderr
    assert "error: another process of this run ended" in left.stderr
    assert "Traceback" not in left.stderr
    again = start_pair(store, tmp_path / "killed", killed_at=-1, launch=1)
    assert [end.returncode for end in again] == [0, 0], again[0].stderr
    assert "resuming at step 4" in again[0].stdout
    start_pair(store, tmp_path / "undisturbed", killed_at=-1, launch=2)
    assert tiny.tree(tmp_path / "killed") == tiny.tree(tmp_path / "undisturbed")
