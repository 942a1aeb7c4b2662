"""The suite's device tests: what came of each, also where there was no time for all."""

import os
import re
import signal
import subprocess
import sys
from typing import Any

RESULT = re.compile(r"^(tests/\S+::.*?) (PASSED|FAILED|ERROR|SKIPPED)\b")
QUICK = "vae or cyclegan"
ENDING = 15.0
"""Seconds that are left to say what failed."""


def run_device_tests(seconds: float, *, quick: bool) -> dict[str, Any]:
    """Run `pytest -m device` for so long at most; return counts, and the end of what it said."""
    command = [sys.executable, "-m", "pytest", "tests/device", "-m", "device", "-v", "-rfE"]
    command += ["--tb=short", "-p", "no:cacheprovider", "-o", "addopts="]
    command += ["--import-mode=importlib", *(["-k", QUICK] if quick else [])]
    with subprocess.Popen(
        command,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        env={**os.environ, "CI": "1"},  # or lines would be cut at 80 columns
    ) as process:
        try:
            said, _ = process.communicate(timeout=seconds - ENDING)
        except subprocess.TimeoutExpired:
            said = f"{stopped(process)}\nstopped after {seconds - ENDING:.0f} s"
    found: dict[str, list[str]] = {}
    for line in said.splitlines():
        if match := RESULT.match(line):
            found.setdefault(match[2].lower(), []).append(match[1])
    if not found:
        raise RuntimeError(f"no test ran:\n{said[-3000:]}")
    return {
        "passed": len(found.get("passed", [])),
        "skipped": found.get("skipped", []),
        "failed": found.get("failed", []) + found.get("error", []),
        "end": said[-50_000:] if set(found) != {"passed"} else said.strip().splitlines()[-1],
    }


def stopped(process: "subprocess.Popen[str]") -> str:
    """Stop pytest, and return what it said: all failures so far, if it gets to it."""
    process.send_signal(signal.SIGINT)
    try:
        said, _ = process.communicate(timeout=ENDING - 5)
    except subprocess.TimeoutExpired:
        process.kill()
        said, _ = process.communicate()
    return said
