"""Parts of the importers of models of one domain, of pictures."""

from collections.abc import Mapping
from pathlib import Path

from torch import Tensor

from pipeline.codecs import ImageCodec
from pipeline.errors import UserError
from pipeline.inference.finished import export
from pipeline.methods.imported import ImportedGANParams, ImportedVQParams
from pipeline.nn.outlines import on_meta
from pipeline.samples import DatasetSpec


def check_channels(checkpoint: Path, what: str, channels: int) -> None:
    """Raise UserError unless ``what`` a checkpoint holds is of pictures."""
    if channels not in (1, 3):
        raise UserError(
            f"{checkpoint}: expected {what} of 1 or 3 channels (pictures), found {channels}"
        )


def write_model(
    folder: Path,
    params: ImportedGANParams | ImportedVQParams,
    weights: Mapping[str, Tensor],
    *,
    size: int,
    channels: int,
) -> int:
    """Write the finished model ``folder`` of pictures of a size; return its number of parameters.

    ``weights``: the state of the whole model.
    """
    (domain,) = params.domains
    codec = ImageCodec(size=size, channels={domain: channels})
    data = DatasetSpec(specs={domain: codec.spec(domain)})
    with on_meta():
        model = params.build_model(data)
    model.load_state_dict(weights, assign=True)
    export(folder, model, params=params, data=data, codec=codec, seed=0)
    return sum(p.numel() for p in model.parameters())
