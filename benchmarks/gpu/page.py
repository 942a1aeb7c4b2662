"""The results as gpu.json and as a page of tables."""

from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from benchmarks.gpu.parts import Outcomes, words
from pipeline.system.files import write
from pipeline.system.json_files import write_json

STEPS = "steps/"
PRODUCTS = {"plain fp32": "fp32", "ours fp32": "tf32"}
"""Precision that competitors multiply in, others in bf16: torch's convolutions take TF32 where
nobody says otherwise."""


def write_results(folder: Path, outcomes: Outcomes) -> None:
    """Write both, each whole or not at all."""
    date = datetime.now(UTC).isoformat(timespec="seconds")
    write_json(folder / "gpu.json", {"date": date, "parts": outcomes})
    write(folder / "gpu.md", page(outcomes, date).encode())


def page(outcomes: Outcomes, date: str) -> str:
    """Return the page: a section for each part that is done, the others in a list."""
    done = {name: o["result"] for name, o in outcomes.items() if o["status"] == "done"}
    sections = [f"# GPU, {date}"]
    writers: dict[str, Callable[[Any], str]] = {
        "machine": machine,
        "device tests": device_tests,
        "using": using,
        "projection": projection,
    }
    sections += [f"## {name}\n\n{of(done[name])}" for name, of in writers.items() if name in done]
    cases = {n.removeprefix(STEPS): found for n, found in done.items() if n.startswith(STEPS)}
    if cases:
        peaks = done.get("machine", {}).get("peaks", {})
        sections.insert(2, f"## training steps\n\n{steps(cases, peaks)}")
    others = [f"- {name}: {words(o)}" for name, o in outcomes.items() if o["status"] != "done"]
    if others:
        sections.append("## failed or skipped\n\n" + "\n".join(others))
    return "\n\n".join(sections) + "\n"


def machine(found: Mapping[str, Any]) -> str:
    """Write what the machine is, and its peaks."""
    facts = ", ".join(f"{name}: {value}" for name, value in found["machine"].items())
    peaks = ", ".join(f"{name} {value:.3g}" for name, value in found["peaks"].items())
    return f"{facts}\n\nMeasured peaks: {peaks}\n\n```\n{found['doctor']}\n```"


def device_tests(found: Mapping[str, Any]) -> str:
    """Write the counts, and the names of those that failed."""
    failed = "".join(f"\n- failed: {name}" for name in found["failed"])
    return f"{found['passed']} passed, {len(found['failed'])} failed{failed}"


def steps(cases: Mapping[str, Any], peaks: Mapping[str, float]) -> str:
    """Write a row for each case and competitor, against plain fp32 and plain bf16."""
    lines = [
        "| case | competitor | steps/s | x plain fp32 | x plain bf16 | share of peak | GiB | waits "
        "| to first step, s |",
        "|---|---|---|---|---|---|---|---|---|",
    ]
    for case, found in cases.items():
        speeds = {n: c.get("steps_per_second") for n, c in found["competitors"].items()}
        for name, values in found["competitors"].items():
            if "failed" in values:
                lines.append(f"| {case} | {name} | {cell(values['failed'])} | | | | | | |")
                continue
            speed = values["steps_per_second"]
            peak = peaks.get(f"{PRODUCTS.get(name, 'bf16')}_tflops")
            lines.append(
                f"| {case} | {name} | {speed:.3g} | {ratio(speed, speeds.get('plain fp32'))} "
                f"| {ratio(speed, speeds.get('plain bf16'))} "
                f"| {share(found['flops'] * speed, peak)} | {number(values['memory_gib'])} "
                f"| {number(values['waits'])} | {number(values['seconds_to_first_step'])} |"
            )
    return "\n".join(lines)


def using(found: Mapping[str, Any]) -> str:
    """Write what models in use make a second."""
    lines = ["| case | unit | plain fp32 | ours | x |", "|---|---|---|---|---|"]
    for case, values in found.items():
        if "failed" in values:
            lines.append(f"| {case} | {cell(values['failed'])} | | | |")
            continue
        plain, ours = values["plain fp32"], values["ours"]
        lines.append(
            f"| {case} | {values['unit']} | {plain:.3g} | {ours:.3g} | {ratio(ours, plain)} |"
        )
    return "\n".join(lines)


def projection(found: Mapping[str, Any]) -> str:
    """Write how long recipes/horse2zebra-256 would take."""
    return (
        f"recipes/horse2zebra-256: {found['steps_per_second']:.3g} steps/s, so its "
        f"{found['steps_of_the_recipe']:,} steps take {found['hours_of_the_recipe']:.1f} hours; "
        f"waiting for data {found['waiting']:.1%} of the time, {found['memory_gib']:.2f} GiB"
    )


def ratio(value: float, of: float | None) -> str:
    """Write how many times as much ``value`` is."""
    return "" if of is None else f"x{value / of:.2f}"


def share(flops: float, peak: float | None) -> str:
    """Write the share of a peak of so many TFLOP/s."""
    return "" if peak is None else f"{flops / (peak * 1e12):.1%}"


def number(value: float | None) -> str:
    """Write a number, or nothing for None."""
    return "" if value is None else f"{value:.3g}"


def cell(text: str) -> str:
    """Write a text so that it fits a table's cell."""
    return text.replace("|", "/").replace("\n", " ")[:160]
