"""A picture of what a model makes, from fixed seeds: kept with every finished model."""

import numpy as np
import numpy.typing as npt
import torch
from torch import Generator, Tensor, nn

from pipeline.capabilities import Sampler, Translator
from pipeline.codecs import MelCodec
from pipeline.datasets.store import Store
from pipeline.exhibits import grid
from pipeline.inference import translate_any_size

SHOWN = 8
FRAMES = 128  # of sound
LOUDEST = 3.0  # deviations of a mel bin that are drawn white


@torch.no_grad()
def preview(model: nn.Module, store: Store) -> npt.NDArray[np.uint8] | None:
    """uint8 [H, W, 3]: test items and their translations, or samples; None for other models."""
    device = next(model.parameters()).device
    if isinstance(model, Translator):
        rows: list[Tensor] = []
        for target, source in model.directions.items():
            x = _first(store, source).to(device)
            rows += [x, translate_any_size(model, x, target)]
        scale = LOUDEST if isinstance(store.codec, MelCodec) else 1.0
        return grid([row.flip(-2) / scale if scale > 1 else row for row in rows])
    if isinstance(model, Sampler):
        samples = model.sample(SHOWN * SHOWN, Generator().manual_seed(0))
        return grid(list(torch.split(samples, SHOWN)))
    return None


def _first(store: Store, domain: str) -> Tensor:
    """The first items of a domain's test split, sound cut or padded to one length."""
    reader = store.domain("test" if store.has("test", domain) else "train", domain)
    items = [reader.item(index) for index in range(min(SHOWN, len(reader)))]
    if isinstance(store.codec, MelCodec):
        items = [np.resize(item, (FRAMES, item.shape[1])) for item in items[: SHOWN // 2]]
    return store.codec.to_sample(torch.from_numpy(np.stack(items)), domain)
