"""Two hundred visitors in a row: memory stays flat, and no file is left behind."""

import itertools
import os
import signal
import socket
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import gradio_client
import pytest
import tiny

from demo.app import SESSIONS

COMMAND = [sys.executable, "-m", "pipeline.cli"]
REQUESTS, SETTLED = 200, 20 + SESSIONS
MEGABYTE = 2**20


@pytest.fixture
def started(models: Path, tmp_path: Path) -> Iterator[tuple[subprocess.Popen[str], str]]:
    """The command itself, in a process of its own, and its address."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = str(free.getsockname()[1])
    command = [*COMMAND, "demo", "--models", str(models), "--port", port]
    (tmp_path / "temporary").mkdir()
    environment = {**os.environ, "TMPDIR": str(tmp_path / "temporary"), "OMP_NUM_THREADS": "1"}
    environment.pop("GRADIO_TEMP_DIR", None)
    with subprocess.Popen(
        command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, env=environment
    ) as process:
        assert process.stdout is not None
        line = process.stdout.readline()
        yield process, line.split()[4]
        process.kill()


def memory(process: subprocess.Popen[str]) -> float:
    """Megabytes that a process holds, without files that it shares with whoever reads them."""
    status = Path(f"/proc/{process.pid}/status").read_text()
    (kilobytes,) = (line.split()[1] for line in status.splitlines() if line.startswith("RssAnon"))
    return int(kilobytes) * 1024 / MEGABYTE


def requests(number: int, folder: Path) -> Iterator[tuple[Any, ...]]:
    """An endpoint and its inputs, of all kinds, each time others, and one that is refused."""
    tiny.write_sound(folder / "in.wav", number, 0.4)
    tiny.write_picture(folder / "in.png", number, 24 + number % 7, 32)
    (folder / "bad.png").write_bytes(b"nonsense")
    sound, picture, bad = (
        gradio_client.handle_file(folder / name) for name in ("in.wav", "in.png", "bad.png")
    )
    to = ("cyclegan/zebra", "cyclegan/horse", "cut/zebra", "pix2pix/scene")[number % 4]
    yield "/translate_picture", picture, to, None
    yield "/sample", "vae", 9, number, "any", 1, 0, 1
    yield "/interpolate", "dcgan", number, 1
    yield "/explore", "vae", number, None, *[0.1] * 8
    yield "/translate_picture", bad, to, None
    yield "/reconstruct", picture, ["vae"]
    yield "/compare_pictures", picture, [to]
    if number % 3 == 0:
        yield "/convert_voice", sound, "voice_cyclegan/arthur", "griffin-lim"


def answer(client: gradio_client.Client, endpoint: str, *inputs: Any) -> bool:
    """Tell whether a new visitor's request is answered.

    It may only be refused in the words for a bad picture.
    """
    client.reset_session()
    try:
        client.predict(*inputs, api_name=endpoint)
    except gradio_client.exceptions.AppError as error:
        if "not a picture" not in str(error):
            raise
        return False
    return True


@pytest.mark.skipif(not Path("/proc/self/status").exists(), reason="needs Linux's /proc")
def test_memory_stays_flat_and_nothing_is_left(
    started: tuple[subprocess.Popen[str], str], tmp_path: Path
) -> None:
    process, address = started
    temporary = tmp_path / "temporary"
    client = gradio_client.Client(
        address,
        verbose=False,
        download_files=False,
        ssl_verify=False,  # else each request reads all certificates for a plain connection
    )
    rounds = (requests(number, tmp_path) for number in itertools.count())
    every = itertools.islice(itertools.chain.from_iterable(rounds), REQUESTS)
    refused = sum(not answer(client, *request) for request in itertools.islice(every, SETTLED))
    settled = memory(process)
    refused += sum(not answer(client, *request) for request in every)
    assert refused == pytest.approx(REQUESTS / 7.3, abs=3)
    last = memory(process)
    assert any(path.is_file() for path in temporary.rglob("*"))
    print(f"{settled:.0f} MB after request {SETTLED}, {last:.0f} MB after request {REQUESTS}")
    assert last <= 1.04 * settled
    client.close()
    process.send_signal(signal.SIGTERM)
    _, log = process.communicate(timeout=20)
    assert "Traceback" not in log
    left = {path.name for path in temporary.rglob("*") if path.is_file()}
    assert left <= {".ses"}  # onnxruntime's, where it is installed
