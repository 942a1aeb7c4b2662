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

from pipeline.evaluation.data import read_samples
from pipeline.inference.finished import load

CHILD = """
    import sys
    from pathlib import Path
    import tiny
    import torch
    from pipeline.training import train as training
    from pipeline.datasets.store import Store

    average, seen = training.average_gradients, []

    def record(parameters, world):
        average(parameters, world)
        seen.append([p.grad.clone() for p in parameters])

    training.average_gradients = record
    for name, store in zip(sys.argv[2::2], sys.argv[3::2]):
        root = Path(sys.argv[1]) / name
        # The pool's draws are each process's own: without it the two runs' mathematics is the same.
        calm = {"pool": 0} if name == "cyclegan" else {}
        run = tiny.shrink(tiny.runs()[name], flip=False, crop=None, batch=2, precision="fp32",
                          ema=None, steps=5, log_every=5, **calm)
        training.train(run, Store(Path(store)), root / "model", seed=7, curves=root / "curves",
                       scratch=root / "scratch")
        torch.save(seen[:2], root / "gradients.pt")  # of the first step; both ranks write the same
        seen.clear()
"""
NORMS = {"cyclegan": "instance", "pix2pix": "batch"}


@pytest.fixture(scope="module")
def trained(store_of, tmp_path_factory) -> list[Path]:
    """Where one process, and where two, left what they learnt of each of `NORMS`."""
    stores = {name: store_of(tiny.runs()[name]) for name in NORMS}
    places = [str(word) for name, store in stores.items() for word in (name, store.root)]
    return [run_in(count, places, tmp_path_factory.mktemp(f"{count}")) for count in (1, 2)]


def run_in(processes: int, places: list[str], out: Path) -> Path:
    """Toy training in so many processes, of each name on the store behind it in ``places``."""
    script = out / "child.py"
    script.write_text(textwrap.dedent(CHILD))
    paths = os.pathsep.join(map(str, (tiny.ROOT, tiny.ROOT / "tests")))
    launcher = ["-m", "torch.distributed.run", "--standalone", f"--nproc-per-node={processes}"]
    done = subprocess.run(
        [sys.executable, *(launcher if processes > 1 else []), script, str(out), *places],
        env={**os.environ, "PYTHONPATH": paths, "OMP_NUM_THREADS": "1", "CUDA_VISIBLE_DEVICES": ""},
        capture_output=True,
        text=True,
        timeout=180,
    )
    assert done.returncode == 0, done.stderr
    return out


@pytest.mark.parametrize("name", NORMS)
def test_two_processes_learn_what_one_does(name, trained, store_of):
    one, two = (torch.load(out / name / "gradients.pt", weights_only=True) for out in trained)
    for ours, theirs in zip(one, two, strict=True):
        largest = max(float(gradient.abs().max()) for gradient in ours)
        for a, b in zip(ours, theirs, strict=True):
            torch.testing.assert_close(a, b, rtol=1e-4, atol=1e-6 * largest)
    # Weights are not compared: before instance norm a bias has no gradient but rounding, which
    # Adam makes large. What the models answer is.
    models = [load(out / name / "model").model for out in trained]
    to, source = next(iter(models[0].directions.items()))
    x = read_samples(store_of(tiny.runs()[name]), "train", source)
    with torch.no_grad():
        a, b = (model.translate(x, to) for model in models)
    torch.testing.assert_close(a, b, rtol=0, atol=1e-3)
    kept = [list(model.buffers()) for model in models]  # batch norm's running statistics
    assert bool(kept[0]) == (NORMS[name] == "batch")
    for a, b in zip(*kept, strict=True):
        torch.testing.assert_close(a, b, rtol=1e-3, atol=1e-3)


LOST = """
    import os, signal, sys
    from pathlib import Path
    import tiny
    from pipeline.training import readers
    from pipeline.training import train as training
    from pipeline.datasets.store import Store
    from pipeline.errors import exit_on_user_error

    store, root, killed_at = Store(Path(sys.argv[1])), Path(sys.argv[2]), int(sys.argv[3])
    read = readers.Reader.__call__

    def kill(self, step):
        if self.rank == 1 and step == killed_at:
            os.kill(os.getpid(), signal.SIGKILL)
        return read(self, step)

    readers.Reader.__call__ = kill
    run = tiny.shrink(tiny.runs()["cyclegan"], batch=2)  # with a pool, other in each process
    exit_on_user_error(lambda: training.train(run, store, root / "model", seed=7, curves=root / "curves",
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
