"""`crossdomain evaluate`: a finished model, measured on a folder of the user's own."""

import shutil
import sys
from collections.abc import Sequence
from pathlib import Path

from pipeline.capabilities import Vocoder, abilities
from pipeline.cli.app import OWN_EVALUATIONS
from pipeline.cli.commands.evaluate_networks import Wishes, networks_for
from pipeline.cli.commands.evaluate_sources import choose_data
from pipeline.cli.commands.evaluate_words import summary
from pipeline.cli.commands.words import spoken, terminal_width
from pipeline.codecs import SoundCodec
from pipeline.datasets.contents import SYSTEM_FILES
from pipeline.datasets.survey.names import block_name, folder_name
from pipeline.errors import UserError
from pipeline.evaluation import EVALUATIONS, Networks, evaluate
from pipeline.evaluation.results import RESULTS, write_results
from pipeline.inference.finished import FinishedModel, load, unable
from pipeline.monitoring.record import EVALUATION, Stopwatch
from pipeline.system.files import check_folder, made, sha256_of
from pipeline.system.lock import locked

MADE = {".png", ".json", ".wav"}
"""The endings of what an evaluation writes."""


def run(
    folder: Path,
    data: Path,
    out: Path | None,
    wishes: Wishes,
    *,
    domains: Sequence[str] = (),
    layout: str = "auto",
    limit: int | None = None,
) -> None:
    """Evaluate the model in ``folder`` on ``data``, and print what was found.

    Writes to ``out`` what the stage `evaluate` writes, and the record that it leaves in its logs,
    whole or not at all. Raises UserError where the data does not suit the model, or ``out`` holds
    what no evaluation made.
    """
    stopwatch = Stopwatch()
    finished = load(folder)
    check_measured(finished)
    name = block_name(folder_name(data))
    out = (out or OWN_EVALUATIONS / f"{finished.name}-{name}").resolve()
    check_out(out, data.resolve())
    chosen = choose_data(finished, data, domains, layout, limit)
    print("\n".join([f"{finished.name}, which can {abilities(finished.model)}", *chosen.lines]))
    networks = networks_for(finished, folder, wishes)
    print("\n".join(measured_by(networks, finished)))
    with locked(out.with_name(f".{out.name}.lock"), f"evaluation of {out.name}"), made(out) as new:
        store = chosen.open(new / ".prepared" / name)
        told: dict[str, float] = {}
        results = evaluate(finished, store, networks, new, begun=announce, told=told.__setitem__)
        results.protocol.update(chosen.aspects)
        if not results.tasks:
            raise UserError(f"nothing could be measured\n{summary(results, terminal_width())}")
        shutil.rmtree(new / ".prepared", ignore_errors=True)
        write_results(new / RESULTS, results)
        checksum = sha256_of(new / RESULTS)
        stopwatch.record(new / EVALUATION, finished.card.weights, results=checksum, **told)
    print(f"\n{summary(results, terminal_width())}")
    what = "figures and sounds" if isinstance(finished.codec, SoundCodec) else "figures"
    print(f"\n{shown(out / RESULTS)}, with {what} beside it")


def measured_by(networks: Networks, finished: FinishedModel) -> list[str]:
    """Say which networks measure, of those that may be chosen."""
    lines = [f"  classifier: that of {networks.classifier_data}"]
    if networks.classifier is None:
        lines = [f"  without a classifier: {networks.missing['classifier']}"]
    if isinstance(finished.codec, SoundCodec) and not isinstance(finished.model, Vocoder):
        lines.append(f"  vocoder: {networks.vocoder_name.partition(',')[0]}")
    return lines


def check_measured(finished: FinishedModel) -> None:
    """Raise UserError where a model can nothing that is measured."""
    if not any(isinstance(finished.model, entry.capability) for entry in EVALUATIONS):
        raise unable(finished, "do anything that is measured")


def check_out(out: Path, data: Path) -> None:
    """Raise UserError where results at ``out`` would replace what no evaluation made.

    Or would become part of the data. Both paths are absolute.
    """
    here = Path.cwd()
    if out in (here, *here.parents):
        raise UserError(f"--out {out}: expected a folder of its own for the results")
    if data in (out, *out.parents) or out in data.parents:
        raise UserError(
            f"--out {out}: results and data ({data}) must not lie in each other; name another place"
        )
    check_folder(out)
    files = [file for file in out.rglob("*") if not file.is_dir()]
    kept = SYSTEM_FILES | {".ds_store"}  # by a system, beside whatever lies in a folder
    own = [file for file in files if file.name.lower() not in kept]
    strangers = [file for file in own if file.suffix not in MADE]
    if strangers or (own and not (out / RESULTS).is_file()):
        found = (strangers or own)[0].relative_to(out)
        raise UserError(
            f"--out {out}: expected a new folder or an earlier evaluation, found {found} there: "
            "choose another one"
        )


def announce(task: str) -> None:
    """Say on standard error which task is measured now."""
    print(f"evaluate: {spoken(task)}", file=sys.stderr, flush=True)


def shown(path: Path) -> Path:
    """Return a path as a user writes it: relative where it is below this folder."""
    here = Path.cwd()
    return path.relative_to(here) if here in path.parents else path
