"""A lab's page, in the report's look, and its numbers as results.json."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from pipeline.labs.findings import Finding
from pipeline.labs.plotting import to_png
from pipeline.report.render import INDEX, Site, asset, environment_of, page
from pipeline.system.files import made, write
from pipeline.system.json_files import write_json

REPORT = "../report/index.html"
STYLE = "style.css"


@dataclass(frozen=True)
class Lab:
    """The subject of a page of experiments."""

    title: str
    lead: str
    """The beginning of a sentence that counts its experiments, and says what they measure."""


def build_page(lab: Lab, findings: Sequence[Finding], seed: int, out: Path) -> None:
    """Write the page to the folder ``out``, whole or not at all; equal findings, equal bytes."""
    with made(out) as partial:
        for finding in findings:
            if finding.figure is not None:
                write(partial / f"{finding.name}.png", to_png(finding.figure))
            for name, content in finding.pictures.items():
                write(partial / name, content)
        write(partial / STYLE, asset(STYLE).encode())
        write(partial / INDEX, render(lab, findings, seed).encode())
        write_json(partial / "results.json", numbers(findings))


def render(lab: Lab, findings: Sequence[Finding], seed: int) -> str:
    """Render the page as HTML."""
    checks = [check for finding in findings for check in finding.checks]
    return page(
        environment_of(Site(seed, [], [])),
        "lab.html",
        INDEX,
        lab=lab,
        findings=findings,
        seed=seed,
        report=REPORT,
        held=sum(check.holds is True for check in checks),
        expected=sum(check.holds is not None for check in checks),
    )


def numbers(findings: Sequence[Finding]) -> dict[str, dict[str, dict[str, object]]]:
    """Return every number by the names of its experiment and its own."""
    return {
        finding.name: {
            check.name: {"value": check.value, "expected": check.expected, "holds": check.holds}
            for check in finding.checks
        }
        for finding in findings
    }
