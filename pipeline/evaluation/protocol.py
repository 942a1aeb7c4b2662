"""The protocol of an evaluation: what holds for all of its numbers; and whether two numbers were
measured alike.

Nothing in it differs between two runs on one kind of machine. Date, duration and commit stand in a
record of their own (`pipeline.monitoring.record`): of a stage among the logs, of an evaluation of
one's own beside its results.
"""

import hashlib
import re
from typing import NamedTuple

import torch

import pipeline
from pipeline.capabilities import Vocoder
from pipeline.codecs import SoundCodec
from pipeline.datasets.store import Store
from pipeline.evaluation.loading import Networks
from pipeline.evaluation.results import Measured, Protocol
from pipeline.inference.finished import FinishedModel
from pipeline.system.hardware import machine

FREE = frozenset(
    {"model", "weights", "parameters", "data", "device", "machine", "threads", "torch"}
)
"""Aspects that may differ between numbers that are compared.

``model``, ``weights`` and ``parameters``, their number, are what is compared. ``data`` is a name,
and ``data_checksum`` says what it stands for. ``device``, ``machine``, ``threads`` and ``torch``
change the last digits of a number, not what is measured. ``code`` is not among them: another
version may define a metric in another way. It is the package's version, which many commits share.
"""


CHECKSUM, SHORT = re.compile(r"\b[0-9a-f]{64}\b"), 8


class Difference(NamedTuple):
    """An aspect in which two protocols differ; None where one of them does not have it."""

    aspect: str
    here: str | int | float | None
    there: str | int | float | None

    def __str__(self) -> str:
        """Say it: "count 100 against 50"."""
        name, values = self.aspect.replace("_", " "), (self.here, self.there)
        return f"{name} {' against '.join(map(shown, values))}"


def whole_protocol(common: Protocol, measured: Measured) -> Protocol:
    """Return all that is known of how a number was measured: what holds for its whole evaluation,
    and what for itself.
    """
    return {**common, **measured.protocol}


def differences(a: Protocol, b: Protocol) -> list[Difference]:
    """Name what keeps numbers of two protocols from being compared: all that differs but `FREE`."""
    return [
        Difference(aspect, a.get(aspect), b.get(aspect))
        for aspect in dict.fromkeys([*a, *b])
        if aspect not in FREE and a.get(aspect) != b.get(aspect)
    ]


def same_protocol(a: Protocol, b: Protocol) -> bool:
    """Tell whether numbers of two protocols may stand beside each other."""
    return not differences(a, b)


def shown(value: str | int | float | None) -> str:
    """Write an aspect's value; a checksum in it by its first characters."""
    if value is None:
        return "not said"
    return CHECKSUM.sub(lambda found: found[0][:SHORT], str(value))


def common_protocol(finished: FinishedModel, store: Store, networks: Networks) -> Protocol:
    """Describe the model, the data and the machine of an evaluation.

    Numbers are computed in fp32, whatever precision the model trained in. Of sound, the vocoder
    that made it belongs to what was measured.
    """
    protocol: Protocol = {
        "model": finished.name,
        "weights": finished.card.weights,
        "parameters": sum(values.numel() for values in finished.model.parameters()),
        "data": store.root.name,
        "data_checksum": data_checksum(store),
        "split": "test",
        "seed": 0,
        "device": finished.device.type,
        "precision": "fp32",
        "machine": machine(finished.device),
        "torch": torch.__version__,
        "code": pipeline.__version__,
    }
    if isinstance(store.codec, SoundCodec) and not isinstance(finished.model, Vocoder):
        protocol["vocoder"] = networks.vocoder_name
    return protocol


def data_checksum(store: Store) -> str:
    """Compute SHA-256 over the checksums of all domains that a store holds."""
    digest = hashlib.sha256()
    for split, domains in sorted(store.meta.domains.items()):
        for name, sealed in sorted(domains.items()):
            digest.update(f"{split}/{name} {sealed.content}\n".encode())
    return digest.hexdigest()
