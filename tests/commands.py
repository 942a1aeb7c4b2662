"""Commands of Python's that cost no imports, which take most of the time of a stage or of DVC.

They run as ``python -m`` would run them, in processes of their own that `processes` forks.
"""

import json
import multiprocessing
import os
import socket
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import processes
from processes import Ended, run_module

CLIENT = """#!{python} -IS
# Asks for ``python -m`` with its own arguments, folder, environment and streams.
import json, os, socket, sys

asked = {{"arguments": sys.argv[2:], "folder": os.getcwd(), "environment": dict(os.environ)}}
with socket.socket(socket.AF_UNIX) as server:
    server.connect({address!r})
    socket.send_fds(server, [json.dumps(asked).encode() + b"\\n"], [0, 1, 2])
    sys.exit(int(server.makefile().readline() or 1))
"""


def run(module: str, *arguments: str, folder: Path, **environment: str) -> Ended:
    """Run ``python -m MODULE ARGUMENTS`` in a folder."""
    log = folder.parent / "said" / module
    return processes.start(run_module, module, arguments, folder, log=log, **environment).wait()


def dvc(folder: Path, *command: str, **environment: str) -> str:
    """Run a command of DVC that goes well; return what it prints."""
    done = run("dvc", *command, folder=folder, **environment)
    assert done.code == 0, done.output + done.errors
    return done.output


@contextmanager
def python_of(folder: Path) -> Iterator[str]:
    """Give a script that runs ``-m`` as Python would; while the block lasts."""
    address = folder / "python"
    with socket.socket(socket.AF_UNIX) as listening:
        listening.bind(str(address))
        listening.listen()
        started = processes.start(serve, listening, log=folder / "log")
        try:
            yield CLIENT.format(python=sys.executable, address=str(address))
        finally:
            started.process.kill()
            started.process.join()
            address.unlink()


def serve(listening: socket.socket) -> None:
    """Run what is asked for, one after the other."""
    forked = multiprocessing.get_context("fork")
    while True:
        asking, _ = listening.accept()
        with asking:
            message, streams, *_ = socket.recv_fds(asking, 2**16, 3)
            while not message.endswith(b"\n"):
                message += asking.recv(2**16)
            process = forked.Process(target=answer, args=(json.loads(message), streams))
            process.start()
            for stream in streams:
                os.close(stream)
            process.join()
            asking.sendall(str(process.exitcode).encode())


def answer(asked: dict[str, Any], streams: list[int]) -> None:
    """Become what is asked for."""
    for number, stream in enumerate(streams):
        os.dup2(stream, number)
    os.environ.clear()
    os.environ.update(asked["environment"])
    module, *arguments = asked["arguments"]
    run_module(module, arguments, Path(asked["folder"]))
