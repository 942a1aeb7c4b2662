"""Model cards: what each model is, what it was made from, and how well it does."""

from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from html import escape
from typing import Any

from demo.library import Library
from pipeline.capabilities import abilities


@dataclass(frozen=True)
class ModelCard:
    """One model's card, as the page and programs show it."""

    name: str
    method: str
    can: str
    data: str
    steps: int
    parameters: int
    date: str
    """Date at which its folder was written."""
    version: str
    """Of this package, when it was trained."""
    seed: int
    metrics: dict[str, dict[str, str]]
    """Task and metric -> whose value -> the value; empty where it was not evaluated."""


def read_cards(library: Library) -> list[ModelCard]:
    """Return the cards of all models that can be loaded."""
    return [read_card(library, name) for name in library.outlines]


def read_card(library: Library, name: str) -> ModelCard:
    """Return one model's card."""
    finished = library.outline(name)
    written = (library.folder / name / "params.json").stat().st_mtime
    return ModelCard(
        name=name,
        method=str(getattr(finished.params, "method", "-")),
        can=abilities(finished.model).replace("->", "→"),
        data=finished.params.data,
        steps=finished.params.steps,
        parameters=sum(p.numel() for p in finished.model.parameters()),
        date=datetime.fromtimestamp(written, UTC).date().isoformat(),
        version=finished.card.version,
        seed=finished.card.seed,
        metrics=read_metrics(library, name),
    )


def read_metrics(library: Library, name: str) -> dict[str, dict[str, str]]:
    """Return what evaluation found, where its file lies beside the models."""
    path = library.folder.parent / "evaluation" / name / "results.json"
    if not path.is_file():
        return {}
    from demo.metrics import metrics_of  # evaluation takes seconds to import, and much memory

    return metrics_of(path)


def to_json(library: Library) -> list[dict[str, Any]]:
    """Return the cards as programs get them."""
    return [asdict(card) for card in read_cards(library)]


def to_html(library: Library) -> str:
    """Return the cards as a list whose entries unfold."""
    unusable = [
        f"<p><b>{escape(name)}</b>: {escape(reason)}</p>"
        for name, reason in library.unusable.items()
    ]
    return "\n".join([*map(one_card, read_cards(library)), *unusable])


def one_card(card: ModelCard) -> str:
    """Return one entry."""
    facts = {
        "Data": card.data,
        "Training": f"{card.steps:,} steps, seed {card.seed}",
        "Parameters": f"{card.parameters:,}",
        "Written": card.date,
        "Code": f"crossdomain {card.version}",
    }
    rows = "".join(f"<dt>{key}</dt><dd>{escape(value)}</dd>" for key, value in facts.items())
    return (
        f'<details class="card"><summary><b>{escape(card.name)}</b> '
        f"<span>{escape(card.method)}: {escape(card.can)}</span></summary>"
        f"<dl>{rows}</dl>{metrics_table(card)}</details>"
    )


def metrics_table(card: ModelCard) -> str:
    """Write metrics beside their baselines."""
    if not card.metrics:
        return "<p>Not evaluated here: no metrics lie beside the models.</p>"
    lines = []
    for metric, found in card.metrics.items():
        baselines = ", ".join(f"{name} {value}" for name, value in list(found.items())[1:])
        own = found["this model"]
        lines.append(
            f"<tr><td>{escape(metric)}</td><td><b>{escape(own)}</b></td>"
            f"<td>{escape(baselines)}</td></tr>"
        )
    head = "<tr><th>Metric</th><th>This model</th><th>Beside</th></tr>"
    return f'<div class="metrics"><table>{head}{"".join(lines)}</table></div>'
