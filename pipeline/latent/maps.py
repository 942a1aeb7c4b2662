"""Maps of a data set: its samples in the plane, near each other where their features are."""

from typing import Literal

import torch
from torch import Tensor

from pipeline.latent.principal import fit_principal

MapKind = Literal["tsne", "pca"]
PERPLEXITY = 30.0
"""Of t-SNE, about the number of neighbours that count (van der Maaten & Hinton 2008: 5 to 50)."""


def map_of(features: Tensor, by: MapKind = "tsne", seed: int = 0) -> Tensor:
    """Return places [N, 2] of features [N, F].

    ``pca``: the first two principal components, a shadow of the space. ``tsne``: neighbours stay
    neighbours, but distances and sizes of clusters mean nothing. Raises ValueError for fewer than
    4 samples.
    """
    if len(features) < 4:
        raise ValueError(f"a map needs 4 samples or more, found {len(features)}")
    x = features.detach().float().cpu()
    if by == "pca":
        places = fit_principal(x, 2).encode(x)
        return torch.nn.functional.pad(places, (0, 2 - places.shape[1]))
    from sklearn.manifold import TSNE

    perplexity = min(PERPLEXITY, (len(x) - 1) / 3)
    start = "pca" if x.shape[1] > 1 else "random"
    method = TSNE(2, perplexity=perplexity, init=start, random_state=seed % 2**32)
    return torch.from_numpy(method.fit_transform(x.numpy())).float()
