"""Two processes on one machine learn what one does, and say when one of them is lost."""

import signal
import socket
from pathlib import Path

import processes
import pytest
import tiny
import torch
from processes import Ended, train_and_keep_gradients, train_till_killed
from torch.distributed.launcher.api import LaunchConfig, elastic_launch

from pipeline.evaluation.data import read_samples
from pipeline.inference.finished import load
from pipeline.training.readers import reader_of
from pipeline.training.statistics import BATCHES

NORMS = {"cyclegan": "instance", "pix2pix": "batch"}
MANY = "adain_world"
"""Of two speakers in batches of two, so each of two processes sees one of them alone."""


@pytest.fixture(scope="module")
def trained(store_of, tmp_path_factory) -> list[Path]:
    """Train each of `NORMS` by one process and by two; return where they left what they learnt.

    And `MANY`, whose noise is each process's own.
    """
    stores = {name: store_of(tiny.runs()[name]).root for name in (*NORMS, MANY)}
    one, two = (tmp_path_factory.mktemp(f"{count}") for count in (1, 2))
    alone = processes.start(train_and_keep_gradients, one, stores, log=one / "log")
    end = alone.wait()
    assert end.code == 0, end.errors
    elastic_launch(as_torchrun(2), train_and_keep_gradients)(two, stores)
    return [one, two]


def as_torchrun(count: int) -> LaunchConfig:
    """Configure a launch as ``torchrun --standalone --nproc-per-node`` does."""
    processes.wake_server()
    return LaunchConfig(
        min_nodes=1,
        max_nodes=1,
        nproc_per_node=count,
        rdzv_backend="c10d",
        rdzv_endpoint="localhost:0",
        start_method="forkserver",
    )


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
    source, to = models[0].pairs()[0]
    x = read_samples(store_of(tiny.runs()[name]), "train", source)
    with torch.no_grad():
        a, b = (model.translate(x, to) for model in models)
    torch.testing.assert_close(a, b, rtol=0, atol=1e-3)
    kept = [list(model.buffers()) for model in models]  # batch norm's running statistics
    assert bool(kept[0]) == (NORMS[name] == "batch")
    for a, b in zip(*kept, strict=True):
        torch.testing.assert_close(a, b, rtol=1e-3, atol=1e-3)


def test_each_speaker_is_known_by_whole_batches(trained, store_of):
    _, two = trained
    finished = load(two / MANY / "model")
    read = reader_of(store_of(finished.params), finished.params, seed=7, device=torch.device("cpu"))
    batches = [read(step) for step in range(BATCHES)]
    for number, known in enumerate(finished.model.known.mean):
        x = torch.cat([batch.x[batch.y == number] for batch in batches])
        assert len(x) == BATCHES
        with torch.no_grad():
            expected = finished.model.embed(x).mean(dim=0)
        torch.testing.assert_close(known, expected, rtol=1e-4, atol=1e-6)


def start_pair(store: Path, out: Path, killed_at: int | None = None) -> list[Ended]:
    """Two processes of one run, each started by hand, so that no launcher stops the survivor."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    common = {
        "MASTER_ADDR": "127.0.0.1",
        "MASTER_PORT": str(port),
        "TORCHELASTIC_RUN_ID": f"lost-{port}",
        "GROUP_RANK": "0",
        "WORLD_SIZE": "2",
        "LOCAL_WORLD_SIZE": "2",
    }
    changes = {"batch": 2}  # with a pool, other in each process
    pair = [
        processes.start(
            train_till_killed,
            *("cyclegan", store, out, killed_at, 1, changes),
            log=out.with_name(f"{out.name}-{rank}"),
            **common,
            RANK=str(rank),
            LOCAL_RANK=str(rank),
        )
        for rank in range(2)
    ]
    return [process.wait() for process in pair]


def test_a_lost_process_ends_the_run_with_a_message_and_it_goes_on(store_of, tmp_path):
    store = store_of(tiny.runs()["cyclegan"]).root
    left, lost = start_pair(store, tmp_path / "killed", killed_at=5)
    assert lost.code == -signal.SIGKILL
    assert left.code == 1, left.errors
    assert "error: another process of this run ended" in left.errors
    assert "Traceback" not in left.errors
    again = start_pair(store, tmp_path / "killed")
    assert [end.code for end in again] == [0, 0], again[0].errors
    assert "resuming at step 4" in again[0].output
    start_pair(store, tmp_path / "undisturbed")
    assert tiny.tree(tmp_path / "killed") == tiny.tree(tmp_path / "undisturbed")
