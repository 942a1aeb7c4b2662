"""Answers of models to fixed inputs, by all that they can do."""

import tiny
import torch
from torch import Tensor, nn

from pipeline.capabilities import (
    Classifier,
    Latent,
    Reconstructor,
    Sampler,
    Scorer,
    Tokenizer,
    Translator,
    Vocoder,
)
from pipeline.samples import Spec


@torch.no_grad()
def outputs(
    model: nn.Module, specs: dict[str, Spec], count: int = 3, place: str = "cpu"
) -> dict[str, Tensor]:
    """Everything that a model's capabilities answer to fixed inputs on a device."""
    found: dict[str, Tensor] = {}
    if isinstance(model, Translator):
        for of, to in model.pairs():
            x = tiny.sample_of(specs[of], count, 3).to(place)
            found[f"translate.{of}.{to}"] = model.translate(x, to)
    if isinstance(model, Sampler):
        found["sample"] = model.sample(count, torch.Generator().manual_seed(4))
    x = tiny.sample_of(next(iter(specs.values())), count, 5).to(place)
    if isinstance(model, Reconstructor):
        found["reconstruct"] = model.reconstruct(x)
    if isinstance(model, Latent):
        found["encode"] = model.encode(x)
        found["decode"] = model.decode(found["encode"])
    if isinstance(model, Tokenizer):
        found["encode_codes"] = model.encode_codes(x)
        found["decode_codes"] = model.decode_codes(found["encode_codes"])
    if isinstance(model, Scorer):
        found["score"] = model.score(x)
    if isinstance(model, Classifier):
        found["classify"], found["features"] = model.classify(x), model.features(x)
    if isinstance(model, Vocoder):
        found["vocode"] = model.vocode(x.squeeze(1))
    return found
