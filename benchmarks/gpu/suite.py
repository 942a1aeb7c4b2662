"""The suite's device tests: what came of each, also where there was no time for all."""

import re
import subprocess
import sys
from typing import Any

RESULT = re.compile(r"^(tests/\S+::.*?) (PASSED|FAILED|ERROR|SKIPPED)\b")
QUICK = "vae or cyclegan"


def run_device_tests(seconds: float, *, quick: bool) -> dict[str, Any]:
    """Run `pytest -m device` for so long at most; return counts, and the end of what it said."""
    command = [
        sys.executable,
        "-m",
        "pytest",
        "tests/device",
        "-m",
        "device",
        "-v",
        "-rN",
        "--tb=short",
    ]
    command += ["-p", "no:cacheprovider", "-o", "addopts=", "--import-mode=importlib"]
    command += ["-k", QUICK] if quick else []
    with subprocess.Popen(
        command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True
    ) as process:
        try:
            said, _ = process.communicate(timeout=seconds - 5)
        except subprocess.TimeoutExpired:
            process.kill()
            said, _ = process.communicate()
            said += f"\nstopped after {seconds - 5:.0f} s"
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
        "end": said[-6000:] if set(found) != {"passed"} else said.strip().splitlines()[-1],
    }
