"""A run that nobody trained: five models' outputs, with the numbers that a test gives them."""

import json
from pathlib import Path
from typing import Any

import numpy as np
import tiny
from curves import write_curve
from safetensors.numpy import save_file

from pipeline.models.card import Card
from pipeline.params import Params
from pipeline.report.model import Outputs
from pipeline.samples import DatasetSpec, Spec

ODD = 'a<b> & "c" #?%'
"""The name of the digits' domain."""
WEIGHTS = {
    name: f"{number:064x}"
    for number, name in enumerate(("autoencoder", "gan", "wgan", "voice", "cut"))
}
"""Model -> the fingerprint of its weights."""
CLASSIFIER = {"count": 100, "network": "classifier", "network_checksum": "c1a551f1" * 8}

Numbers = dict[str, Any]


def measured(
    model: float, *bounds: float, protocol: Numbers | None = None, **rows: float
) -> Numbers:
    """One metric in results.json: the model's value, the ends of its interval, its baselines'."""
    return {
        "values": {"model": model, **rows},
        "intervals": {"model": list(bounds)} if bounds else {},
        "protocol": {"count": 100} if protocol is None else protocol,
    }


def verdict(metric: str, baseline: str | None, outcome: str | None, *costs: Numbers) -> Numbers:
    """One verdict in results.json."""
    reason = f"What counts is {metric}."
    return {
        "metric": metric,
        "reason": reason,
        "baseline": baseline,
        "outcome": outcome,
        "costs": list(costs),
    }


def samples(fd: float, protocol: Numbers = CLASSIFIER) -> Numbers:
    """The metrics of a sampler of digits."""
    return {
        "fd_features": measured(
            fd, fd - 1, fd + 1, protocol=protocol, noise=261.8, test_pictures=4.79
        ),
        "class_coverage": measured(1.0, noise=0.1, test_pictures=1.0),
    }


PARTS = {"3": {"model": 0.8125, "test_pictures": 0.98}, "4": {"model": 1.0}}
"""The values of two classes."""


def in_parts(metrics: Numbers) -> Numbers:
    """Give the classes reached `PARTS`."""
    return {**metrics, "class_coverage": {**metrics["class_coverage"], "parts": PARTS}}


def remark(finding: str, words: str, subject: str = "memory") -> Numbers:
    """One finding on samples in results.json."""
    return {"subject": subject, "finding": finding, "words": words}


def conversion(mcd: float) -> Numbers:
    """The metrics of a converter of voices."""
    return {
        "mcd": measured(mcd, mcd - 0.5, mcd + 0.5, statistics=6.9, copy_synthesis=3.1),
        "log_f0_correlation": measured(0.52, statistics=0.84, copy_synthesis=0.9),
    }


PITCH = {"mean_f0": measured(207.7, source_recording=98.9, target_speaker=201.0)}
DEARER = {"metric": "log_f0_correlation", "model": 0.52, "baseline": 0.84}


def results(name: str, data: str, tasks: Numbers, **others: Any) -> Numbers:
    """The content of results.json."""
    protocol = {
        "model": name,
        "weights": WEIGHTS[name],
        "data": data,
        "data_checksum": "da7a" * 16,
        "split": "test",
        "seed": 0,
        "device": "cpu",
        "precision": "fp32",
        "machine": "Some processor, 2 threads",
        "torch": "2.11.0",
        "code": "0.1.0",
    }
    rest: Numbers = {"missing": [], "verdicts": {}, "cases": {}}
    return {"format": 2, "protocol": protocol, "tasks": tasks, **rest, **others}


def all_results() -> dict[str, Numbers]:
    """What evaluation says of each model."""
    fd = {"samples": verdict("fd_features", "noise", "better")}
    way = "arthur_to_beatrice"
    trade = {way: verdict("mcd", "statistics", "trade_off", DEARER)}
    missing = [{"task": way, "metric": "word_error", "reason": "no <Whisper> model is given"}]
    return {
        "autoencoder": results(
            "autoencoder",
            "digits",
            {
                "samples": samples(30.68),
                "reconstruction": {"mse": measured(0.0155, mean_picture=0.2304)},
            },
            verdicts=fd | {"reconstruction": verdict("mse", "mean_picture", "better")},
            cases={
                "reconstruction": {"metric": "mse", "best": "0004", "median": "7", "worst": "31"}
            },
        ),
        "gan": results(
            "gan", "digits", {"samples": in_parts(samples(12.5))}, verdicts=fd,
            remarks={"samples": [remark("remembers", "Nearer than <new> data: it remembers.")]},
        ),
        "wgan": results(
            "wgan", "digits", {"samples": samples(9.25, {**CLASSIFIER, "count": 50})}, verdicts=fd,
            remarks={"samples": [remark("none", "No sign that it remembers.")]},
        ),
        "voice": results(
            "voice", "voices", {way: conversion(6.2), f"{way}/pitch": PITCH},
            verdicts=trade, missing=missing,
        ),
        "cut": results(
            "cut", "voices", {way: conversion(7.4)},
            verdicts={way: verdict("mcd", "statistics", "behind")},
        ),
    }  # fmt: skip


def params() -> Params:
    """The parameters of the run."""
    gan = {"method": "gan", "data": "digits", "domains": [ODD], "steps": 90}
    voice = {"data": "voices", "source": "arthur", "target": "beatrice", "steps": 100, "crop": 64}
    return Params.model_validate(
        {
            "seed": 1,
            "datasets": {"digits": {"kind": "digits", "size": 32}, "voices": {"kind": "voices"}},
            "models": {
                "autoencoder": {"method": "vae", "data": "digits", "domains": [ODD], "steps": 1500},
                "gan": gan,
                "wgan": gan,
                "voice": {"method": "cyclegan", **voice},
                "cut": {"method": "cut", **voice},
            },
        }
    )


def outputs(data: Path) -> Outputs:
    """Write the outputs of the run's stages below a folder."""
    found = Outputs(*(data / name for name in ("models", "evaluation", "curves", "logs")))
    for name, content in all_results().items():
        write_model(found.models / name, name)
        write_curve(found.curves / name / "plots" / "metrics" / "nll.tsv", [900.0, 230.0, 198.0])
        write_json(found.evaluation / name / "results.json", content)
        write_json(found.logs / name / "training.json", log(name, 102.4))
    write_json(found.logs / "voice" / "evaluation.json", log("voice", 7.5))
    for name, seconds in (("gan", 0.0123), ("autoencoder", 0.5)):
        told = {**log(name, 9.5), "seconds_a_sample": seconds}
        write_json(found.logs / name / "evaluation.json", told)
    for name in ("gan", "wgan"):
        write_figure(found.evaluation / name / "samples.png", "64 samples", cell=[18, 18])
    write_figure(found.curves / "voice/samples/00000010.png")
    write_figure(found.curves / "voice/samples/00001200.png")
    warnings = [
        {"text": "a <to> b: outputs are all alike", "first": 10, "last": 1200},
        {"text": "always right", "first": 1200, "last": 1200},
    ]
    write_json(found.curves / "voice/warnings.json", warnings)
    folder = found.evaluation / "autoencoder"
    write_figure(folder / "reconstructions.png", "Test <pictures>", ["input: <i>", "translation"])
    write_figure(folder / "reconstruction_cases.png", "From the left: best, median, worst")
    write_figure(folder / "interpolations.png", "Straight lines")
    for name in ("voice", "cut"):
        clip = found.evaluation / name / "arthur_to_beatrice"
        write_figure(clip / "0.png")
        for sound in ("model", "target", "source_through_vocoder"):
            tiny.write_sound(clip / f"0_{sound}.wav", 0, seconds=0.1)
    return found


def write_model(folder: Path, name: str) -> None:
    """Write a finished model's weights and card."""
    run = params().runs[name]
    weights = {"w": np.zeros((3, 411), np.float32), "n.running_mean": np.zeros(5, np.float32)}
    spec = Spec(channels=1, height=32, width=32, bounded=True)
    card = Card(
        version="0.1.0",
        seed=1,
        data=DatasetSpec(specs=dict.fromkeys(run.domains, spec)),
        run=run.model_dump(mode="json"),
        weights=WEIGHTS[name],
    )
    folder.mkdir(parents=True)
    save_file(weights, folder / "model.safetensors")
    (folder / "params.json").write_text(card.model_dump_json())


def log(name: str, seconds: float) -> Numbers:
    """What a stage says of itself in data/logs."""
    return {
        "finished": "2026-11-27T16:20:11+00:00",
        "seconds": seconds,
        "commit": "a2364e4",
        "dirty": True,
        "weights": WEIGHTS[name],
        "machine": "Some processor, 2 threads",
    }


def write_json(path: Path, content: object) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(json.dumps(content))


def write_figure(path: Path, title: str = "", rows: list[str] | None = None, **more: Any) -> None:
    """Write a picture, and its caption where it has a title."""
    tiny.write_picture(path, 0, height=32, width=66)
    if title:
        write_json(path.with_suffix(".json"), {"title": title, "rows": rows or [], **more})
