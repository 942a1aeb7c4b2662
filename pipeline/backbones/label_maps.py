"""Generators of one-hot label maps, which are given them as pictures."""

import torch
from torch import Tensor, cat, nn
from torch.nn.functional import pad

from pipeline.codecs.label_maps import UNKNOWN, LabelMap


class FromLabelMaps(nn.Module):
    """A network of one-hot label maps [N, L, H, W] that takes them as pictures."""

    def __init__(self, labels: LabelMap, network: nn.Module) -> None:
        """Take a network of ``labels.channels`` input channels."""
        super().__init__()
        self.labels, self.network = labels, network
        self.multiple = int(getattr(network, "multiple", 1))

    def forward(self, x: Tensor) -> Tensor:
        """Map samples [N, 3, H, W] in [-1, 1], as of label maps, to what the network makes."""
        y: Tensor = self.network(one_hot_channels(x, self.labels))
        return y


def one_hot_channels(x: Tensor, labels: LabelMap) -> Tensor:
    """Return the one-hot channels [N, L, H, W], 0 or 1, of samples [N, 3, H, W] of label maps.

    A level that is no label's is 0 in all of them.
    """
    levels = ((x + 1) * 127.5).round()
    numbers = levels[:, :1] - labels.first
    unknown = (numbers < 0) | (levels[:, :1] == UNKNOWN)
    numbers = torch.where(unknown, labels.count, numbers)
    each = torch.arange(labels.count + labels.unknown, device=x.device, dtype=x.dtype)
    labelled = (numbers == each[:, None, None]).to(x.dtype)
    return cat([labelled, instance_edges(levels[:, 1:])], dim=1) if labels.instances else labelled


def instance_edges(x: Tensor) -> Tensor:
    """Return 1 in a map [N, 1, H, W] where a value differs from any of four neighbours', else 0.

    ``x`` [N, C, H, W]: values differ where any channel does.
    """
    across = (x[..., 1:] != x[..., :-1]).any(dim=1, keepdim=True).to(x.dtype)
    down = (x[..., 1:, :] != x[..., :-1, :]).any(dim=1, keepdim=True).to(x.dtype)
    sides = (
        *(pad(across, (1, 0)), pad(across, (0, 1))),
        *(pad(down, (0, 0, 1, 0)), pad(down, (0, 0, 0, 1))),
    )
    return cat(sides, dim=1).amax(dim=1, keepdim=True)
