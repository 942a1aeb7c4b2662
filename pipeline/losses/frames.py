"""Frames of unaligned recordings matched to each other: what nearest neighbours say alike.

Erro, Moreno and Bonafonte 2010, "INCA algorithm for training voice conversion systems from
nonparallel corpora" (IEEE Transactions on Audio, Speech and Language Processing 18(5)): converted
frames find their nearest neighbours among the target's, and those theirs among the converted ones;
the pairs train the conversion, which finds better neighbours the next time.
"""

import math
from collections.abc import Sequence
from typing import NamedTuple

import torch
from torch import Tensor
from torch.nn.functional import avg_pool2d, embedding


class Matches(NamedTuple):
    """The frames that converted ones are to become, and how far those were to be found."""

    forward: Tensor
    """[Q, C]: for each converted frame the mean of its neighbours among the target's."""
    nearest: Tensor
    """[B] int64: for each frame of the target's newest samples the converted frame next to it."""
    distance: Tensor
    """Scalar: of converted frames to their nearest neighbours, on average."""


def frame_matching(converted: Tensor, matches: Matches, target: Tensor) -> Tensor:
    """Average squared differences to matches, found both ways.

    1/2 mean |y - forward(y)|^2 + 1/2 mean |y(b) - b|^2 over converted frames y and frames b of
    ``target``, y(b) being the nearest to b: without the second half frames that no converted one is
    close to would never count.

    Args:
        converted: samples [N, 1, C, T].
        matches: of them.
        target: the samples [M, 1, C, T] whose frames chose ``nearest``.
    """
    frames = frames_of(converted.float())
    there = (frames - matches.forward).square().mean()
    # Plain indexing adds up gradients in whatever order threads come by: no run would repeat.
    nearest = embedding(matches.nearest, frames)
    back = (nearest - frames_of(target)).square().mean()
    return (there + back) / 2


@torch.no_grad()
def match_frames(
    queries: Tensor,
    keys: Tensor,
    values: Tensor,
    *,
    newest: int,
    neighbours: int,
    temperature: float,
) -> Matches:
    """Find the neighbours of converted frames among the target's, and the other way round.

    Args:
        queries: features [Q, D] of converted frames.
        keys: features [K, D] of the target's frames.
        values: the frames [K, C] themselves.
        newest: how many of the last keys choose a query; K or fewer.
        neighbours: how many keys a mean is of; K or fewer.
        temperature: of the softmax of negative distances that weighs them.
    """
    distances = torch.cdist(queries, keys)  # [Q, K]
    near, places = distances.topk(min(neighbours, len(keys)), dim=1, largest=False)
    weights = (-near / temperature).softmax(dim=1)
    forward = torch.einsum("qk,qkc->qc", weights, values[places])
    return Matches(forward, distances[:, -newest:].argmin(dim=0), near[:, 0].mean())


def features_of(x: Tensor, offsets: Sequence[int], pooled: int) -> Tensor:
    """Return what frames of samples [N, 1, C, T] are compared by, [N * T, D].

    A frame's features are its own rows, averaged by ``pooled`` at a time, and those of the frames
    at ``offsets`` from it (at the ends: of the last ones there are), divided by the root of their
    number D, so that distances do not grow with it.
    """
    rows = avg_pool2d(x.float(), (pooled, 1), ceil_mode=True)[:, 0]  # [N, C / pooled, T]
    time = torch.arange(x.shape[3], device=x.device)
    near = [rows[:, :, (time + offset).clamp(0, x.shape[3] - 1)] for offset in offsets]
    features = torch.cat(near, dim=1)  # [N, D, T]
    listed: Tensor = features.transpose(1, 2).flatten(0, 1)  # [N * T, D]
    return listed / math.sqrt(features.shape[1])


def frames_of(x: Tensor) -> Tensor:
    """List the frames of samples [N, 1, C, T]: [N * T, C]."""
    return x[:, 0].transpose(1, 2).flatten(0, 1)
