"""The classifier whose opinion and features evaluation asks for."""

import torch
from torch import Tensor, nn
from torch.nn.functional import adaptive_avg_pool2d

from pipeline.capabilities import Classifier
from pipeline.nn.normalisation import norm_layer


class ClassifierModel(nn.Module, Classifier):
    """Accepts any height and width, since it averages over space.

    Its poolings leave something from ``smallest`` rows and columns on. What has fewer, as a sound
    of a few frames has, is repeated from its beginning until it has so many.
    """

    def __init__(
        self,
        channels: int,
        classes: tuple[str, ...],
        *,
        width: int,
        levels: int,
        features: int,
        dropout: float,
    ) -> None:
        super().__init__()
        self.class_names = classes
        self.smallest = 2**levels  # one value a channel is left of this height and width
        self.body = nn.Sequential()
        for level in range(levels):
            wider = width * 2 ** min(level, 2)
            self.body.append(nn.Conv2d(channels, wider, 3, padding=1, bias=False))
            self.body.append(norm_layer("batch", wider))
            self.body.append(nn.ReLU(inplace=True))
            self.body.append(nn.MaxPool2d(2))
            channels = wider
        self.hidden = nn.Linear(channels, features)
        self.dropout = nn.Dropout(dropout)
        self.head = nn.Linear(features, len(classes))

    def features(self, x: Tensor) -> Tensor:
        """Compute the hidden layer [N, F]; raise ValueError where ``x`` has no row or column."""
        means = adaptive_avg_pool2d(self.body(repeated(x, self.smallest)), 1).flatten(1)
        hidden: Tensor = self.hidden(means).relu()
        return hidden.float()

    def taps(self, x: Tensor) -> list[Tensor]:
        """List each level's features, [N, channels, h, w] before they are pooled.

        Raises ValueError where ``x`` has no row or column.
        """
        found: list[Tensor] = []
        x = repeated(x, self.smallest)
        for layer in self.body:
            x = layer(x)
            if isinstance(layer, nn.ReLU):
                found.append(x)
        return found

    def classify(self, x: Tensor) -> Tensor:
        """Compute logits [N, classes]."""
        logits: Tensor = self.head(self.dropout(self.features(x)))
        return logits.float()


def repeated(x: Tensor, smallest: int) -> Tensor:
    """Return samples [N, C, H, W] with ``smallest`` rows and columns or more.

    Those with fewer are repeated from their beginning, [1, 2] with 5 as [1, 2, 1, 2, 1]; those with
    enough are returned as they are. Raises ValueError where there is nothing to repeat.
    """
    for dim in (2, 3):
        if not (size := x.shape[dim]):
            raise ValueError(f"expected a row and a column or more, found {list(x.shape)}")
        if size < smallest:
            x = x.index_select(dim, torch.arange(smallest, device=x.device) % size)
    return x
