"""python -m stages.evaluate NAME: what model NAME can do, in numbers and figures.

All of it goes to data/evaluation/NAME, the numbers as results.json; data/metrics/NAME.json has the
few that `dvc metrics` shows.
"""

import json
import shutil
from pathlib import Path
from typing import Any

from pipeline.capabilities import Classifier, Vocoder
from pipeline.datasets.store import Store
from pipeline.evaluation import evaluate
from pipeline.evaluation.headline import RESULTS, headline
from pipeline.inference.finished import as_vocoder, load
from pipeline.params import Params, load_params
from stages.command import block, run_named
from stages.layout import CLASSIFIERS, EVALUATION, METRICS, MODELS, PARAMS, PREPARED


def main(name: str) -> None:
    """Evaluate one model, with the classifier of its data set where there is one."""
    params = load_params(PARAMS)
    data = block(params.runs, "models", name).data
    classifier = load(CLASSIFIERS / data).model if data in params.classifiers else None
    assert classifier is None or isinstance(classifier, Classifier)
    shutil.rmtree(EVALUATION / name, ignore_errors=True)
    finished, store = load(MODELS / name), Store(PREPARED / data)
    results = evaluate(finished, store, classifier, EVALUATION / name, vocoder_of(params))
    write_json(EVALUATION / name / RESULTS, results)
    write_json(METRICS / f"{name}.json", headline(results))


def write_json(path: Path, content: dict[str, Any]) -> None:
    """Write a dictionary as a file of its own."""
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(json.dumps(content, indent=1) + "\n", encoding="utf-8")


def vocoder_of(params: Params) -> Vocoder | None:
    """Return the model that ``vocoder`` in params.yaml names; None for Griffin-Lim."""
    return None if params.vocoder is None else as_vocoder(load(MODELS / params.vocoder))


if __name__ == "__main__":
    run_named(main)
