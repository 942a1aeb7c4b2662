"""python -m stages.evaluate NAME: numbers to data/metrics/NAME.json, figures beside them."""

import json
import shutil

from pipeline.capabilities import Classifier, Vocoder
from pipeline.datasets.store import Store
from pipeline.evaluation import evaluate
from pipeline.inference.finished import as_vocoder, load
from pipeline.params import Params, load_params
from stages.command import block, run_named
from stages.layout import CLASSIFIERS, EVALUATION, METRICS, MODELS, PARAMS, PREPARED


def main(name: str) -> None:
    """Evaluates one model, with the classifier of its data set where there is one."""
    params = load_params(PARAMS)
    data = block(params.runs, "models", name).data
    classifier = load(CLASSIFIERS / data).model if data in params.classifiers else None
    assert classifier is None or isinstance(classifier, Classifier)
    shutil.rmtree(EVALUATION / name, ignore_errors=True)
    finished, store = load(MODELS / name), Store(PREPARED / data)
    results = evaluate(finished, store, classifier, EVALUATION / name, vocoder_of(params))
    METRICS.mkdir(parents=True, exist_ok=True)
    (METRICS / f"{name}.json").write_text(json.dumps(results, indent=1) + "\n", encoding="utf-8")


def vocoder_of(params: Params) -> Vocoder | None:
    """The model that ``vocoder`` in params.yaml names; None for Griffin-Lim."""
    return None if params.vocoder is None else as_vocoder(load(MODELS / params.vocoder))


if __name__ == "__main__":
    run_named(main)
