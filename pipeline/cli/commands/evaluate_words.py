"""Results of an evaluation, as a terminal shows them."""

from pipeline.cli.commands.words import (
    better,
    in_order,
    interval,
    number,
    spoken,
    table,
    titled,
    wrapped,
)
from pipeline.evaluation.memory import COPIES, NEARER
from pipeline.evaluation.metric_table import CEILINGS, merit
from pipeline.evaluation.results import MODEL, Measured, Results, Rows, Verdict

HEADER = ("metric", "better", "model", "95 %", "baselines; ceilings")


def summary(results: Results, width: int = 100) -> str:
    """Write a table for each task, the verdicts on them, and what was not measured."""
    blocks = [task_block(task, results, width) for task in results.tasks]
    if results.missing:
        blocks.append(missing_block(results, width))
    return "\n\n".join("\n".join(block) for block in blocks)


def task_block(task: str, results: Results, width: int) -> list[str]:
    """Write one task: its metrics, the model's values beside others, the verdict."""
    metrics = results.tasks[task]
    rows = [row_of(name, metrics[name]) for name in in_order(list(metrics))]
    lines = [f"  {line}" for line in table([HEADER, *rows], width - 2)]
    verdict = results.verdicts.get(task)
    said: list[str] = []
    if verdict is not None:
        words = sentence(verdict, metrics[verdict.metric].values)
        said = wrapped(words, width, "  ", "  ")
    for remark in results.remarks.get(task, []):
        said += wrapped(remark.words, width, "  ", "  ")
    return [spoken(task), *lines, *said]


def row_of(metric: str, measured: Measured) -> tuple[str, ...]:
    """Write the cells of a metric."""
    values, bounds = measured.values, measured.intervals.get(MODEL)
    others = {name: f"{spoken(name)} {number(values[name])}" for name in values if name != MODEL}
    baselines = ", ".join(text for name, text in others.items() if name not in CEILINGS)
    ceilings = ", ".join(text for name, text in others.items() if name in CEILINGS)
    return (
        titled(metric),
        better(metric),
        number(values[MODEL]) if MODEL in values else "-",
        "" if bounds is None else interval(bounds),
        "; ".join(part for part in (baselines, ceilings) if part),
    )


def rival(metric: str) -> str:
    """Say what a cost is beside: samples that remember are compared with new data."""
    return "new data" if metric in (*NEARER, COPIES) else "a baseline"


def sentence(verdict: Verdict, values: Rows) -> str:
    """Say a verdict, with what it rests on and what it costs; ``values``: those of its metric."""
    metric = titled(verdict.metric)
    if verdict.baseline is None or verdict.outcome is None:
        return f"No verdict: no baseline stands beside the model by {metric}. {verdict.reason}"
    costs = "; ".join(
        f"{titled(cost.metric)} is {number(cost.model)}, and {rival(cost.metric)} has "
        f"{number(cost.baseline)}"
        for cost in verdict.costs
    )
    baseline = f"the strongest baseline, {spoken(verdict.baseline)}"
    beaten = merit(verdict.metric, values[MODEL]) > merit(verdict.metric, values[verdict.baseline])
    said = {
        "better": f"Better than {baseline}",
        "level": f"Not to be told from {baseline}",
        "behind": f"Not enough, though better than {baseline}" if beaten else f"Behind {baseline}",
        "trade_off": f"Better than {baseline}, at a price",
        "too_few": f"Of too few items to tell from {baseline}",
    }[verdict.outcome]
    price = f" ({costs})" if costs else ""
    return f"{said}, by {metric}{price}. {verdict.reason}"


def missing_block(results: Results, width: int) -> list[str]:
    """List what could not be measured, by the reason."""
    found: dict[str, dict[str, list[str]]] = {}
    for missing in results.missing:
        metrics = found.setdefault(missing.reason, {}).setdefault(missing.task, [])
        if missing.metric not in metrics:
            metrics.append(missing.metric)
    lines = ["not measured"]
    for reason, tasks in found.items():
        alike: dict[tuple[str, ...], list[str]] = {}
        for task, metrics in tasks.items():
            alike.setdefault(tuple(in_order(metrics)), []).append(spoken(task))
        for same, names in alike.items():
            what = f"{', '.join(names)}: {'; '.join(map(titled, same))}: {reason}"
            lines += wrapped(what, width, "  ", "      ")
    return lines
