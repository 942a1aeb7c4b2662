"""`crossdomain compare`: the results of several models beside each other."""

import json
from collections import Counter
from collections.abc import Sequence
from pathlib import Path

from pipeline.cli.app import OWN_EVALUATIONS
from pipeline.cli.commands.compare_rows import Entry, compare
from pipeline.cli.commands.compare_words import as_content, reasons, table_of
from pipeline.cli.commands.words import terminal_width
from pipeline.errors import UserError, some
from pipeline.evaluation.results import RESULTS, read_results
from pipeline.inference.finished import find_models
from pipeline.monitoring.record import EVALUATION
from pipeline.report.runs import Facts, read_log
from pipeline.system.files import sha256_of


def run(names: Sequence[str], models: Path, *, as_json: bool) -> str:
    """Compare models by their results: a table, or JSON.

    Raises UserError where results are not there, or no number may stand beside another.
    """
    found, width = compare(read_entries(names, models)), terminal_width()
    if not found.rows:
        raise UserError(
            "\n".join(["none of these numbers may share a row", *reasons(found, width)])
        )
    return json.dumps(as_content(found), indent=1) if as_json else table_of(found, width)


def read_entries(names: Sequence[str], models: Path) -> list[Entry]:
    """Read the results of models, each under the model's own name where that tells them apart.

    Raises UserError where results are not there, damaged, or given twice.
    """
    paths = [results_of(name, models) for name in names]
    if twice := [str(path) for path, count in Counter(paths).items() if count > 1]:
        raise UserError(f"{twice[0]} was given twice: name results of two models or more")
    found = [read_results(path) for path in paths]
    own = [str(results.protocol.get("model", "")) for results in found]
    alone = {name for name, count in Counter(own).items() if name and count == 1}
    labels = [name if name in alone else given for name, given in zip(own, names, strict=True)]
    return [
        Entry(label, results, record_of(path, str(results.protocol.get("weights", ""))))
        for label, path, results in zip(labels, paths, found, strict=True)
    ]


def record_of(results: Path, weights: str) -> Facts | None:
    """Find the record of an evaluation: beside its results, or of a stage among the logs.

    None where there is none, or that of other weights or of another run's results, as DVC may have
    brought back.
    """
    folder = results.parent
    for path in (folder / EVALUATION, folder.parent.parent / "logs" / folder.name / EVALUATION):
        record = read_log(path)
        if record is None or record["weights"] != weights:
            continue
        checksum = sha256_of(results)
        if record.get("results", checksum) == checksum:
            return record
    return None


def results_of(name: str, models: Path) -> Path:
    """Find the results of a model: a file, a folder with one, or the evaluation of a model that is
    named as a folder or below ``models``.

    Raises UserError with the models that have results.
    """
    given, below = Path(name), models.parent / "evaluation"
    places = [given, given / RESULTS, below / name / RESULTS, OWN_EVALUATIONS / name / RESULTS]
    if (given / "params.json").is_file():
        folder = given.absolute()
        places.append(folder.parent.parent / "evaluation" / folder.name / RESULTS)
    for path in places:
        if path.is_file():
            return path.resolve()
    there = [path.parent.name for path in sorted(below.glob(f"*/{RESULTS}"))]
    if name in {folder.name for folder in find_models(models)}:
        raise UserError(
            f"'{name}' has no results in {below / name}: run `crossdomain repro evaluate@{name}`, "
            f"or `crossdomain evaluate {name} --data FOLDER`"
        )
    raise UserError(
        f"no results of '{name}': neither a {RESULTS}, nor a folder with one, nor a name below "
        f"{below} (there: {some(there)})"
    )
