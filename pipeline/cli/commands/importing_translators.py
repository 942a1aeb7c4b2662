"""Parts of all importers of translators: directions, and models with weights."""

from collections.abc import Mapping
from pathlib import Path

from torch import Tensor

from pipeline.cli.commands.importing_wishes import Wishes
from pipeline.errors import UserError
from pipeline.methods.imported import ImportedTranslatorParams
from pipeline.models.translators import GeneratorTranslator
from pipeline.nn.outlines import on_meta
from pipeline.nn.shapes import check_size
from pipeline.samples import DatasetSpec


def files_of(checkpoint: Path, wishes: Wishes) -> dict[str, Path]:
    """Return the checkpoint that leads to each target.

    Raises UserError where source and target are one.
    """
    if wishes.source == wishes.target:
        raise UserError(f"source and target are both '{wishes.source}'")
    return {wishes.target: checkpoint} | ({wishes.source: wishes.back} if wishes.back else {})


def build(
    params: ImportedTranslatorParams,
    data: DatasetSpec,
    weights: Mapping[str, Mapping[str, Tensor]],
    size: int | None = None,
) -> GeneratorTranslator:
    """Build the model with the state of each target's generator.

    ``size``: side of its training pictures. Raises UserError where it can't be.
    """
    try:
        with on_meta():
            model = params.build_model(data)
        if size is not None:
            check_size(model, size, size)
    except KeyError as error:  # torch's, of names with a dot, say
        raise UserError(f"this can't be the name of a domain: {error.args[0]}") from error
    except ValueError as error:
        raise UserError(str(error) if size is None else f"--size {size}: {error}") from error
    assert isinstance(model, GeneratorTranslator)
    for to, state in weights.items():
        model.generators[to].load_state_dict(state, assign=True)
    return model


def directions_of(model: GeneratorTranslator) -> str:
    """Return the directions of a model in words."""
    return ", ".join(f"{of} -> {to}" for of, to in model.pairs())
