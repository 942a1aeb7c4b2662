"""python -m stages.evaluate NAME: what model NAME can do, in numbers and figures.

All of it goes to data/evaluation/NAME, the numbers as results.json; data/metrics/NAME.json has the
few that `dvc metrics` shows.
"""

import shutil

from pipeline.codecs import Codec, WorldCodec
from pipeline.datasets.store import Store
from pipeline.evaluation import Networks, evaluate, load_networks
from pipeline.evaluation.headline import headline
from pipeline.evaluation.results import RESULTS, write_results
from pipeline.inference.finished import load
from pipeline.monitoring.record import EVALUATION as RECORD
from pipeline.monitoring.record import Stopwatch
from pipeline.params import Params, load_params
from pipeline.system.files import sha256_of
from pipeline.system.json_files import write_json
from stages.command import block, run_named
from stages.layout import CLASSIFIERS, EVALUATION, LOGS, METRICS, MODELS, PARAMS, PREPARED


def main(name: str) -> None:
    """Evaluate one model, with the classifier of its data set where there is one."""
    stopwatch = Stopwatch()
    params = load_params(PARAMS)
    data = block(params.runs, "models", name).data
    shutil.rmtree(EVALUATION / name, ignore_errors=True)
    finished, store = load(MODELS / name), Store(PREPARED / data)
    networks = networks_for(params, data, store.codec)
    told: dict[str, float] = {}
    results = evaluate(finished, store, networks, EVALUATION / name, told=told.__setitem__)
    write_results(EVALUATION / name / RESULTS, results)
    write_json(METRICS / f"{name}.json", headline(results))
    checksum = sha256_of(EVALUATION / name / RESULTS)
    stopwatch.record(LOGS / name / RECORD, finished.card.weights, results=checksum, **told)


def networks_for(params: Params, data: str, codec: Codec) -> Networks:
    """Load the networks that models of a data set are measured with.

    The vocoder of params.yaml is for mel spectrograms: WORLD makes sound of its parameters itself.
    """
    own_vocoder = isinstance(codec, WorldCodec)
    return load_networks(
        codec,
        classifier=CLASSIFIERS / data if data in params.classifiers else None,
        vocoder=None if params.vocoder is None or own_vocoder else MODELS / params.vocoder,
        **params.evaluation.model_dump(),
    )


if __name__ == "__main__":
    run_named(main)
