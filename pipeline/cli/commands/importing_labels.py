"""`crossdomain import spade`: published generators from label maps as finished models."""

import re
from pathlib import Path
from typing import NamedTuple

from pydantic import ValidationError

from pipeline.cli.commands.importing_translators import build, directions_of, files_of
from pipeline.cli.commands.importing_wishes import Wishes
from pipeline.codecs import ImageCodec
from pipeline.codecs.label_maps import LabelMap
from pipeline.errors import UserError, shortened
from pipeline.inference.finished import export
from pipeline.interop.nvlabs import LEVELS, Upsampling, read
from pipeline.methods.imported import CheckpointFile, ImportedLabelMapsParams
from pipeline.mistakes import reason_of
from pipeline.samples import DatasetSpec


class Published(NamedTuple):
    """The label maps of a data set in the public code, and its generators for them."""

    labels: LabelMap
    upsampling: Upsampling = "normal"


PUBLISHED = {
    "ade20k": Published(LabelMap(count=150, first=1, unknown=True)),
    "cityscapes": Published(LabelMap(count=35, instances=True), "more"),
    "coco": Published(LabelMap(count=182, unknown=True, instances=True)),
    "facades": Published(LabelMap(count=13)),
}
"""``--dataset_mode`` -> ``label_nc``, ``contain_dontcare_label``, instances or ``no_instance``."""
WORDS = re.compile(r"(?P<count>\d{1,4})(?P<unknown>\+unknown)?(?P<instances>\+instances)?")


def import_label_maps(checkpoint: Path, folder: Path, wishes: Wishes) -> str:
    """Write the finished model ``folder``; return what it is.

    Raises UserError where the file holds no generator, or what its labels are is not said.
    """
    files = files_of(checkpoint, wishes)
    usual = PUBLISHED[wishes.labels].upsampling if wishes.labels in PUBLISHED else "normal"
    found = read(checkpoint, upsampling_of(wishes.upsampling or usual))
    labels = labels_of(wishes.labels, found.inputs)
    codec = ImageCodec(
        size=wishes.size or 256,
        channels={wishes.source: 3, wishes.target: found.outputs},
        labels={wishes.source: labels},
    )
    params = ImportedLabelMapsParams(
        source=wishes.source,
        target=wishes.target,
        origin="spade",
        labels=labels,
        generator=found.network,
        files={to: CheckpointFile.of(path) for to, path in files.items()},
    )
    data = DatasetSpec(specs={domain: codec.spec(domain) for domain in params.domains})
    weights = {f"network.{name}": value for name, value in found.weights.items()}
    model = build(params, data, {wishes.target: weights}, codec.size)
    export(folder, model, params=params, data=data, codec=codec, seed=0)
    network = found.network
    return (
        f"{folder}: SPADE of {network.levels} doublings, width {network.width}, {network.norm} "
        f"norm; {directions_of(model)}; {labels.count} labels from level {labels.first} on"
        f"{', unknown' if labels.unknown else ''}{', instances' if labels.instances else ''}"
    )


def upsampling_of(given: str) -> Upsampling:
    """Return how often it doubles; raise UserError for a word that the public code doesn't have."""
    for known in LEVELS:
        if known == given:
            return known
    raise UserError(f"--upsampling: found '{shortened(given)}', allowed: {', '.join(LEVELS)}")


def labels_of(given: str | None, channels: int) -> LabelMap:
    """Return what label maps mean by ``--labels``.

    Raises UserError where it is missing, nothing that is understood, or makes other than the
    generator's ``channels``.
    """
    fitting = [name for name, known in PUBLISHED.items() if known.labels.channels == channels]
    allowed = (
        f"--labels {', '.join(PUBLISHED)}, or a count with what there is beside labels, as in "
        "20+unknown+instances"
        + (f"; of so many channels are: {', '.join(fitting)}" if fitting else "")
    )
    if given is None:
        raise UserError(f"expected what the generator's {channels} input channels are: {allowed}")
    words = WORDS.fullmatch(given)
    if given in PUBLISHED:
        labels = PUBLISHED[given].labels
    elif words is None:
        raise UserError(f"--labels: found '{shortened(given)}', allowed: {allowed}")
    else:
        labels = counted(words, given)
    if labels.channels != channels:
        raise UserError(
            f"--labels {given} makes {labels.channels} channels, but the generator takes "
            f"{channels}; allowed: {allowed}"
        )
    return labels


def counted(words: re.Match[str], given: str) -> LabelMap:
    """Return a count of labels and what is beside them; raise UserError for too many."""
    try:
        return LabelMap(
            count=int(words["count"]),
            unknown=words["unknown"] is not None,
            instances=words["instances"] is not None,
        )
    except ValidationError as error:
        raise UserError(f"--labels {given}: {reason_of(error)}") from error
